//! `contracts`: the files of each contract that people and other languages read, written from the code.

mod compare;
mod version;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use adapter_rabbitmq::{asyncapi, asyncapi_file};
use clap::Subcommand;
use outgrow::{
    ModuleSpec,
    event::StreamDesc,
    schema::{self, Contract, Export},
};

use crate::{App, Failed, Settings, config::DEFAULT_PREFIX, exit};
use version::Version;

pub(crate) const EXAMPLES: &str = "\
Examples:
  shop contracts export             write the schemas and locks beside the code
  shop contracts export --check     fail if they are not what the code says
  shop contracts export --out api   only the schemas, for clients: no source needed
  shop contracts check --against v1.4.0
                                    would peers of that version understand this one?";

/// The lock of a contract's current version.
const LOCK: &str = "wire.lock";

/// What to do with the contracts.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Writes `<module>.v1.proto` and `wire.lock` beside the code of each contract, and the schemas of its events
    ///
    /// Those are `<module>.v1.events.json` (JSON Schema: what is in them) and `<module>.v1.asyncapi.json` (`AsyncAPI`: where
    /// to get them, and what is in their headers).
    ///
    /// Refuses, naming all of them, changes that would break a peer of the version before: a number reused, a
    /// variant, method or stream removed, a required field added.
    #[command(after_help = EXAMPLES)]
    Export {
        /// The top of the workspace
        #[arg(long, value_name = "FOLDER", default_value = ".")]
        dir: PathBuf,
        /// Write nothing; fail if a file would change
        #[arg(long)]
        check: bool,
        /// Write the schemas of this binary into a folder, for its clients, each where the others import it, with a
        /// `buf.yaml` and the configured prefix at the broker; compare them with nothing
        #[arg(long, value_name = "FOLDER", conflicts_with_all = ["dir", "check"])]
        out: Option<PathBuf>,
    },
    /// Names every change since another version that its peers would not understand, and the way to do it compatibly
    ///
    /// Compares what this binary says with the locks of that version, whatever became of the locks since. Each change
    /// is named with the rule it breaks; the table of rules stands with `outgrow::schema::Wrong`.
    #[command(after_help = EXAMPLES)]
    Check {
        /// A version of the sources: a branch, tag or commit of git, or a folder
        #[arg(long, value_name = "VERSION")]
        against: String,
        /// The top of the workspace
        #[arg(long, value_name = "FOLDER", default_value = ".")]
        dir: PathBuf,
        /// A version of a port that is gone on purpose, such as `inventory.v1`: nobody calls it any more
        #[arg(long, value_name = "PACKAGE")]
        withdrawn: Vec<String>,
        /// Print it as JSON
        #[arg(long)]
        json: bool,
    },
}

pub(crate) fn run(command: &Command, app: App, config: Option<&Path>) -> Result<(), Failed> {
    match command {
        Command::Export { out: Some(out), .. } => publish(out, app, &Settings::load(config)?),
        Command::Export { dir, check, out: None } => export_all(dir, *check, app),
        Command::Check { against, dir, withdrawn, json } => {
            compare::run(&Version::new(against, dir), app, withdrawn, *json)
        }
    }
}

fn export_all(dir: &Path, check: bool, app: App) -> Result<(), Failed> {
    let mut wrong = Vec::new();
    export(&dir.join("kit/outgrow"), schema::KERNEL, LOCK, check, schema::export_kernel, &mut wrong)?;
    for spec in app.modules {
        let folder = dir.join("modules").join(spec.name).join("contract");
        for contract in contracts(spec) {
            let package = contract.port.package;
            // The lock of a version from before stands beside that of the current one.
            let lock = if package == spec.port.package { LOCK } else { &format!("{package}.lock") };
            export(&folder, package, lock, check, |lock| schema::export(contract, lock), &mut wrong)?;
            for (file, text) in of_events(contract, DEFAULT_PREFIX) {
                write_or_compare(&folder.join(file), &text, check, &mut wrong)?;
            }
        }
        // Nobody would see what becomes of it.
        let astray = |stream: &StreamDesc| spec.ports().all(|port| port.package != stream.package);
        let astray = spec.publishes.iter().filter(|stream| astray(stream));
        wrong.extend(astray.map(|stream| {
            format!("{stream}: the module has no port of its package; name it `{}`", spec.port.package)
        }));
    }
    if wrong.is_empty() { Ok(()) } else { Err(Failed::data(anyhow::anyhow!("{}", wrong.join("\n  ")))) }
}

/// What a module offers, version by version.
pub(crate) fn contracts(spec: &'static ModuleSpec) -> impl Iterator<Item = Contract> {
    spec.ports().map(|port| Contract::from((port, spec.publishes)))
}

/// The files about the events of a contract, none without events: names and texts.
fn of_events(contract: Contract, prefix: &str) -> impl Iterator<Item = (String, String)> {
    let package = contract.port.package;
    let schema = schema::events(contract).map(|text| (schema::events_file(package), text));
    let document = asyncapi(contract, prefix).map(|text| (asyncapi_file(package), text));
    schema.into_iter().chain(document)
}

/// Each package where its imports look for it, the schemas of its events beside it, and what buf must know of them.
fn publish(out: &Path, app: App, settings: &Settings) -> Result<(), Failed> {
    let write = |path: PathBuf, text: &str| {
        let folder = path.parent().unwrap_or(out);
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, text))
            .map_err(|error| unusable(&path, error))?;
        exit::say(format_args!("wrote {}", path.display()))
    };
    let sound = |export: Result<Export, Vec<String>>| {
        export.map_err(|breaches| Failed::other(anyhow::anyhow!(breaches.join("\n  "))))
    };
    write(out.join(schema::file(schema::KERNEL)), &sound(schema::export_kernel(""))?.proto)?;
    for contract in app.modules.iter().flat_map(|spec| contracts(spec)) {
        let proto = out.join(schema::file(contract.port.package));
        write(proto.clone(), &sound(schema::export(contract, ""))?.proto)?;
        for (file, text) in of_events(contract, settings.names()) {
            write(proto.with_file_name(file), &text)?;
        }
    }
    write(out.join("buf.yaml"), schema::BUF)
}

fn export(
    folder: &Path,
    package: &str,
    lock: &str,
    check: bool,
    export: impl FnOnce(&str) -> Result<Export, Vec<String>>,
    wrong: &mut Vec<String>,
) -> Result<(), Failed> {
    if !folder.is_dir() {
        let what = format!("there is no {}: say with --dir where the workspace is", folder.display());
        return Err(Failed::usage(anyhow::anyhow!(what)));
    }
    let (proto, lock) = (folder.join(format!("{package}.proto")), folder.join(lock));
    match export(&read(&lock)?) {
        Err(breaches) => wrong.extend(breaches),
        Ok(export) => {
            for (path, text) in [(proto, export.proto), (lock, export.lock)] {
                write_or_compare(&path, &text, check, wrong)?;
            }
        }
    }
    Ok(())
}

fn write_or_compare(path: &Path, text: &str, check: bool, wrong: &mut Vec<String>) -> Result<(), Failed> {
    if read(path)? == text {
        return Ok(());
    }
    if check {
        wrong.push(format!("{} is not what the code says: run `contracts export`", path.display()));
        return Ok(());
    }
    fs::write(path, text).map_err(|error| unusable(path, error))?;
    exit::say(format_args!("wrote {}", path.display()))
}

fn read(path: &Path) -> Result<String, Failed> {
    match fs::read_to_string(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        read => read.map_err(|error| unusable(path, error)),
    }
}

fn unusable(path: &Path, error: io::Error) -> Failed {
    Failed::other(anyhow::Error::new(error).context(format!("cannot use {}", path.display())))
}

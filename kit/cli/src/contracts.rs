//! `contracts`: the files of each contract that people and other languages read, written from the code.

mod compare;
mod version;

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use clap::Subcommand;
use outgrow::schema::{self, Export};

use crate::{App, Failed, exit};
use version::Version;

pub(crate) const EXAMPLES: &str = "\
Examples:
  shop contracts export             write the .proto files and locks beside the code
  shop contracts export --check     fail if they are not what the code says
  shop contracts export --out api   only the schemas, for clients: no source needed
  shop contracts check --against v1.4.0
                                    would peers of that version understand this one?";

/// The lock of a contract's current version.
const LOCK: &str = "wire.lock";

/// What to do with the contracts.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Writes `<module>.v1.proto` and `wire.lock` beside the code of each contract
    ///
    /// Refuses, naming all of them, changes that would break a peer of the version before: a number reused, a
    /// variant or method removed, a required field added.
    #[command(after_help = EXAMPLES)]
    Export {
        /// The top of the workspace
        #[arg(long, value_name = "FOLDER", default_value = ".")]
        dir: PathBuf,
        /// Write nothing; fail if a file would change
        #[arg(long)]
        check: bool,
        /// Write the schemas of this binary into a folder, for its clients, each where the others import it, with a
        /// `buf.yaml`; compare them with nothing
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

pub(crate) fn run(command: &Command, app: App) -> Result<(), Failed> {
    match command {
        Command::Export { out: Some(out), .. } => publish(out, app),
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
        for port in spec.ports() {
            // The lock of a version from before stands beside that of the current one.
            let lock =
                if port.package == spec.port.package { LOCK } else { &format!("{}.lock", port.package) };
            export(&folder, port.package, lock, check, |lock| schema::export(port, lock), &mut wrong)?;
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Failed::data(anyhow::anyhow!("{}", wrong.join("\n  ")))) }
}

/// Each package where its imports look for it, and what buf must know of them.
fn publish(out: &Path, app: App) -> Result<(), Failed> {
    let write = |path: PathBuf, text: &str| {
        let folder = path.parent().unwrap_or(out);
        fs::create_dir_all(folder)
            .and_then(|()| fs::write(&path, text))
            .map_err(|error| unusable(&path, error))?;
        exit::say(format_args!("wrote {}", path.display()))
    };
    let kernel = (schema::KERNEL, schema::export_kernel(""));
    let ports = app.modules.iter().flat_map(|spec| spec.ports());
    let ports = ports.map(|port| (port.package, schema::export(port, "")));
    for (package, export) in std::iter::once(kernel).chain(ports) {
        let proto = export.map_err(|breaches| Failed::other(anyhow::anyhow!(breaches.join("\n  "))))?.proto;
        write(out.join(schema::file(package)), &proto)?;
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
                if read(&path)? == text {
                    continue;
                }
                if check {
                    wrong.push(format!(
                        "{} is not what the code says: run `contracts export`",
                        path.display()
                    ));
                } else {
                    fs::write(&path, text).map_err(|error| unusable(&path, error))?;
                    exit::say(format_args!("wrote {}", path.display()))?;
                }
            }
        }
    }
    Ok(())
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

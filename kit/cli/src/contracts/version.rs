//! Another version of the sources: a folder, or what git remembers.

use std::{fmt, fs, path::Path, process::Command};

use crate::Failed;

/// Where the lock of the types stands that all contracts share.
pub(super) const KERNEL_LOCK: &str = "kit/outgrow/wire.lock";

/// Another version of the sources.
pub(super) enum Version<'a> {
    Folder(&'a Path),
    /// What git calls by this name, in this folder.
    Git(&'a str, &'a Path),
}

impl fmt::Display for Version<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Folder(folder) => write!(f, "{}", folder.display()),
            Self::Git(name, _) => f.write_str(name),
        }
    }
}

impl<'a> Version<'a> {
    pub(super) fn new(name: &'a str, dir: &'a Path) -> Self {
        let folder = Path::new(name);
        if folder.is_dir() { Self::Folder(folder) } else { Self::Git(name, dir) }
    }

    /// The paths of all locks, from the top of the workspace.
    pub(super) fn contracts(&self) -> Result<Vec<String>, Failed> {
        let is_lock = |path: &str| {
            let (folder, file) = path.rsplit_once('/').unwrap_or_default();
            let of_a_module = folder.starts_with("modules/") && folder.ends_with("/contract");
            path == KERNEL_LOCK || of_a_module && Path::new(file).extension().is_some_and(|end| end == "lock")
        };
        let paths: Vec<String> = match self {
            Self::Git(name, dir) => {
                git(dir, &["ls-tree", "-r", "--name-only", name])?.lines().map(str::to_owned).collect()
            }
            Self::Folder(folder) => {
                let contracts =
                    names_in(&folder.join("modules")).map(|name| format!("modules/{name}/contract"));
                let files = contracts.flat_map(|contract| {
                    names_in(&folder.join(&contract)).map(move |file| format!("{contract}/{file}"))
                });
                let all = std::iter::once(KERNEL_LOCK.to_owned()).chain(files);
                all.filter(|path| folder.join(path).is_file()).collect()
            }
        };
        let mut paths: Vec<_> = paths.into_iter().filter(|path| is_lock(path)).collect();
        paths.sort();
        Ok(paths)
    }

    pub(super) fn read(&self, path: &str) -> Result<String, Failed> {
        match self {
            Self::Folder(folder) => super::read(&folder.join(path)),
            Self::Git(name, dir) => git(dir, &["show", &format!("{name}:./{path}")]),
        }
    }
}

fn names_in(folder: &Path) -> impl Iterator<Item = String> + use<> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().into_string().ok())
}

fn git(dir: &Path, args: &[&str]) -> Result<String, Failed> {
    let output = Command::new("git").arg("-C").arg(dir).args(args).output();
    let output = output.map_err(|error| {
        Failed::usage(anyhow::Error::new(error).context("git cannot be run; compare with a folder instead"))
    })?;
    if output.status.success() {
        return Ok(String::from_utf8_lossy(&output.stdout).into_owned());
    }
    let said = String::from_utf8_lossy(&output.stderr);
    Err(Failed::usage(anyhow::anyhow!("git {}: {}", args.join(" "), said.trim())))
}

//! Commands as from a terminal, though cargo itself runs this program.
//!
//! Cargo tells a program that it runs about its crate (`CARGO_MANIFEST_DIR`, `CARGO_PKG_…`). A build script may watch
//! these names, ring's does: handed on, they would have it and all that stands on it built again whenever somebody
//! calls cargo by `xtask` and then directly.

use std::{env, ffi::OsStr, process::Command};

/// A call of the cargo that runs this program.
pub(crate) fn cargo() -> Command {
    command(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// A call of any program that may call cargo.
pub(crate) fn command(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    for (name, _) in env::vars_os().filter(|(name, _)| is_about_us(name)) {
        command.env_remove(name);
    }
    command
}

fn is_about_us(name: &OsStr) -> bool {
    let starts = |name: &str| ["CARGO_MANIFEST_", "CARGO_PKG_"].iter().any(|start| name.starts_with(start));
    name.to_str().is_some_and(starts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cargo_says_of_this_crate_is_not_handed_on() {
        assert!(env::var_os("CARGO_PKG_NAME").is_some(), "cargo runs this test");
        let output = command("env").output().unwrap();
        let told = String::from_utf8(output.stdout).unwrap();
        let of_us: Vec<_> = told.lines().filter(|line| is_about_us(OsStr::new(line))).collect();
        assert_eq!(of_us, [""; 0]);
        assert!(told.contains("PATH="), "everything else is");
    }
}

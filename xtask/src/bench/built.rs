//! Release binaries, built and found by cargo.

use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, ensure};
use serde_json::Value;

/// Builds with these arguments of cargo, and returns where the executable of the target of that name is.
pub(crate) fn executable(cargo: &str, target: &str) -> anyhow::Result<PathBuf> {
    println!("--- cargo {cargo}");
    let mut command = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(cargo.split(' ')).arg("--message-format=json-render-diagnostics");
    command.current_dir(Path::new(env!("CARGO_MANIFEST_DIR")).join("..")).stderr(Stdio::inherit());
    let output = command.output().context("cargo could not be run")?;
    ensure!(output.status.success(), "cargo {cargo} failed");
    find(&String::from_utf8_lossy(&output.stdout), target)
        .with_context(|| format!("cargo {cargo} has built no {target}"))
}

fn find(messages: &str, target: &str) -> Option<PathBuf> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
    let mut executables = messages
        .filter(|it| it.pointer("/target/name").is_some_and(|name| name == target))
        .filter_map(|it| Some(PathBuf::from(it.get("executable")?.as_str()?)));
    executables.next()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_executable_is_found_among_what_cargo_says() {
        let messages = r#"
{"reason":"compiler-artifact","target":{"name":"shop","kind":["lib"]},"executable":null}
{"reason":"compiler-artifact","target":{"name":"xtask"},"executable":"/target/release/xtask"}
{"reason":"compiler-artifact","target":{"name":"shop","kind":["bin"]},"executable":"/target/release/shop"}
{"reason":"build-finished","success":true}"#;
        assert_eq!(find(messages, "shop"), Some(PathBuf::from("/target/release/shop")));
        assert_eq!(find(messages, "sho"), None);
    }
}

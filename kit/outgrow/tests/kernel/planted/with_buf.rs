//! What buf says to the planted changes.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use outgrow::schema;
use serde_json::Value;

use super::{Planted, changes};

/// Writes a file at the path at which its package is looked for.
fn write(top: &Path, package: &str, proto: &str) {
    let file = top.join(schema::file(package));
    fs::create_dir_all(file.parent().expect("a folder")).expect("made");
    fs::write(file, proto).expect("written");
}

/// The rules that buf says each package breaks.
fn according_to_buf(folder: &Path) -> BTreeMap<String, Vec<String>> {
    let buf = std::env::var_os("OUTGROW_TEST_BUF").expect("where buf is: cargo xtask test --only buf");
    let arguments = ["breaking", "after", "--against", "before", "--error-format", "json"];
    let output = Command::new(buf).args(arguments).current_dir(folder).output().expect("buf runs");
    let (said, complaint) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert_eq!(
        output.status.code(),
        Some(100),
        "buf finds breaches, and no other fault: {said}\n{complaint}"
    );
    let mut rules: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for line in said.lines() {
        let breach: Value = serde_json::from_str(line).expect("JSON");
        let text = |key: &str| breach[key].as_str().unwrap_or_default().to_owned();
        let package =
            text("path").trim_start_matches("after/").split('/').next().unwrap_or_default().to_owned();
        rules.entry(package).or_default().push(text("type"));
    }
    for rules in rules.values_mut() {
        rules.sort_unstable();
        rules.dedup();
    }
    rules
}

#[test]
#[ignore = "needs buf: cargo xtask test"]
fn buf_says_what_was_planted_of_every_change() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("planted");
    if folder.exists() {
        fs::remove_dir_all(&folder).expect("that of the last time is gone");
    }
    for change in changes::all() {
        let package = change.versions[0].package;
        let before = change.before();
        write(&folder.join("before"), package, &before.proto);
        write(&folder.join("after"), package, &change.after(&before));
    }
    fs::write(folder.join("after/buf.yaml"), schema::BUF).expect("written");
    let mut said = according_to_buf(&folder);
    let mut differ = Vec::new();
    for Planted { name, buf, .. } in changes::all() {
        let said = said.remove(name).unwrap_or_default();
        if said != buf {
            differ.push(format!("{name}: buf says {said:?}, not {buf:?}"));
        }
    }
    differ.extend(said.into_iter().map(|(package, rules)| format!("{package}: {rules:?}")));
    assert!(differ.is_empty(), "{}", differ.join("\n"));
}

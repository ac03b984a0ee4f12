//! What every source file keeps to, so that a reader finds their way.

use super::{
    breach::{self, Breach, CONTRIBUTING},
    tree::{File, TREE, Tree},
};

const LONGEST: usize = 400;

/// Every file that does not open with its purpose, is too long, or is called `mod.rs`.
fn unreadable(tree: &Tree) -> Vec<Breach> {
    tree.sources("").flat_map(|file| [unopened(file), too_long(file), mod_rs(file)]).flatten().collect()
}

fn unopened(file: &File) -> Option<Breach> {
    let what = "it does not open with `//!`".to_owned();
    (!file.text.starts_with("//!"))
        .then(|| against_style(file, what, "say in a sentence what the file is for"))
}

fn too_long(file: &File) -> Option<Breach> {
    let lines = file.text.lines().count();
    let what = format!("it has {lines} lines, more than {LONGEST}");
    (lines > LONGEST).then(|| against_style(file, what, "split it where its subject changes"))
}

fn mod_rs(file: &File) -> Option<Breach> {
    let what = "it is called mod.rs".to_owned();
    file.path
        .ends_with("/mod.rs")
        .then(|| against_style(file, what, "name it after its directory: foo.rs beside foo/"))
}

fn against_style(file: &File, what: String, remedy: &'static str) -> Breach {
    Breach { place: file.path.clone(), what, law: CONTRIBUTING, remedy }
}

#[test]
fn every_source_file_says_what_it_is_for_and_is_short() {
    breach::none(&unreadable(&TREE));
}

#[test]
fn planted_unreadable_files_are_found() {
    let long = format!("//! Long.\n{}", "\n".repeat(LONGEST));
    let tree = Tree::planted(&[
        ("a/src/lib.rs", "//! Good."),
        ("a/src/long.rs", &long),
        ("a/src/old/mod.rs", "//! Old."),
        ("a/src/bare.rs", "fn f() {}"),
        ("kit/macros/tests/ui/wrong.rs", "fn f() {}"),
    ]);
    breach::found(
        &unreadable(&tree),
        &[
            "a/src/long.rs: it has 401 lines, more than 400",
            "a/src/old/mod.rs: it is called mod.rs",
            "a/src/bare.rs: it does not open with `//!`",
        ],
    );
}

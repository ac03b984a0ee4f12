//! What a module must not reach for by itself: it is given its home, its clock, its ids and its neighbours.

use super::{
    breach::{self, Breach, COMPOSITION},
    tree::{TREE, Tree, names},
};

/// A word that has no business in the source of a module, and what the module is given instead.
const CLOSED: &[(&str, &str)] = &[
    ("std::env", "configuration is read in app and comes in as an argument of `build`"),
    ("std::fs", "a module keeps things in its home, by `home.db()`"),
    ("std::net", "a module calls others by the ports that `build` is given"),
    ("std::process", "only the command line starts and ends processes"),
    ("Homes", "a module is given its own `Home`; opening homes is for the composition root"),
    ("SystemClock", "the time comes from `home.clock()`, and into the core as a value"),
    ("SystemIds", "new ids come from `home.ids()`"),
    ("tokio::spawn", "what outlives a call is work of the home, which a shutdown waits for: `home.tasks()`"),
];

/// Every line of a module that names such a word. Its tests, outside `src`, may.
fn opened(tree: &Tree) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for file in tree.sources("modules/").filter(|file| file.path.contains("/src/")) {
        for (line, code) in file.code() {
            breaches.extend(CLOSED.iter().filter(|(word, _)| named(code, word)).map(|(word, remedy)| {
                Breach {
                    place: format!("{}:{line}", file.path),
                    what: format!("a module reaches for {word} by itself"),
                    law: COMPOSITION,
                    remedy,
                }
            }));
        }
    }
    breaches
}

/// Whether the word stands there, or its part of `std` by itself, as it does behind `use std::{fmt, fs}`.
fn named(code: &str, word: &str) -> bool {
    names(code, word) || word.strip_prefix("std::").is_some_and(|part| names(code, part))
}

#[test]
fn modules_open_no_door_by_themselves() {
    breach::none(&opened(&TREE));
}

#[test]
fn a_planted_door_is_found() {
    let tree = Tree::planted(&[
        ("modules/a/infra/src/store.rs", "// not std::fs\nlet stolen = std::fs::read(\"data/b.db\");"),
        ("modules/a/infra/src/module.rs", "pub fn build(home: Home) {}\nlet other = Homes::open(url);"),
        ("modules/b/infra/src/store.rs", "use std::{fmt, fs};\nlet stolen = fs::read(\"data/b.db\");"),
        ("modules/b/infra/src/module.rs", "home.tasks().spawn(told);\ntokio::spawn(told);"),
        ("modules/a/infra/tests/store.rs", "let homes = Homes::open(url);"),
        ("app/src/main.rs", "let homes = Homes::open(url);"),
    ]);
    breach::found(
        &opened(&tree),
        &[
            "modules/a/infra/src/store.rs:2: a module reaches for std::fs by itself",
            "modules/a/infra/src/module.rs:2: a module reaches for Homes by itself",
            "modules/b/infra/src/store.rs:1: a module reaches for std::fs by itself",
            "modules/b/infra/src/store.rs:2: a module reaches for std::fs by itself",
            "modules/b/infra/src/module.rs:2: a module reaches for tokio::spawn by itself",
        ],
    );
}

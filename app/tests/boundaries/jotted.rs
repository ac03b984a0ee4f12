//! What is jotted is a list: here, in the adapter, and in the simulations that lose their power.

use super::{
    breach::{self, Breach, TWO_COMMITS},
    tree::{TREE, Tree},
};

/// What may be forgotten when the power is lost: each in the adapter, and as the simulations know it.
const JOTTED: [[(&str, &str); 2]; 8] = [
    [
        ("adapters/sql/src/events/outbox.rs", "self.jot_at_once(SETTLE,"),
        ("kit/runtime/tests/simulation/outbox.rs", "self.jot(\"settle\","),
    ],
    [
        ("adapters/sql/src/events/inbox.rs", "self.jot_at_once(which,"),
        ("kit/runtime/tests/simulation/inbox.rs", "self.jot(\"begin attempts\","),
    ],
    [
        ("adapters/sql/src/events/inbox.rs", "self.jot_at_once(PUT_OFF,"),
        ("kit/runtime/tests/simulation/inbox.rs", "self.jot(\"put off\","),
    ],
    [
        ("adapters/sql/src/db.rs", "Tx::marking(&db,"),
        ("kit/runtime/tests/simulation/parcels.rs", "session.jot(\"effect at home\","),
    ],
    [
        ("adapters/sql/src/events/inbox.rs", "self.handle(mark,"),
        ("kit/runtime/tests/simulation/inbox.rs", "self.jot(\"ignored\","),
    ],
    [
        ("adapters/sql/src/sagas.rs", "self.jot_at_once(TAKE,"),
        ("kit/runtime/tests/sagas/store.rs", "self.jot(\"take\","),
    ],
    [
        ("adapters/sql/src/sagas.rs", "self.jot_at_once(PUT_OFF,"),
        ("kit/runtime/tests/sagas/store.rs", "self.jot(\"put off\","),
    ],
    [
        ("adapters/sql/src/sagas.rs", "if transition.comes_again() { (Begin::JOTTED, NOTE) }"),
        ("kit/runtime/tests/sagas/store.rs", "self.jot(word, keep)"),
    ],
];

/// The two that jot: `Db::jot_at_once` and `Tx::marking`.
const THEMSELVES: [(&str, &str); 2] = [
    ("adapters/sql/src/db.rs", "self.at_once(Begin::JOTTED, sql, values)"),
    ("adapters/sql/src/tx.rs", "let begin = Begin::JOTTED;"),
];
/// How it is said.
const JOTS: [&str; 5] = [".jot(", ".jot_at_once(", "Tx::marking(", "Begin::JOTTED", "self.handle("];

/// Every line that jots something else, and everything listed that is not jotted, or twice.
fn unlisted(tree: &Tree) -> Vec<Breach> {
    let breach = |place: String, what: String| Breach {
        place,
        what,
        law: TWO_COMMITS,
        remedy: "`write` what must last; what need not is listed in app/tests/boundaries/jotted.rs, and simulated",
    };
    let mut missing: Vec<_> = JOTTED.iter().flatten().chain(&THEMSELVES).collect();
    let looked_at = |path: &str| path.contains("/src/") || path.starts_with("kit/runtime/tests/");
    let sources = tree.sources("").filter(|file| looked_at(&file.path) && !file.path.ends_with("/tests.rs"));
    let mut breaches = Vec::new();
    for file in sources {
        let jots = |code: &str| JOTS.iter().any(|jot| code.contains(jot));
        for (line, code) in file.code().filter(|(_, code)| jots(code)) {
            let listed = missing.iter().position(|(path, call)| file.path == *path && code.contains(call));
            if let Some(at) = listed {
                missing.remove(at);
            } else {
                breaches.push(breach(format!("{}:{line}", file.path), format!("jotted: {}", code.trim())));
            }
        }
    }
    let missing =
        missing.iter().map(|(path, call)| breach((*path).to_owned(), format!("not jotted: {call}")));
    breaches.extend(missing);
    breaches
}

#[test]
fn what_is_jotted_is_what_the_simulations_lose() {
    breach::none(&unlisted(&TREE));
}

#[test]
fn a_planted_jot_is_found_and_one_that_nobody_simulates() {
    let listed = JOTTED.iter().flatten().chain(&THEMSELVES).skip(1);
    let listed = listed.map(|(path, call)| (*path, format!("{call} work)")));
    let accept = ("adapters/sql/src/events/inbox.rs", "self.jot(accept).await?;".to_owned());
    let another = ("adapters/sql/src/tx.rs", "let begin = Begin::JOTTED;".to_owned());
    let files: Vec<_> = listed.chain([accept, another]).collect();
    let files: Vec<_> = files.iter().map(|(path, text)| (*path, text.as_str())).collect();
    breach::found(
        &unlisted(&Tree::planted(&files)),
        &[
            "adapters/sql/src/events/inbox.rs:1: jotted: self.jot(accept).await?;",
            "adapters/sql/src/tx.rs:1: jotted: let begin = Begin::JOTTED;",
            "adapters/sql/src/events/outbox.rs: not jotted: self.jot_at_once(SETTLE,",
        ],
    );
}

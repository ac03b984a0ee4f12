//! What the documents say is held by a test is held by that test, in that file.

use std::{fs, path::Path};

use super::{
    breach::{self, Breach, CONTRIBUTING},
    tree::{ROOT, TREE, Tree},
};

/// The documents, by their paths, with their texts.
type Documents = Vec<(String, String)>;

/// Every test that a document names and that is not in the file named before it, in the same paragraph.
fn unheld(documents: &Documents, tree: &Tree) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for (path, text) in documents {
        let mut file = "";
        for (number, line) in (1..).zip(text.lines()) {
            if line.trim().is_empty() {
                file = "";
            }
            // What is in backquotes: every second part.
            for name in line.split('`').skip(1).step_by(2) {
                if Path::new(name).extension().is_some_and(|end| end == "rs") {
                    file = name;
                } else if is_a_sentence(name) && !holds(tree, file, name) {
                    breaches.push(Breach {
                        place: format!("{path}:{number}"),
                        what: format!(
                            "there is no `{name}` in {}",
                            if file.is_empty() { "any test" } else { file }
                        ),
                        law: CONTRIBUTING,
                        remedy: "name the test that holds it, and the file it is in",
                    });
                }
            }
        }
    }
    breaches
}

/// Tests are named as sentences: nothing else has so many words, but for metrics.
fn is_a_sentence(name: &str) -> bool {
    !name.starts_with("outgrow_")
        && name.split('_').count() >= 5
        && name.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'_' | b'0'..=b'9'))
}

fn holds(tree: &Tree, file: &str, name: &str) -> bool {
    let end = if file.contains('/') || file.is_empty() { file.to_owned() } else { format!("/{file}") };
    let declared = [format!("fn {name}("), format!("    {name},"), format!("    {name} ")];
    tree.sources("").any(|source| {
        source.path.ends_with(&end) && declared.iter().any(|declared| source.text.contains(declared))
    })
}

fn documents() -> Documents {
    let mut documents = Vec::new();
    let mut folders = ["docs", "migrations"].map(|name| Path::new(ROOT).join(name)).to_vec();
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "md") {
                let name = path.strip_prefix(ROOT).unwrap().display().to_string();
                documents.push((name, fs::read_to_string(&path).unwrap()));
            }
        }
    }
    documents
}

#[test]
fn every_claim_names_a_test_that_is_there() {
    let documents = documents();
    assert!(documents.len() > 15, "{}", documents.len());
    breach::none(&unheld(&documents, &TREE));
}

#[test]
fn a_planted_claim_without_a_test_is_found() {
    let tree = Tree::planted(&[("app/tests/a.rs", "fn it_is_as_it_was_said() {}"), ("app/tests/b.rs", "")]);
    let text = "- `a.rs`: `it_is_as_it_was_said`; `b.rs`: `it_is_as_it_was_said`,\n  `it_was_never_so_at_all`.\n\
                \n`it_was_never_so_at_all`";
    breach::found(
        &unheld(&vec![("docs/x.md".to_owned(), text.to_owned())], &tree),
        &[
            "docs/x.md:1: there is no `it_is_as_it_was_said` in b.rs",
            "docs/x.md:2: there is no `it_was_never_so_at_all` in b.rs",
            "docs/x.md:4: there is no `it_was_never_so_at_all` in any test",
        ],
    );
}

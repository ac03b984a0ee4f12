//! The files of the tree.

use std::{fs, path::Path, sync::LazyLock};

/// The top of the workspace.
pub(crate) const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");

/// The real ones: sources, manifests, migrations. What `docs` shows is held where a guide puts it.
pub(crate) static TREE: LazyLock<Tree> = LazyLock::new(|| {
    let mut tree = Tree::default();
    tree.walk(Path::new(ROOT), "");
    tree.0.sort_by(|a, b| a.path.cmp(&b.path));
    tree
});

/// Some files.
#[derive(Debug, Default)]
pub(crate) struct Tree(Vec<File>);

#[derive(Debug)]
pub(crate) struct File {
    /// From the top of the workspace, such as `app/src/main.rs`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl Tree {
    /// Those whose path starts and ends so.
    pub(crate) fn files<'t>(&'t self, start: &'t str, end: &'t str) -> impl Iterator<Item = &'t File> {
        self.0.iter().filter(move |file| file.path.starts_with(start) && file.path.ends_with(end))
    }

    /// Rust source that is meant to be read: not the cases of the UI tests, which are wrong on purpose.
    pub(crate) fn sources<'t>(&'t self, start: &'t str) -> impl Iterator<Item = &'t File> {
        self.files(start, ".rs").filter(|file| !file.path.contains("/tests/ui/"))
    }

    /// For the planted breaches.
    pub(crate) fn planted(files: &[(&str, &str)]) -> Self {
        let file = |(path, text): &(&str, &str)| File { path: (*path).to_owned(), text: (*text).to_owned() };
        Self(files.iter().map(file).collect())
    }

    fn walk(&mut self, dir: &Path, path: &str) {
        for entry in fs::read_dir(dir).unwrap() {
            let entry = entry.unwrap();
            let name = entry.file_name().into_string().unwrap();
            let path = if path.is_empty() { name.clone() } else { format!("{path}/{name}") };
            if entry.file_type().unwrap().is_dir() {
                let made = ["target", "data", "docs", "fuzz/target", "fuzz/corpus", "fuzz/artifacts"];
                if !name.starts_with('.') && !made.contains(&path.as_str()) {
                    self.walk(&entry.path(), &path);
                }
            } else if [".rs", ".sql", ".toml"].iter().any(|end| name.ends_with(end)) {
                self.0.push(File { path, text: fs::read_to_string(entry.path()).unwrap() });
            }
        }
    }
}

impl File {
    /// The lines of a Rust source with their numbers, comments left out.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let code = self.text.lines().map(|line| line.split_once("//").map_or(line, |(code, _)| code));
        (1..).zip(code)
    }

    /// Its module and layer, if it is the source of a module's crate: `modules/ordering/infra/…`.
    pub(crate) fn module(&self) -> Option<(&str, &str)> {
        let (module, rest) = self.path.strip_prefix("modules/")?.split_once('/')?;
        Some((module, rest.split_once('/')?.0))
    }
}

/// Whether a line of code names this, as a word of its own.
pub(crate) fn names(code: &str, word: &str) -> bool {
    let part_of_word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices(word).any(|(at, _)| {
        let (before, after) = (&code[..at], &code[at + word.len()..]);
        !before.ends_with(part_of_word) && !after.starts_with(part_of_word)
    })
}

#[test]
fn the_real_tree_was_read() {
    assert!(TREE.files("app/src/main.rs", "").any(|file| file.text.contains("fn main")));
    assert!(TREE.sources("modules/").count() > 20);
    assert!(TREE.files("migrations/", ".sql").count() > 3);
    assert_eq!(TREE.files("target/", "").count(), 0);
}

#[test]
fn a_word_is_named_only_as_a_whole() {
    assert!(names("use catalog_contract::Sku;", "catalog_contract"));
    assert!(!names("let my_catalog_contracts = 1;", "catalog_contract"));
    let tree = Tree::planted(&[("modules/a/infra/src/lib.rs", "a // b\n// c")]);
    let file = tree.sources("").next().unwrap();
    assert_eq!(file.code().collect::<Vec<_>>(), [(1, "a "), (2, "")]);
    assert_eq!(file.module(), Some(("a", "infra")));
}

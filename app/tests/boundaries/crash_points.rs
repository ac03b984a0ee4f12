//! Crash points are known, and nothing that ships has them.

#[path = "../shop/points.rs"]
mod points;

use toml::{Table, Value};

use super::{
    breach::{self, Breach, CRASH_POINTS},
    tree::{File, TREE, Tree},
};
use points::{OVER_RABBITMQ, POINTS};

/// Every place in the source of which the list of the tests names no point.
fn unlisted(tree: &Tree) -> Vec<Breach> {
    let named = |parts: &[&str]| {
        let mut names = POINTS.iter().chain(OVER_RABBITMQ).flat_map(|(_, names)| *names);
        names.any(|name| {
            let mut rest = name.split('.');
            parts.iter().all(|part| rest.any(|it| it == *part))
        })
    };
    let sources = tree.sources("").filter(|file| !file.path.contains("/tests/"));
    let places = sources.flat_map(|file| file.code().map(move |(number, line)| (file, number, line)));
    let unlisted = places.filter_map(|(file, number, line)| {
        let (_, name) = line.split_once("crash::point(&[")?;
        let parts: Vec<_> = name.split('"').skip(1).step_by(2).collect();
        (!named(&parts)).then(|| Breach {
            place: format!("{}:{number}", file.path),
            what: format!("no test kills the shop at {}", parts.join(".")),
            law: CRASH_POINTS,
            remedy: "name it in app/tests/shop/points.rs, and let the story pass it",
        })
    });
    unlisted.collect()
}

/// Every manifest that turns crash points on where it is not for tests alone.
fn shipped(tree: &Tree) -> Vec<Breach> {
    let turned_on = |file: &&File| {
        let manifest: Table = file.text.parse().unwrap();
        let for_tests_or_itself = |(name, value): (&String, &Value)| match name.as_str() {
            "dev-dependencies" => false,
            "features" => {
                value.as_table().unwrap().values().any(|needs| needs.to_string().contains("crash-points"))
            }
            _ => value.to_string().contains("crash-points"),
        };
        manifest.iter().any(for_tests_or_itself)
    };
    let breach = |file: &File| Breach {
        place: file.path.clone(),
        what: "it turns crash points on in what ships".to_owned(),
        law: CRASH_POINTS,
        remedy: "only [dev-dependencies] may",
    };
    tree.files("", "Cargo.toml").filter(turned_on).map(breach).collect()
}

#[test]
fn every_crash_point_is_in_the_list_of_those_the_shop_is_killed_at() {
    breach::none(&unlisted(&TREE));
}

#[test]
fn nothing_that_ships_has_crash_points() {
    breach::none(&shipped(&TREE));
}

#[test]
fn a_planted_crash_point_that_nobody_is_killed_at_is_found() {
    let tree = Tree::planted(&[
        ("kit/a/src/lib.rs", r#"crash::point(&["relay", "read"]);"#),
        ("kit/b/src/lib.rs", r#"crash::point(&["relay", "lost"]);"#),
        ("kit/c/src/lib.rs", r#"crash::point(&["saga", step, way, "committed"]);"#),
    ]);
    breach::found(&unlisted(&tree), &["kit/b/src/lib.rs:1: no test kills the shop at relay.lost"]);
}

#[test]
fn planted_crash_points_that_ship_are_found() {
    let tree = Tree::planted(&[
        ("a/Cargo.toml", "[features]\ncrash-points = [\"dep:rustix\"]"),
        ("b/Cargo.toml", "[dev-dependencies]\na = { features = [\"crash-points\"] }"),
        ("c/Cargo.toml", "[dependencies]\na = { features = [\"crash-points\"] }"),
        ("d/Cargo.toml", "[features]\ndefault = [\"a/crash-points\"]"),
    ]);
    let what = "it turns crash points on in what ships";
    breach::found(&shipped(&tree), &[&format!("c/Cargo.toml: {what}"), &format!("d/Cargo.toml: {what}")]);
}

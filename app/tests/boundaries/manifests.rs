//! What every manifest keeps to.

use toml::Table;

use super::{
    breach::{self, Breach, CONTRIBUTING, PLACEMENT},
    graph::{GRAPH, Graph, Member, name_of},
    tree::{File, TREE, Tree},
};

/// Words that would make a feature choose where a module runs.
const PLACEMENTS: &[&str] =
    &["local", "loopback", "grpc", "rabbitmq", "amqp", "remote", "monolith", "service", "split"];

/// Every crate whose name is not that of its place.
fn misnamed(graph: &Graph) -> Vec<Breach> {
    let wrong = graph.members.iter().filter(|member| member.name != name_of(&member.dir));
    let breach = |member: &Member| Breach {
        place: format!("{}/Cargo.toml", member.dir),
        what: format!("it is called {}, but by its place it is {}", member.name, name_of(&member.dir)),
        law: CONTRIBUTING,
        remedy: "the name of a crate is its path: rename it, or move it",
    };
    wrong.map(breach).collect()
}

/// Every feature that is named after a placement.
fn placing_features(graph: &Graph) -> Vec<Breach> {
    let features = graph.members.iter().flat_map(|member| member.features.iter().map(move |it| (member, it)));
    let placing =
        features.filter(|(_, feature)| feature.split(['-', '_']).any(|word| PLACEMENTS.contains(&word)));
    let breach = |(member, feature): (&Member, &String)| Breach {
        place: format!("{}/Cargo.toml", member.dir),
        what: format!("the feature `{feature}` chooses a placement at compile time"),
        law: PLACEMENT,
        remedy: "build every placement into the one binary, and choose in outgrow.toml",
    };
    placing.map(breach).collect()
}

/// The manifests of the workspace: not the cases of UI tests, and not that of the fuzz targets, a workspace of their own.
fn manifests(tree: &Tree) -> impl Iterator<Item = &File> {
    let others = |file: &&File| !file.path.contains("/tests/") && !file.path.starts_with("fuzz/");
    tree.files("", "/Cargo.toml").filter(others)
}

/// Every member that does not inherit the lints of the workspace.
fn unlinted(tree: &Tree) -> Vec<Breach> {
    let unlinted = manifests(tree).filter(|file| {
        let manifest: Table = file.text.parse().unwrap();
        let inherits =
            manifest.get("lints").and_then(|lints| lints.get("workspace")).and_then(toml::Value::as_bool);
        inherits != Some(true)
    });
    let breach = |place: &str| Breach {
        place: place.to_owned(),
        what: "it does not inherit the lints of the workspace".to_owned(),
        law: CONTRIBUTING,
        remedy: "add `[lints]` with `workspace = true`; an exception is an `#[expect(…, reason = …)]` at its place",
    };
    unlinted.map(|file| breach(&file.path)).collect()
}

/// Every crate that `deny.toml` bans and that is built into something nevertheless.
fn banned(graph: &Graph, deny: &str) -> Vec<Breach> {
    let deny: Table = deny.parse().unwrap();
    let bans = deny["bans"]["deny"].as_array().unwrap().iter().filter_map(|ban| ban.get("crate")?.as_str());
    let known: Vec<&str> = graph.crates().collect();
    let breach = |name: &str| Breach {
        place: "deny.toml".to_owned(),
        what: format!("{name} is banned, but in the tree (`cargo tree -i {name}` shows by whom)"),
        law: CONTRIBUTING,
        remedy: "turn off the default feature that brings it; the reason of the ban stands beside it",
    };
    bans.filter(|name| known.contains(name)).map(breach).collect()
}

#[test]
fn the_name_of_a_crate_is_its_path() {
    breach::none(&misnamed(&GRAPH));
}

#[test]
fn no_feature_names_a_placement() {
    breach::none(&placing_features(&GRAPH));
}

#[test]
fn every_crate_inherits_the_lints_of_the_workspace() {
    assert_eq!(manifests(&TREE).count(), GRAPH.members.len());
    breach::none(&unlinted(&TREE));
}

#[test]
fn nothing_banned_is_in_the_tree() {
    breach::none(&banned(&GRAPH, &TREE.files("deny.toml", "").next().unwrap().text));
}

#[test]
fn a_planted_name_that_is_not_the_path_is_found() {
    let mut graph = Graph::planted(&[("modules/ordering/core", "")], &[]);
    graph.members[0].name = "ordering-domain".to_owned();
    breach::found(
        &misnamed(&graph),
        &[
            "modules/ordering/core/Cargo.toml: it is called ordering-domain, but by its place it is ordering-core",
        ],
    );
}

#[test]
fn a_planted_feature_that_places_is_found() {
    let mut graph = Graph::planted(&[("app", "")], &[]);
    graph.members[0].features = ["inventory-grpc", "default", "relocalize"].map(str::to_owned).into();
    breach::found(
        &placing_features(&graph),
        &["app/Cargo.toml: the feature `inventory-grpc` chooses a placement at compile time"],
    );
}

#[test]
fn a_planted_manifest_without_the_lints_is_found() {
    let tree = Tree::planted(&[
        ("app/Cargo.toml", "[lints]\nworkspace = true"),
        ("kit/a/Cargo.toml", "[lints]\nworkspace = false"),
        ("kit/b/Cargo.toml", "[package]\nname = \"b\""),
        ("Cargo.toml", "[workspace]"),
    ]);
    breach::found(
        &unlinted(&tree),
        &[
            "kit/a/Cargo.toml: it does not inherit the lints of the workspace",
            "kit/b/Cargo.toml: it does not inherit the lints of the workspace",
        ],
    );
}

#[test]
fn a_planted_banned_crate_is_found() {
    let graph = Graph::planted(&[("app", "lapin")], &[("lapin", "aws-lc-rs"), ("aws-lc-rs", "")]);
    let deny = "[bans]\ndeny = [{ crate = \"aws-lc-rs\" }, { crate = \"openssl-sys\" }]";
    breach::found(
        &banned(&graph, deny),
        &["deny.toml: aws-lc-rs is banned, but in the tree (`cargo tree -i aws-lc-rs` shows by whom)"],
    );
}

//! The graph of crates, as cargo has resolved it.

use std::{
    collections::{BTreeMap, BTreeSet, VecDeque},
    process::Command,
    sync::LazyLock,
};

use serde_json::Value;

use super::tree::ROOT;

/// The real one.
pub(crate) static GRAPH: LazyLock<Graph> = LazyLock::new(|| {
    // Of this platform only: a machine that has built the workspace has no other crates.
    let host = said(Command::new("rustc").arg("-vV"));
    let host = host.lines().find_map(|line| line.strip_prefix("host: ")).unwrap();
    let metadata = ["metadata", "--format-version=1", "--filter-platform", host];
    let graph = said(Command::new(env!("CARGO")).args(metadata).current_dir(ROOT));
    Graph::parse(&serde_json::from_str(&graph).unwrap())
});

fn said(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

/// The members of the workspace, and who depends on whom among all crates.
#[derive(Debug, Default)]
pub(crate) struct Graph {
    pub(crate) members: Vec<Member>,
    /// From the name of each crate to the names of those it is built with, tests left out.
    edges: BTreeMap<String, BTreeSet<String>>,
}

/// A crate of the workspace, as its manifest describes it.
#[derive(Debug, Default)]
pub(crate) struct Member {
    pub(crate) name: String,
    /// Such as `modules/ordering/core`.
    pub(crate) dir: String,
    /// What it or its build script depends on.
    pub(crate) normal: BTreeSet<String>,
    /// What only its tests depend on.
    pub(crate) dev: BTreeSet<String>,
    pub(crate) features: BTreeSet<String>,
}

impl Graph {
    /// The member of that name.
    pub(crate) fn member(&self, name: &str) -> Option<&Member> {
        self.members.iter().find(|member| member.name == name)
    }

    /// The names of all crates, from the workspace and from outside, that are built into something.
    pub(crate) fn crates(&self) -> impl Iterator<Item = &str> {
        self.edges.keys().map(String::as_str)
    }

    /// Everything `name` is built with, each with a shortest way to it.
    pub(crate) fn ways(&self, name: &str) -> BTreeMap<&str, String> {
        let mut ways = BTreeMap::new();
        let mut open: VecDeque<(&str, String)> = VecDeque::from([(name, name.to_owned())]);
        while let Some((from, way)) = open.pop_front() {
            for to in self.edges.get(from).into_iter().flatten() {
                if !ways.contains_key(to.as_str()) {
                    let way = format!("{way} -> {to}");
                    ways.insert(to.as_str(), way.clone());
                    open.push_back((to, way));
                }
            }
        }
        ways
    }

    /// What `cargo metadata` says.
    fn parse(metadata: &Value) -> Self {
        let list = |value: &Value, key: &str| value[key].as_array().cloned().unwrap_or_default();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let root = text(&metadata["workspace_root"]);
        let members: BTreeSet<String> = list(metadata, "workspace_members").iter().map(text).collect();
        let mut graph = Self::default();
        let mut names = BTreeMap::new();
        for package in list(metadata, "packages") {
            let (id, name) = (text(&package["id"]), text(&package["name"]));
            if members.contains(&id) {
                let (dev, normal): (Vec<Value>, Vec<Value>) =
                    list(&package, "dependencies").into_iter().partition(|it| it["kind"] == "dev");
                let named = |all: &[Value]| all.iter().map(|it| text(&it["name"])).collect();
                let manifest = text(&package["manifest_path"]);
                let dir = manifest.trim_start_matches(&root).trim_end_matches("Cargo.toml").trim_matches('/');
                graph.members.push(Member {
                    name: name.clone(),
                    dir: dir.to_owned(),
                    normal: named(&normal),
                    dev: named(&dev),
                    features: package["features"]
                        .as_object()
                        .into_iter()
                        .flatten()
                        .map(|it| it.0.clone())
                        .collect(),
                });
            }
            names.insert(id, name);
        }
        for node in list(&metadata["resolve"], "nodes") {
            let built_with = list(&node, "deps")
                .into_iter()
                .filter(|dep| list(dep, "dep_kinds").iter().any(|kind| kind["kind"].is_null()));
            let to: Vec<String> = built_with.map(|dep| names[&text(&dep["pkg"])].clone()).collect();
            graph.edges.entry(names[&text(&node["id"])].clone()).or_default().extend(to);
        }
        graph
    }

    /// One for the planted breaches: members by directory, crates from outside by name, each with what it depends on.
    pub(crate) fn planted(members: &[(&str, &str)], outside: &[(&str, &str)]) -> Self {
        let set = |names: &str| names.split_whitespace().map(str::to_owned).collect::<BTreeSet<_>>();
        let mut graph = Self::default();
        for (dir, normal) in members {
            let (name, normal) = (name_of(dir), set(normal));
            graph.edges.insert(name.clone(), normal.clone());
            graph.members.push(Member { name, dir: (*dir).to_owned(), normal, ..Member::default() });
        }
        graph.edges.extend(outside.iter().map(|(name, to)| ((*name).to_owned(), set(to))));
        graph
    }
}

/// The name a crate has by its place in the tree.
pub(crate) fn name_of(dir: &str) -> String {
    match dir.split('/').collect::<Vec<_>>()[..] {
        ["app"] => "shop".to_owned(),
        ["kit", "outgrow"] => "outgrow".to_owned(),
        ["kit", name] => format!("outgrow-{name}"),
        ["adapters", name] => format!("adapter-{name}"),
        ["modules", module, layer] => format!("{module}-{layer}"),
        ["examples", name] => format!("example-{name}"),
        _ => dir.to_owned(),
    }
}

#[test]
fn the_real_graph_was_read() {
    let core = GRAPH.member("ordering-core").unwrap();
    assert_eq!(core.dir, "modules/ordering/core");
    assert!(core.normal.contains("ordering-contract"), "{core:?}");
    assert!(core.dev.contains("outgrow-testkit"), "{core:?}");
    assert_eq!(GRAPH.ways("shop")["sqlx"], "shop -> catalog-infra -> adapter-sql -> sqlx");
}

#[test]
fn a_way_is_a_shortest_one_and_circles_end() {
    let graph = Graph::planted(&[("kit/a", "b c")], &[("b", "outgrow-a c"), ("c", "d")]);
    assert_eq!(graph.ways("outgrow-a")["d"], "outgrow-a -> c -> d");
}

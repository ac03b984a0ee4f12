//! Which crate may depend on which. The table is the whole law.

use super::{
    breach::{self, Breach, THREE_CRATES},
    graph::{GRAPH, Graph, Member},
};

/// A crate; what of the workspace it may use; what from outside it may use.
type Row = (&'static str, &'static str, &'static str);

/// `X-core` is the core of some module, and in the same row `X-contract` is the contract of that very module, whereas
/// `*-contract` is anybody's. Tests may use whatever they like from outside (the kernel's use prost as an oracle), and
/// from the workspace the same as their crate, and what runs and tests a module (`FOR_TESTS`).
#[rustfmt::skip]
const LAW: &[Row] = &[
    // the kit
    ("outgrow",         "outgrow-macros",          "async-trait bytes serde serde_json thiserror time uuid"),
    ("outgrow-macros",  "",                        "proc-macro2 quote syn"),
    ("outgrow-runtime", "outgrow",                 "PLUMBING arc-swap rustix"),
    ("outgrow-cli",     "outgrow outgrow-runtime adapter-*",
                                                   "PLUMBING anyhow axum clap figment serde serde_json toml"),
    ("outgrow-testkit", "outgrow outgrow-runtime adapter-sql",
                                                   "PLUMBING axum http-body-util hyper hyper-util rustix serde_json sqlx tempfile"),
    // a module
    ("X-contract",      "outgrow",                 "bytes serde thiserror time uuid"),
    ("X-core",          "outgrow X-contract",      "async-trait thiserror time tracing"),
    ("X-infra",         "outgrow X-contract X-core *-contract adapter-sql adapter-http adapter-smtp",
                                                   "async-trait axum serde serde_json thiserror time tokio tracing utoipa uuid"),
    // one technology each
    ("adapter-sql",     "outgrow outgrow-runtime adapter-*",
                                                   "PLUMBING serde_json sqlx"),
    ("adapter-grpc",    "outgrow outgrow-runtime adapter-*",
                                                   "PLUMBING h2 http http-body-util hyper hyper-util percent-encoding \
                                                    tonic tonic-health tonic-reflection"),
    ("adapter-rabbitmq", "outgrow outgrow-runtime adapter-*",
                                                   "PLUMBING lapin serde_json"),
    ("adapter-http",    "outgrow outgrow-runtime adapter-*",
                                                   "PLUMBING axum base64 form_urlencoded http http-body-util hyper \
                                                    hyper-util serde serde_json tower-http utoipa utoipa-axum \
                                                    utoipa-swagger-ui"),
    ("adapter-smtp",    "outgrow outgrow-runtime adapter-*",
                                                   "PLUMBING lettre percent-encoding url"),
    ("adapter-telemetry", "outgrow outgrow-runtime adapter-*",
                                                   "PLUMBING tracing-subscriber"),
    // the composition root, and what never ships
    ("shop",            "outgrow outgrow-runtime outgrow-cli adapter-* *-contract *-infra",
                                                   "anyhow clap csv-core sha2 tokio tracing"),
    ("example-adopting", "outgrow outgrow-runtime outgrow-cli adapter-grpc shop",
                                                   "async-trait axum serde serde_json thiserror tokio"),
    ("xtask",           "",                        "anyhow clap serde_json"),
    // the shop without the kit, for comparison
    ("bare",            "",                        "axum futures-util serde serde_json sqlx time tokio uuid"),
];

/// What everything asynchronous is made of, and what is no technology of its own.
const PLUMBING: &str =
    "async-trait bytes fastrand futures-util thiserror time tokio tokio-util tower tracing uuid";

/// What the tests of any crate may use beyond what the crate itself may.
const FOR_TESTS: [&str; 3] = ["outgrow", "outgrow-runtime", "outgrow-testkit"];

/// Every dependency that the table does not allow.
fn unlawful(graph: &Graph) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for member in &graph.members {
        let who = layer(member);
        let Some((_, inside, outside)) = LAW.iter().find(|(name, ..)| *name == who) else {
            breaches.push(against_law(member, format!("{who} has no row in the law")));
            continue;
        };
        let ours = |name: &str| graph.member(name).is_some();
        let inside = |name: &str| inside.split(' ').any(|pattern| matches(pattern, name, module(member)));
        let outside = |name: &str| {
            outside
                .split(' ')
                .any(|it| it == name || it == "PLUMBING" && PLUMBING.split(' ').any(|it| it == name))
        };
        let for_tests = |name: &str| inside(name) || FOR_TESTS.contains(&name);
        let normal =
            member.normal.iter().filter(|name| !if ours(name) { inside(name) } else { outside(name) });
        let tests = member.dev.iter().filter(|name| ours(name) && !for_tests(name));
        let name = &member.name;
        breaches.extend(normal.map(|to| against_law(member, format!("{name} depends on {to}"))));
        breaches.extend(tests.map(|to| against_law(member, format!("the tests of {name} depend on {to}"))));
    }
    breaches
}

fn against_law(member: &Member, what: String) -> Breach {
    let remedy = if member.name.ends_with("-core") {
        "say in needs.rs what the core wants, in its own words, and join it to the world in infra"
    } else if member.name.ends_with("-contract") {
        "a contract holds only what others may ask and see; the rest belongs in core or infra"
    } else {
        "move the code to the crate whose business it is; if the law itself is to change, write a decision first"
    };
    Breach { place: format!("{}/Cargo.toml", member.dir), what, law: THREE_CRATES, remedy }
}

/// Which row is about this crate: `X-core` about `modules/ordering/core`, otherwise the one of its name.
fn layer(member: &Member) -> String {
    match member.dir.split('/').collect::<Vec<_>>()[..] {
        ["modules", _, layer] => format!("X-{layer}"),
        _ => member.name.clone(),
    }
}

fn module(member: &Member) -> &str {
    member.dir.split('/').nth(1).unwrap_or_default()
}

/// Whether a crate is meant by a pattern such as `X-contract`, `*-contract`, `adapter-*` or `outgrow`.
fn matches(pattern: &str, name: &str, own: &str) -> bool {
    if let Some(layer) = pattern.strip_prefix('X') {
        return name.strip_prefix(own) == Some(layer);
    }
    match pattern.split_once('*') {
        Some((start, end)) => name.starts_with(start) && name.ends_with(end),
        None => pattern == name,
    }
}

#[test]
fn every_crate_keeps_to_its_layer() {
    breach::none(&unlawful(&GRAPH));
}

#[test]
fn a_planted_dependency_against_the_law_is_found() {
    let mut graph = Graph::planted(
        &[
            ("kit/outgrow", "serde tokio"),
            ("kit/testkit", "outgrow"),
            ("modules/inventory/contract", "outgrow adapter-http"),
            ("modules/ordering/contract", "outgrow inventory-contract"),
            ("modules/ordering/core", "outgrow ordering-contract inventory-contract serde_json"),
            ("modules/ordering/infra", "ordering-core inventory-contract inventory-core adapter-grpc"),
            ("modules/inventory/core", "outgrow inventory-contract"),
            ("adapters/grpc", "tonic inventory-contract outgrow-testkit"),
            ("adapters/http", "axum"),
            ("app", "inventory-infra ordering-core"),
            ("modules/inventory/infra", "inventory-core"),
            ("kit/novelty", ""),
        ],
        &[],
    );
    graph.members[6].dev = ["outgrow-testkit", "ordering-contract", "proptest"].map(str::to_owned).into();
    breach::found(
        &unlawful(&graph),
        &[
            "kit/outgrow/Cargo.toml: outgrow depends on tokio",
            "modules/inventory/contract/Cargo.toml: inventory-contract depends on adapter-http",
            "modules/ordering/contract/Cargo.toml: ordering-contract depends on inventory-contract",
            "modules/ordering/core/Cargo.toml: ordering-core depends on inventory-contract",
            "modules/ordering/core/Cargo.toml: ordering-core depends on serde_json",
            "modules/ordering/infra/Cargo.toml: ordering-infra depends on adapter-grpc",
            "modules/ordering/infra/Cargo.toml: ordering-infra depends on inventory-core",
            "modules/inventory/core/Cargo.toml: the tests of inventory-core depend on ordering-contract",
            "adapters/grpc/Cargo.toml: adapter-grpc depends on inventory-contract",
            "adapters/grpc/Cargo.toml: adapter-grpc depends on outgrow-testkit",
            "app/Cargo.toml: shop depends on ordering-core",
            "kit/novelty/Cargo.toml: outgrow-novelty has no row in the law",
        ],
    );
}

#[test]
fn every_row_of_the_law_is_about_a_crate_that_exists() {
    let layers: Vec<String> = GRAPH.members.iter().map(layer).collect();
    let unused: Vec<&str> =
        LAW.iter().map(|(who, ..)| *who).filter(|who| !layers.contains(&(*who).to_owned())).collect();
    assert!(unused.is_empty(), "nobody is {unused:?}");
}

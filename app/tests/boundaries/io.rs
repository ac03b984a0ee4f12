//! Where technology may be: not in what is pure, and each in one crate only.

use super::{
    breach::{self, Breach, CARRIERS, THREE_CRATES},
    graph::{GRAPH, Graph},
};

/// What reaches out of the process, or waits for it.
const IO: &[&str] = &[
    "async-io",
    "async-std",
    "axum",
    "h2",
    "hyper",
    "hyper-util",
    "lapin",
    "lettre",
    "libsqlite3-sys",
    "mio",
    "polling",
    "reqwest",
    "rustls",
    "smol",
    "socket2",
    "sqlx",
    "sqlx-core",
    "tokio",
    "tokio-util",
    "tonic",
    "tower-http",
    "ureq",
];

/// A technology, with all crates whose names start so, and the only crate that may name it.
const HOMES: &[(&str, &str)] = &[
    ("tonic", "adapter-grpc"),
    ("lapin", "adapter-rabbitmq"),
    ("lettre", "adapter-smtp"),
    ("sqlx", "adapter-sql"),
];

/// Every pure crate (kernel, contracts, cores) that is built with I/O, however far down.
fn impure(graph: &Graph) -> Vec<Breach> {
    let pure = graph.members.iter().filter(|member| {
        member.dir == "kit/outgrow" || ["/contract", "/core"].iter().any(|layer| member.dir.ends_with(layer))
    });
    pure.flat_map(|member| {
        let ways = graph.ways(&member.name).into_iter().filter(|(name, _)| IO.contains(name));
        ways.map(|(_, way)| Breach {
            place: format!("{}/Cargo.toml", member.dir),
            what: format!("it is built with I/O: {way}"),
            law: THREE_CRATES,
            remedy: "take what comes from outside as a value, or as a need that infra answers",
        })
    })
    .collect()
}

/// Every crate that names a technology it is not the home of, be it for its tests.
fn homeless(graph: &Graph) -> Vec<Breach> {
    let mut breaches = Vec::new();
    // The test kit makes what is thrown away, in each technology; what the shop is compared with has no adapters.
    // Neither ever ships.
    let ships = |name: &str| !["outgrow-testkit", "bare"].contains(&name);
    for member in graph.members.iter().filter(|member| ships(&member.name)) {
        for name in member.normal.union(&member.dev) {
            let home = HOMES.iter().find(|(technology, _)| {
                name == technology || name.strip_prefix(technology).is_some_and(|rest| rest.starts_with('-'))
            });
            if let Some((_, home)) = home
                && *home != member.name
            {
                breaches.push(Breach {
                    place: format!("{}/Cargo.toml", member.dir),
                    what: format!("{} depends on {name}, which belongs to {home} alone", member.name),
                    law: CARRIERS,
                    remedy: "use what the adapter offers, or teach the adapter: one crate must be enough to change",
                });
            }
        }
    }
    breaches
}

#[test]
fn kernel_contracts_and_cores_are_free_of_io() {
    breach::none(&impure(&GRAPH));
}

#[test]
fn planted_io_is_found_however_far_down() {
    let graph = Graph::planted(
        &[
            ("kit/outgrow", "serde"),
            ("modules/a/contract", "outgrow"),
            ("modules/a/core", "outgrow nice"),
            ("kit/runtime", "tokio"),
        ],
        &[("nice", "wrapped"), ("wrapped", "tokio")],
    );
    breach::found(
        &impure(&graph),
        &["modules/a/core/Cargo.toml: it is built with I/O: a-core -> nice -> wrapped -> tokio"],
    );
}

#[test]
fn each_technology_has_one_home() {
    breach::none(&homeless(&GRAPH));
}

#[test]
fn a_planted_use_of_a_technology_is_found() {
    let mut graph = Graph::planted(
        &[
            ("adapters/grpc", "tonic tonic-health"),
            ("modules/a/infra", "tonic-health sqlx"),
            ("adapters/sql", "sqlx"),
        ],
        &[],
    );
    graph.members[2].dev = ["lapin".to_owned()].into();
    breach::found(
        &homeless(&graph),
        &[
            "modules/a/infra/Cargo.toml: a-infra depends on sqlx, which belongs to adapter-sql alone",
            "modules/a/infra/Cargo.toml: a-infra depends on tonic-health, which belongs to adapter-grpc alone",
            "adapters/sql/Cargo.toml: adapter-sql depends on lapin, which belongs to adapter-rabbitmq alone",
        ],
    );
}

#[test]
fn the_real_technologies_are_known_to_the_graph() {
    let known: Vec<&str> = GRAPH.crates().collect();
    for name in ["tokio", "axum", "tonic", "sqlx", "mio", "hyper"] {
        assert!(known.contains(&name), "{name} is looked for, but the graph does not have it");
    }
}

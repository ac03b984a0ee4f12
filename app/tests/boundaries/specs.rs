//! What the modules say of themselves, held against what they are.

use std::collections::BTreeSet;

use outgrow::ModuleSpec;

use super::{
    breach::{self, Breach, COMPOSITION},
    graph::{GRAPH, Graph},
    tree::{TREE, Tree},
};

type Specs<'a> = &'a [&'static ModuleSpec];

/// Every difference between the specs and the crates: modules, ports, needs, events.
fn untrue(specs: Specs<'_>, graph: &Graph) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let told: BTreeSet<&str> = specs.iter().map(|spec| spec.name).collect();
    let built: BTreeSet<&str> = graph.members.iter().filter_map(|it| module_of(&it.dir)).collect();
    breaches.extend(
        built.difference(&told).map(|it| against_spec(it, "it has crates, but the shop has no spec of it")),
    );
    breaches.extend(told.difference(&built).map(|it| against_spec(it, "it has a spec, but no crates")));
    for spec in specs.iter().filter(|spec| built.contains(spec.name)) {
        let say = |what: &str| against_spec(spec.name, what);
        let strange = spec.ports().filter(|port| port.module() != spec.name || port.name != spec.port.name);
        breaches.extend(strange.map(|port| say(&format!("{port} is no version of its port"))));
        let called = spec.needs.iter().map(|port| port.module());
        let heard = spec.subscribes.iter().map(|stream| stream.module());
        let needed: BTreeSet<&str> = called.chain(heard).filter(|other| *other != spec.name).collect();
        let linked = foreign_contracts(spec.name, graph);
        breaches.extend(
            needed.difference(&linked).map(|it| {
                say(&format!("it says it needs or hears {it}, but infra does not use {it}-contract"))
            }),
        );
        breaches.extend(
            linked.difference(&needed).map(|it| {
                say(&format!("infra uses {it}-contract, but it does not say it needs or hears {it}"))
            }),
        );
        let offered =
            |need: &str| specs.iter().flat_map(|other| other.ports()).any(|port| port.to_string() == need);
        let unmet = spec.needs.iter().map(ToString::to_string).filter(|need| !offered(need));
        breaches.extend(unmet.map(|need| say(&format!("it needs {need}, which nobody offers"))));
        let told = |heard: &str| {
            specs.iter().flat_map(|other| other.publishes).any(|stream| stream.to_string() == heard)
        };
        let untold = spec.subscribes.iter().map(ToString::to_string).filter(|heard| !told(heard));
        breaches.extend(untold.map(|heard| say(&format!("it hears {heard}, which nobody publishes"))));
        let strange = spec.publishes.iter().filter(|stream| stream.module() != spec.name);
        breaches.extend(strange.map(|stream| say(&format!("it publishes {stream}, which is not its own"))));
    }
    breaches.extend(circle(specs).map(|name| against_spec(name, "it needs itself, by way of others")));
    breaches
}

/// Every difference between the migrations in a spec and those in the tree.
fn unmigrated(specs: Specs<'_>, tree: &Tree) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for spec in specs {
        for engine in ["sqlite", "postgres"] {
            let dir = format!("migrations/{}/{engine}/", spec.name);
            let files: Vec<(&str, &str)> = tree
                .files(&dir, ".sql")
                .map(|file| (file.path[dir.len()..].trim_end_matches(".sql"), file.text.as_str()))
                .collect();
            let told = spec
                .migrations
                .iter()
                .map(|it| (it.name, if engine == "sqlite" { it.sqlite } else { it.postgres }));
            if told.collect::<Vec<_>>() != files {
                breaches.push(against_spec(
                    spec.name,
                    &format!("its migrations are not those of {dir}, in that order"),
                ));
            }
        }
    }
    breaches
}

/// A line a module, in the order of the alphabet, and whom it hears where it listens: the golden text.
fn who_calls_whom(specs: Specs<'_>) -> String {
    let line = |spec: &&ModuleSpec| {
        let needs: BTreeSet<String> = spec.needs.iter().map(ToString::to_string).collect();
        let needs = if needs.is_empty() { "nobody".to_owned() } else { Vec::from_iter(needs).join(", ") };
        let heard: BTreeSet<String> = spec.subscribes.iter().map(ToString::to_string).collect();
        let heard = if heard.is_empty() {
            String::new()
        } else {
            format!(", hears {}", Vec::from_iter(heard).join(", "))
        };
        format!("{} -> {needs}{heard}\n", spec.name)
    };
    specs.iter().map(line).collect::<BTreeSet<_>>().into_iter().collect()
}

fn against_spec(module: &str, what: &str) -> Breach {
    Breach {
        place: format!("modules/{module}"),
        what: what.to_owned(),
        law: COMPOSITION,
        remedy: "make infra/src/module.rs (SPEC), the manifests and the list of the shop's modules agree",
    }
}

fn module_of(dir: &str) -> Option<&str> {
    dir.strip_prefix("modules/")?.split('/').next()
}

/// The modules whose contracts the infra of `module` uses, without its own.
fn foreign_contracts<'g>(module: &str, graph: &'g Graph) -> BTreeSet<&'g str> {
    let infra = graph.member(&format!("{module}-infra"));
    let uses = infra.into_iter().flat_map(|infra| &infra.normal);
    uses.filter_map(|name| name.strip_suffix("-contract")).filter(|other| *other != module).collect()
}

/// A module on a circle of needs, if there is a circle: what is left when those whose needs are met are taken away.
fn circle(specs: Specs<'_>) -> Option<&'static str> {
    let mut left: Vec<&ModuleSpec> = specs.to_vec();
    loop {
        let names: BTreeSet<&str> = left.iter().map(|spec| spec.name).collect();
        let before = left.len();
        left.retain(|spec| spec.needs.iter().any(|port| names.contains(port.module())));
        if left.len() == before {
            return left.first().map(|spec| spec.name);
        }
    }
}

#[test]
fn the_specs_are_true_of_the_crates() {
    breach::none(&untrue(shop::MODULES, &GRAPH));
}

#[test]
fn the_specs_carry_the_migrations_of_the_tree() {
    breach::none(&unmigrated(shop::MODULES, &TREE));
}

#[test]
fn who_calls_whom_is_as_agreed() {
    let golden = include_str!("who-calls-whom.txt");
    let actual = who_calls_whom(shop::MODULES);
    assert!(
        actual == golden,
        "who calls whom has changed ({COMPOSITION}).\nagreed:\n{golden}\nnow:\n{actual}\n\
         If that is meant, put the new text into app/tests/boundaries/who-calls-whom.txt: reviewers look there."
    );
}

mod planted {
    use outgrow::{Method, Migration, PortDesc, Wire, event::StreamDesc};

    use super::*;

    static A: PortDesc = port("a.v1", "A");
    static B: PortDesc = port("b.v1", "B");
    static C: PortDesc = port("c.v1", "C");
    static STREAM: StreamDesc = StreamDesc {
        package: "b.v1",
        name: "BEvent",
        doc: "",
        key: "b",
        shape: <outgrow::Money as Wire>::shape,
    };
    static MIGRATIONS: [Migration; 1] = [Migration { name: "0001_x", sqlite: "s", postgres: "p" }];

    const fn port(package: &'static str, name: &'static str) -> PortDesc {
        PortDesc {
            package,
            name,
            doc: "",
            methods: &[],
            contract: Method::contract(package, name),
            delivery: Method::delivery(package, name),
        }
    }

    const fn spec(
        name: &'static str,
        port: &'static PortDesc,
        needs: &'static [&'static PortDesc],
    ) -> ModuleSpec {
        ModuleSpec {
            name,
            purpose: "",
            port,
            older: &[],
            needs,
            publishes: &[],
            subscribes: &[],
            sagas: &[],
            migrations: &MIGRATIONS,
        }
    }

    static TRUE_A: ModuleSpec = spec("a", &A, &[&B]);
    static TRUE_B: ModuleSpec = spec("b", &B, &[]);

    fn graph() -> Graph {
        Graph::planted(
            &[
                ("modules/a/contract", ""),
                ("modules/a/infra", "a-contract b-contract"),
                ("modules/b/infra", "b-contract"),
            ],
            &[],
        )
    }

    #[test]
    fn true_specs_have_no_breach() {
        breach::none(&untrue(&[&TRUE_A, &TRUE_B], &graph()));
        assert_eq!(who_calls_whom(&[&TRUE_B, &TRUE_A]), "a -> b.v1.B\nb -> nobody\n");
    }

    #[test]
    fn a_module_without_a_spec_is_found_and_a_need_that_nobody_offers() {
        breach::found(
            &untrue(&[&TRUE_A], &graph()),
            &[
                "modules/b: it has crates, but the shop has no spec of it",
                "modules/a: it needs b.v1.B, which nobody offers",
            ],
        );
    }

    #[test]
    fn a_need_that_is_not_told_or_not_used_is_found() {
        static QUIET_A: ModuleSpec = spec("a", &A, &[]);
        static LOUD_B: ModuleSpec = spec("b", &B, &[&A]);
        breach::found(
            &untrue(&[&QUIET_A, &LOUD_B], &graph()),
            &[
                "modules/a: infra uses b-contract, but it does not say it needs or hears b",
                "modules/b: it says it needs or hears a, but infra does not use a-contract",
            ],
        );
    }

    #[test]
    fn who_hears_whom_is_held_against_the_crates_too() {
        static HEARING_A: ModuleSpec = ModuleSpec { subscribes: &[&STREAM], ..spec("a", &A, &[]) };
        static TELLING_B: ModuleSpec = ModuleSpec { publishes: &[&STREAM], ..spec("b", &B, &[]) };
        static STRANGE_A: ModuleSpec = ModuleSpec { publishes: &[&STREAM], ..spec("a", &A, &[&B]) };
        breach::none(&untrue(&[&HEARING_A, &TELLING_B], &graph()));
        assert_eq!(
            who_calls_whom(&[&HEARING_A, &TELLING_B]),
            "a -> nobody, hears b.v1.BEvent\nb -> nobody\n"
        );
        breach::found(
            &untrue(&[&HEARING_A, &TRUE_B], &graph()),
            &["modules/a: it hears b.v1.BEvent, which nobody publishes"],
        );
        breach::found(
            &untrue(&[&STRANGE_A, &TRUE_B], &graph()),
            &["modules/a: it publishes b.v1.BEvent, which is not its own"],
        );
    }

    #[test]
    fn a_foreign_port_and_a_module_without_crates_are_found() {
        static POSING_B: ModuleSpec = spec("b", &A, &[]);
        static GHOST: ModuleSpec = spec("c", &C, &[]);
        static OTHER_A: ModuleSpec = spec("a", &B, &[&B]);
        breach::found(
            &untrue(&[&OTHER_A, &POSING_B, &GHOST], &graph()),
            &[
                "modules/c: it has a spec, but no crates",
                "modules/a: b.v1.B is no version of its port",
                "modules/b: a.v1.A is no version of its port",
            ],
        );
    }

    #[test]
    fn a_circle_of_needs_is_found() {
        static ROUND_A: ModuleSpec = spec("a", &A, &[&B]);
        static ROUND_B: ModuleSpec = spec("b", &B, &[&A]);
        static OUTSIDE: ModuleSpec = spec("c", &C, &[&A]);
        assert_eq!(circle(&[&ROUND_B, &ROUND_A, &OUTSIDE]), Some("b"));
        assert_eq!(circle(&[&TRUE_A, &TRUE_B, &OUTSIDE]), None);
    }

    #[test]
    fn a_migration_that_the_spec_forgot_or_changed_is_found() {
        let good = [("migrations/a/sqlite/0001_x.sql", "s"), ("migrations/a/postgres/0001_x.sql", "p")];
        breach::none(&unmigrated(&[&TRUE_A], &Tree::planted(&good)));
        let more = [
            good[0],
            good[1],
            ("migrations/a/sqlite/0002_y.sql", ""),
            ("migrations/b/sqlite/0001_x.sql", "s"),
        ];
        breach::found(
            &unmigrated(&[&TRUE_A, &TRUE_B], &Tree::planted(&more)),
            &[
                "modules/a: its migrations are not those of migrations/a/sqlite/, in that order",
                "modules/b: its migrations are not those of migrations/b/postgres/, in that order",
            ],
        );
    }
}

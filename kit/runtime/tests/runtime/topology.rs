//! Which service hosts what, and everything that cannot be.

use std::sync::Arc;

use outgrow::{BoxFuture, ModuleSpec, Port as _, Transport};
use outgrow_runtime::{Address, Carrier, Listener, Placement, Service, Topology, placement::Unusable};

use crate::echo::{Echo, Scripted};

static ECHO: ModuleSpec = ModuleSpec {
    name: "echo",
    purpose: "Echoes.",
    port: <dyn Echo>::DESC,
    older: &[],
    needs: &[],
    publishes: &[],
    subscribes: &[],
    sagas: &[],
    migrations: &[],
};
static CHOIR: ModuleSpec = ModuleSpec {
    name: "choir",
    purpose: "Sings.",
    port: <dyn Echo>::DESC,
    older: &[],
    needs: &[<dyn Echo>::DESC],
    publishes: &[],
    subscribes: &[],
    sagas: &[],
    migrations: &[],
};
const MODULES: &[&ModuleSpec] = &[&ECHO, &CHOIR];

/// Carries by `grpc://` to wherever there is a port.
struct Pigeons;

impl Carrier for Pigeons {
    fn scheme(&self) -> &'static str {
        "grpc"
    }

    fn connect(&self, address: &Address) -> Result<Arc<dyn Transport>, Unusable> {
        let port = address.place.rsplit_once(':').is_some_and(|(_, port)| port.parse::<u16>().is_ok());
        if port { Ok(Scripted::new(Vec::new()).0) } else { Err(Unusable("it has no port".into())) }
    }

    fn listen<'a>(
        &'a self,
        _: &'a Address,
        _: Option<&'a Address>,
    ) -> BoxFuture<'a, Result<Box<dyn Listener>, Unusable>> {
        Box::pin(async { Err(Unusable("pigeons do not listen".into())) })
    }
}

fn topology(services: &[(&str, &[&str], &[&str])]) -> Topology {
    let service = |(name, modules, address): &(&str, &[&str], &[&str])| {
        let service = Service {
            modules: modules.iter().map(ToString::to_string).collect(),
            address: address.iter().map(|address| address.parse().unwrap()).collect(),
            ..Service::default()
        };
        (name.to_string(), service)
    };
    Topology { services: services.iter().map(service).collect(), ..Topology::default() }
}

fn flaws(topology: &Topology) -> Vec<String> {
    let carriers: [Arc<dyn Carrier>; 1] = [Arc::new(Pigeons)];
    topology.flaws(MODULES, &carriers).iter().map(ToString::to_string).collect()
}

#[test]
fn without_services_everything_is_in_one_process() {
    let topology = topology(&[]);
    assert_eq!(Placement::decide(&topology, "main", "echo"), Placement::Local);
    assert_eq!(flaws(&topology), Vec::<String>::new());
}

#[test]
fn a_module_of_another_service_is_reached_at_its_address() {
    let topology = topology(&[("stock", &["echo"], &["grpc://127.0.0.1:7101"])]);
    assert_eq!(Placement::decide(&topology, "main", "echo").to_string(), "grpc");
    assert_eq!(Placement::decide(&topology, "stock", "echo"), Placement::Local);
    assert_eq!(Placement::decide(&topology, "main", "choir"), Placement::Local);
    assert_eq!(flaws(&topology), Vec::<String>::new());
}

#[test]
fn every_flaw_is_found_at_once_with_its_key_and_a_remedy() {
    let topology = topology(&[("a", &["echo", "ecko"], &["pigeon://roof"]), ("b", &["echo", "choir"], &[])]);
    let flaws = flaws(&topology);
    assert_eq!(flaws.len(), 4, "{flaws:#?}");
    assert!(flaws[0].starts_with("services.a.modules: there is no module `ecko`; use one of: echo, choir"));
    assert!(flaws[1].starts_with("services.b.modules: module `echo` is already hosted by `a`"));
    assert!(
        flaws[2].starts_with("services.a.address: nothing here carries `pigeon://roof`; use one of: grpc")
    );
    assert!(
        flaws[3].starts_with("services.b.address: missing, and others need it: the HTTP edge calls `choir`")
    );
}

#[test]
fn an_address_is_demanded_exactly_where_somebody_needs_it() {
    let idle = topology(&[("spare", &[], &[])]);
    assert_eq!(flaws(&idle), Vec::<String>::new(), "nobody needs an address of a service that hosts nothing");
    let split = topology(&[("choir", &["choir"], &["grpc://127.0.0.1:1"])]);
    let flaws = flaws(&split);
    assert_eq!(flaws.len(), 1, "{flaws:#?}");
    assert!(flaws[0].contains("services.main.address: missing, and others need it: `choir` calls `echo`"));
}

#[test]
fn an_address_that_its_carrier_cannot_use_or_that_two_services_have_is_a_flaw() {
    let topology = topology(&[
        ("a", &["echo"], &["grpc://stock"]),
        ("b", &["choir"], &["grpc://127.0.0.1:1"]),
        ("c", &[], &["grpc://127.0.0.1:1"]),
    ]);
    let flaws = flaws(&topology);
    assert_eq!(flaws.len(), 2, "{flaws:#?}");
    assert!(
        flaws[0].starts_with("services.a.address: cannot be `grpc://stock` (it has no port)"),
        "{flaws:#?}"
    );
    assert!(
        flaws[1].starts_with("services.c.address: `grpc://127.0.0.1:1` is already the address of `b`"),
        "{flaws:#?}"
    );
}

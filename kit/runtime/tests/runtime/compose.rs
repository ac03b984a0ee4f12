//! What a composition root may and may not do.

use std::sync::Arc;

use outgrow::{ModuleSpec, Port as _};
use outgrow_runtime::{Modules, Placement, Service, Topology, Unmet};

use crate::echo::{Echo, LISTENER, Parrot, cx, say};

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
static OTHER: ModuleSpec = ModuleSpec {
    name: "other",
    purpose: "Is not listed.",
    port: <dyn Echo>::DESC,
    older: &[],
    needs: &[],
    publishes: &[],
    subscribes: &[],
    sagas: &[],
    migrations: &[],
};
static MODULES: &[&ModuleSpec] = &[&ECHO, &LISTENER];

#[expect(clippy::unnecessary_wraps, reason = "what builds a module may fail")]
fn parrot() -> Result<Arc<dyn Echo>, Unmet> {
    Ok(Arc::new(Parrot::default()))
}

fn modules(service: &str, topology: Topology) -> Modules {
    Modules::new(service, topology, MODULES, Vec::new())
}

#[tokio::test]
async fn a_module_hosted_here_is_built_and_answers() {
    let mut modules = modules("main", Topology::default());
    let echo = modules.add(&ECHO, parrot).unwrap();
    assert_eq!(echo.ask(&cx(), say("hello")).await.unwrap().words, "hello");
    assert_eq!(modules.doors().len(), 1);
    assert_eq!(modules.composed()[0].placement, Placement::Local);
}

#[tokio::test]
async fn by_configuration_a_module_is_called_through_the_wire_in_its_own_process() {
    let topology = Topology { loopback: ["echo".to_owned()].into(), ..Topology::default() };
    let mut modules = modules("main", topology);
    let echo = modules.add(&ECHO, parrot).unwrap();
    let said = echo.ask(&cx(), say("hello")).await.unwrap();
    assert_eq!((&*said.words, &*said.caller), ("hello", "listener"));
    let composed = &modules.composed()[0];
    assert_eq!(composed.targets[0].figures.snapshot().answered, 1, "it went through the wire");
}

#[test]
fn what_is_not_hosted_here_is_not_built() {
    let elsewhere = Service { modules: vec!["echo".into()], ..Service::default() };
    let topology = Topology { services: [("stock".to_owned(), elsewhere)].into(), ..Topology::default() };
    let mut modules = modules("main", topology);
    let port = modules.add::<dyn Echo>(&ECHO, || unreachable!("built where it is not hosted"));
    assert!(port.is_ok());
    assert!(modules.doors().is_empty());
}

#[test]
fn a_module_is_composed_once_and_only_if_it_is_listed() {
    let mut modules = modules("main", Topology::default());
    modules.add(&ECHO, parrot).map(drop).unwrap();
    assert_eq!(modules.add(&ECHO, parrot).map(drop), Err(Unmet::Twice("echo.v1.Echo".into())));
    assert_eq!(modules.add(&OTHER, parrot).map(drop), Err(Unmet::Unlisted("other")));
    assert_eq!(modules.complete(), Err(Unmet::LeftOut("listener.v1.Listener".into())));
}

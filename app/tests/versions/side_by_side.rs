//! Two versions of a port, answered by one module at once; callers of either, on every placement.

use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};

use async_trait::async_trait;
use outgrow::{
    Answer, CallContext, CallError, CauseKind, IdGen as _, ModuleSpec, Port as _, SystemIds,
    command::{self, Command},
};
use outgrow_runtime::{Modules, Service, Topology};
use outgrow_testkit::MemoryAnswers;

use crate::{
    carried::{Serving, Way, cx, grpc, rabbitmq},
    parcels_older::ParcelsV1,
    parcels_v1 as v1, parcels_v2 as v2,
};

static PARCELS: ModuleSpec = ModuleSpec {
    name: "parcels",
    purpose: "Books parcels.",
    port: <dyn v2::Parcels>::DESC,
    older: &[<dyn v1::Parcels>::DESC],
    needs: &[],
    publishes: &[],
    subscribes: &[],
    sagas: &[],
    migrations: &[],
};

/// The same, once version 1 is gone.
static PARCELS_LATER: ModuleSpec = ModuleSpec { older: &[], ..PARCELS };

/// Written against version 1.
static VISITOR: ModuleSpec = ModuleSpec { name: "visitor", needs: &[<dyn v1::Parcels>::DESC], ..PARCELS };

static SPECS: &[&ModuleSpec] = &[&PARCELS, &VISITOR];
static SPECS_LATER: &[&ModuleSpec] = &[&PARCELS_LATER, &VISITOR];

/// Parcels itself. It knows version 2 only.
#[derive(Default)]
struct Depot {
    booked: AtomicU32,
    answers: Arc<MemoryAnswers>,
}

#[async_trait]
impl v2::Parcels for Depot {
    async fn book(
        &self,
        cx: &CallContext,
        request: v2::BookParcel,
    ) -> Answer<v2::Parcel, v2::ParcelsRefusal> {
        let grams = request.grams;
        let decide = move |command: Command| async move {
            let decision = if grams > 30_000 {
                Err(v2::ParcelsRefusal::TooHeavy { grams: 30_000 })
            } else {
                Ok(v2::Parcel { number: self.booked.fetch_add(1, Ordering::SeqCst) + 1, grams })
            };
            self.answers.remember(command.remember(&decision))?;
            Ok(decision)
        };
        command::execute(cx, <dyn v2::Parcels>::BOOK, &request, &*self.answers, decide).await
    }

    async fn booked(&self, _: &CallContext, _: v2::BookedQuery) -> Answer<v2::Booked, v2::ParcelsRefusal> {
        Ok(v2::Booked { parcels: self.booked.load(Ordering::SeqCst) })
    }
}

/// Both versions as somebody sees them, and what keeps them answered.
struct Seen {
    new: Arc<dyn v2::Parcels>,
    old: Arc<dyn v1::Parcels>,
    answers: Arc<MemoryAnswers>,
    _serving: Option<Serving>,
}

fn composed(
    modules: &mut Modules,
    answers: &Arc<MemoryAnswers>,
) -> (Arc<dyn v2::Parcels>, Arc<dyn v1::Parcels>) {
    let (kept, answers) = (Arc::clone(answers), Arc::clone(answers));
    let build = || Ok(Arc::new(Depot { answers: kept, ..Depot::default() }) as Arc<dyn v2::Parcels>);
    let older = |newer| Arc::new(ParcelsV1 { newer, answers }) as Arc<dyn v1::Parcels>;
    modules.add_versions(&PARCELS, build, older).unwrap()
}

fn here(topology: Topology) -> Seen {
    let answers = Arc::default();
    let (new, old) = composed(&mut Modules::new("main", topology, SPECS, Vec::new()), &answers);
    Seen { new, old, answers, _serving: None }
}

fn elsewhere(way: &Way) -> Topology {
    let parcels =
        Service { modules: vec!["parcels".into()], address: vec![way.address.clone()], ..Service::default() };
    Topology { services: [("depot".to_owned(), parcels)].into(), ..Topology::default() }
}

async fn there(way: Way) -> Seen {
    let answers = Arc::default();
    let modules = |service| Modules::new(service, elsewhere(&way), SPECS, vec![Arc::clone(&way.carrier)]);
    let mut depot = modules("depot");
    drop(composed(&mut depot, &answers));
    let serving = way.serve(depot.doors().to_vec()).await;
    let (new, old) = composed(&mut modules("main"), &Arc::default());
    Seen { new, old, answers, _serving: Some(serving) }
}

/// What callers of both versions may rely on.
async fn both_are_answered(Seen { new, old, answers, _serving }: Seen) {
    let book_old = async |key: &str, kilograms| old.book(&cx(key), v1::BookParcel { kilograms }).await;
    let book_new = async |key: &str, grams| new.book(&cx(key), v2::BookParcel { grams }).await;

    let first = book_old("a", 2).await.unwrap();
    assert_eq!(first, v1::Parcel { number: 1, kilograms: 2 });
    let again = book_new("a", 2000).await.unwrap();
    assert_eq!(again, v2::Parcel { number: 1, grams: 2000 }, "one key is one command, in either version");
    assert_eq!(book_new("b", 1500).await.unwrap().number, 2);
    assert_eq!(old.booked(&cx("q"), v1::BookedQuery).await.unwrap().parcels, 2);
    assert_eq!(new.booked(&cx("q"), v2::BookedQuery).await.unwrap().parcels, 2);

    let too_heavy = v1::ParcelsRefusal::TooHeavy { kilograms: 30 };
    assert_eq!(book_old("c", 31).await, Err(CallError::Refused(too_heavy)));
    let too_heavy = v2::ParcelsRefusal::TooHeavy { grams: 30_000 };
    assert_eq!(book_new("d", 31_000).await, Err(CallError::Refused(too_heavy)));

    let (request, before) = (v1::BookParcel { kilograms: 7 }, v1::Parcel { number: 77, kilograms: 7 });
    let command = Command::of(&cx("e"), <dyn v1::Parcels>::BOOK, &request).unwrap();
    answers.remember(command.remember(&Ok::<_, v1::ParcelsRefusal>(before.clone()))).unwrap();
    assert_eq!(book_old("e", 7).await, Ok(before), "answered while version 1 was the only one");

    let visitor = CallContext::new("visitor", SystemIds.uuid()).with_key("f".parse().unwrap());
    assert!(old.book(&visitor, v1::BookParcel { kilograms: 1 }).await.is_ok());
    let denied = new.book(&visitor, v2::BookParcel { grams: 1 }).await.unwrap_err();
    assert_eq!(denied.why().unwrap().kind, CauseKind::Denied, "it has declared version 1");
}

#[tokio::test]
async fn one_module_answers_two_versions_of_its_port_at_once() {
    both_are_answered(here(Topology::default())).await;
    let loopback = Topology { loopback: ["parcels".to_owned()].into(), ..Topology::default() };
    both_are_answered(here(loopback)).await;
    both_are_answered(there(grpc()).await).await;
}

#[tokio::test]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn one_module_answers_two_versions_of_its_port_at_once_over_rabbitmq() {
    both_are_answered(there(rabbitmq()).await).await;
}

#[tokio::test]
async fn callers_of_a_version_that_is_gone_are_told_that_nothing_happened() {
    let way = grpc();
    let mut depot = Modules::new("depot", elsewhere(&way), SPECS_LATER, vec![Arc::clone(&way.carrier)]);
    let build = || Ok(Arc::new(Depot::default()) as Arc<dyn v2::Parcels>);
    drop(depot.add(&PARCELS_LATER, build).unwrap());
    let _serving = way.serve(depot.doors().to_vec()).await;
    let mut main = Modules::new("main", elsewhere(&way), SPECS, vec![Arc::clone(&way.carrier)]);
    let (new, old) = composed(&mut main, &Arc::default());
    assert!(new.book(&cx("a"), v2::BookParcel { grams: 1 }).await.is_ok());
    let gone = old.book(&cx("a"), v1::BookParcel { kilograms: 1 }).await.unwrap_err();
    assert_eq!(gone.why().unwrap().kind, CauseKind::Unserved);
    assert!(matches!(gone, CallError::NotExecuted(_)), "{gone:?}");
}

#[test]
fn a_version_that_is_declared_and_not_composed_is_named() {
    let mut modules = Modules::new("main", Topology::default(), SPECS, Vec::new());
    let build = || Ok(Arc::new(Depot::default()) as Arc<dyn v2::Parcels>);
    drop(modules.add(&PARCELS, build).unwrap());
    let missing = modules.complete().unwrap_err().to_string();
    assert!(missing.contains("parcels.v1.Parcels"), "{missing}");
}

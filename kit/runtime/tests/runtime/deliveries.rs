//! Who may bring events to whom, and by which way they come. What relays and workers do with them is simulated.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use outgrow::{
    CallContext, CallError, CauseKind, CommitError, Dispatch, Event, Loopback, Message as _, ModuleSpec,
    Port as _, Reply, Served, StoreError, Unread, Wire,
    event::{Accepted, Delivery, Handled, Mark, Recorded},
};
use outgrow_runtime::{
    Bell, Door, Modules, Target, Tasks, Topology, Unmet,
    events::{Attempt, Courier as _, Inbox, Lease, Leases, Local, Outbox, Poison, Push, Subscription, Taken},
    modules::{EventHome, Handlers},
};
use time::OffsetDateTime;
use uuid::Uuid;

use crate::echo::{Echo, Parrot, policies};

/// What is heard in a valley.
#[derive(Clone, Debug, PartialEq, Wire, Event)]
#[event("valley.v1", key = "place")]
enum ValleyEvent {
    #[wire(1)]
    Shouted {
        #[wire(1)]
        place: String,
    },
    #[wire(other)]
    Other(Unread),
}

static ECHO: ModuleSpec = ModuleSpec {
    name: "echo",
    purpose: "Echoes.",
    port: <dyn Echo>::DESC,
    older: &[],
    needs: &[],
    publishes: &[],
    subscribes: &[ValleyEvent::STREAM],
    sagas: &[],
    migrations: &[],
};

/// An inbox that keeps what it gets, and an outbox with nothing in it.
#[derive(Default)]
struct Kept {
    events: Mutex<Vec<Recorded>>,
    full: bool,
}

#[async_trait::async_trait]
impl Leases for Kept {
    async fn take(&self, _: &'static str, _: Uuid, _: Duration) -> Result<Vec<Lease>, StoreError> {
        Ok(Vec::new())
    }
}

#[async_trait::async_trait]
impl Outbox for Kept {
    fn bell(&self) -> Bell {
        Bell::default()
    }
    async fn any_due(&self, _: &str) -> Result<bool, StoreError> {
        Ok(false)
    }
    async fn due(&self, _: &str, _: &[Lease], _: u32) -> Result<Vec<Recorded>, StoreError> {
        Ok(Vec::new())
    }
    async fn settle(&self, _: &str, _: &[Lease], _: &[Uuid]) -> Result<(), CommitError> {
        Ok(())
    }
}

#[async_trait::async_trait]
impl Inbox for Kept {
    fn bell(&self) -> Bell {
        Bell::default()
    }
    async fn accept(&self, events: &[Recorded]) -> Result<(), CommitError> {
        if self.full {
            return Err(CommitError::NotCommitted(StoreError::new("the disk is full")));
        }
        self.events.lock().unwrap().extend_from_slice(events);
        Ok(())
    }
    async fn any_due(&self) -> Result<bool, StoreError> {
        Ok(false)
    }
    async fn begin(&self, _: &[Lease], _: u32) -> Result<Vec<Attempt>, CommitError> {
        Ok(Vec::new())
    }
    async fn mark(&self, _: &Mark) -> Result<(), CommitError> {
        Ok(())
    }
    async fn put_off(&self, _: &Mark, _: &str, _: Duration) -> Result<(), CommitError> {
        Ok(())
    }
    async fn park(&self, _: &Mark, _: &str, _: Poison) -> Result<(), CommitError> {
        Ok(())
    }
}

fn shouted(sequence: u64) -> Recorded {
    let (kind, data) = ValleyEvent::Shouted { place: "hill".to_owned() }.to_json().unwrap();
    Recorded {
        id: Uuid::from_u128(sequence.into()),
        stream: ValleyEvent::STREAM.to_string(),
        key: "hill".to_owned(),
        sequence,
        kind,
        data,
        at: OffsetDateTime::UNIX_EPOCH,
        correlation: Uuid::nil(),
        causation: None,
        previous: None,
    }
}

fn served() -> Arc<dyn Dispatch> {
    let parrot: Arc<dyn Echo> = Arc::new(Parrot::default());
    Arc::new(Served(parrot))
}

fn door(inbox: &Arc<Kept>) -> Arc<Door> {
    Arc::new(Door::new(served(), policies()).hearing(ECHO.subscribes, inbox.clone()))
}

async fn deliver(door: &Door, caller: &'static str, body: &[u8]) -> Reply {
    let cx = CallContext::new(caller, Uuid::nil()).within(Duration::from_secs(5));
    door.dispatch(&<dyn Echo>::DESC.delivery, &cx, body).await
}

fn not(kind: CauseKind, why: &str) -> String {
    let failure: CallError<Accepted> = CallError::not_executed(kind, why.to_owned());
    format!("{failure:?}")
}

#[tokio::test]
async fn events_are_taken_in_from_who_publishes_them() {
    let inbox = Arc::new(Kept::default());
    let body = Delivery { events: vec![shouted(1), shouted(2)] }.to_bytes();
    let reply = deliver(&door(&inbox), "valley", &body).await.unwrap();
    assert_eq!(Accepted::from_bytes(&reply), Ok(Accepted {}));
    assert_eq!(*inbox.events.lock().unwrap(), [shouted(1), shouted(2)]);
}

#[tokio::test]
async fn what_is_not_to_be_heard_is_refused_whole_and_nothing_of_it_kept() {
    let inbox = Arc::new(Kept::default());
    let door = door(&inbox);
    let one = |event: Recorded| Delivery { events: vec![shouted(1), event] }.to_bytes();
    let said = |reply: Reply| format!("{:?}", reply.unwrap_err());
    let other = Recorded { stream: "river.v1.RiverEvent".to_owned(), ..shouted(2) };
    assert_eq!(
        said(deliver(&door, "valley", &one(other)).await),
        not(CauseKind::Unserved, "echo does not listen to `river.v1.RiverEvent`"),
    );
    assert_eq!(
        said(deliver(&door, "listener", &one(shouted(2))).await),
        not(CauseKind::Denied, "listener does not publish `valley.v1.ValleyEvent` (ADR 0007)"),
    );
    for (unfit, why) in [
        (
            Recorded { key: "k".repeat(513), ..shouted(2) },
            "its key has 513 bytes, its data 16: 512 and 524288 can be kept",
        ),
        (
            Recorded { data: "d".repeat(512 * 1024 + 1), ..shouted(2) },
            "its key has 4 bytes, its data 524289: 512 and 524288 can be kept",
        ),
        (Recorded { key: "a\0b".to_owned(), ..shouted(2) }, "it has a NUL in a text"),
        (shouted(0), "#0 after #0 is no number of an event"),
        (shouted(1 << 63), "#9223372036854775808 after #9223372036854775807 is no number of an event"),
        (Recorded { previous: Some(2), ..shouted(2) }, "#2 after #2 is no number of an event"),
    ] {
        let why = format!("the event {} cannot be kept: {why}", unfit.id);
        assert_eq!(said(deliver(&door, "valley", &one(unfit)).await), not(CauseKind::BadRequest, &why));
    }
    let garbage = deliver(&door, "valley", b"\x0a\x02\xff\xff").await.unwrap_err();
    assert_eq!(garbage.why().map(|cause| cause.kind), Some(CauseKind::BadRequest));
    assert_eq!(*inbox.events.lock().unwrap(), []);

    let deaf = Door::new(served(), policies());
    assert_eq!(
        said(deliver(&deaf, "valley", &one(shouted(2))).await),
        not(CauseKind::Unserved, "echo listens to nothing"),
    );
}

#[tokio::test]
async fn by_a_call_as_directly_the_courier_says_what_was_taken() {
    for full in [false, true] {
        let inbox = Arc::new(Kept { full, ..Kept::default() });
        let target = Target::new("echo", Arc::new(Loopback(door(&inbox))));
        let push = Push::new("valley", <dyn Echo>::DESC, vec![target]);
        let events = [shouted(1), shouted(2)];
        let (directly, called) = (Local(inbox.clone()).deliver(&events).await, push.deliver(&events).await);
        let ids: Vec<_> = if full { Vec::new() } else { events.iter().map(|event| event.id).collect() };
        assert_eq!((&directly.events, &called.events), (&ids, &ids));
        assert_eq!(directly.trouble.is_some(), full);
        assert_eq!(called.trouble.is_some(), full);
        let trouble = [directly.trouble, called.trouble].map(Option::unwrap_or_default);
        assert!(trouble.iter().all(|why| full == why.contains("the disk is full")), "{trouble:?}");
    }
    let nobody = Push::new("valley", <dyn Echo>::DESC, Vec::new()).deliver(&[shouted(1)]).await;
    assert_eq!(nobody, Taken::none("no way to echo from this process"));
}

#[tokio::test]
async fn a_module_listens_to_what_its_spec_says() {
    static MODULES: &[&ModuleSpec] = &[&ECHO];
    static DEAF: ModuleSpec = ModuleSpec { subscribes: &[], ..ECHO };
    static OTHERS: &[&ModuleSpec] = &[&DEAF];
    let handler =
        Subscription::<ValleyEvent, _>::of("echo", Poison::Blocks, |_| async { Ok(Handled::Ignored) });
    let outcome = |specs: &'static [&'static ModuleSpec], handled: bool| {
        let (kept, handlers) = (Arc::new(Kept::default()), Handlers::default());
        if handled {
            handlers.add(handler.clone());
        }
        let home = EventHome { outbox: kept.clone(), inbox: kept, handlers };
        let modules = Modules::new("main", Topology::default(), specs, Vec::new());
        modules.with_homes([("echo", home)].into()).carry_events(&Tasks::default(), Uuid::nil())
    };
    let stream = || ValleyEvent::STREAM.to_string();
    assert_eq!(outcome(MODULES, true), Ok(()));
    assert_eq!(outcome(OTHERS, false), Ok(()));
    assert_eq!(outcome(MODULES, false), Err(Unmet::Unheard { module: "echo", stream: stream() }));
    assert_eq!(outcome(OTHERS, true), Err(Unmet::Overheard { module: "echo", stream: stream() }));
}

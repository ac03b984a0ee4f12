//! Two versions of a contract side by side: each reads what the other writes, or says what it cannot read.

use std::sync::Arc;

use outgrow::{
    Answer, BoxFuture, CallContext, CallError, CauseKind, Envelope, Message, Port as _, Remote, Reply,
    Served, Transport, Wire, port::Dispatch as _,
};
use uuid::Uuid;

/// The contract as it was.
mod old {
    use outgrow::{Answer, CallContext, Unread, Wire, port};

    #[port("notes.v1")]
    pub(super) trait Notes {
        #[command(idempotent)]
        async fn take(&self, cx: &CallContext, request: Note) -> Answer<Note, Refusal>;
    }

    #[derive(Clone, Debug, PartialEq, Wire)]
    pub(super) struct Note {
        #[wire(1)]
        pub(super) text: String,
        #[wire(2)]
        pub(super) colour: Option<Colour>,
    }

    #[derive(Clone, Copy, Debug, PartialEq, Wire)]
    pub(super) enum Colour {
        #[wire(1)]
        Red,
    }

    #[derive(Clone, Debug, PartialEq, Wire, thiserror::Error)]
    pub(super) enum Refusal {
        #[error("too long")]
        #[wire(1)]
        TooLong,
        #[error("{0}")]
        #[wire(other)]
        Other(Unread),
    }
}

/// The contract as it became.
mod new {
    use outgrow::{Answer, CallContext, Unread, Wire, port};

    #[port("notes.v1")]
    pub(super) trait Notes {
        #[command(idempotent)]
        async fn take(&self, cx: &CallContext, request: Note) -> Answer<Note, Refusal>;

        #[query]
        async fn read(&self, cx: &CallContext, request: Note) -> Answer<Note, Refusal>;
    }

    #[derive(Clone, Debug, PartialEq, Wire)]
    pub(super) struct Note {
        #[wire(1)]
        pub(super) text: String,
        #[wire(2)]
        pub(super) colour: Option<Colour>,
        #[wire(3)]
        pub(super) tags: Vec<String>,
        #[wire(4)]
        pub(super) reply: Option<Box4>,
    }

    #[derive(Clone, Debug, PartialEq, Wire)]
    pub(super) struct Box4 {
        #[wire(1)]
        pub(super) number: i64,
    }

    #[derive(Clone, Copy, Debug, PartialEq, Wire)]
    pub(super) enum Colour {
        #[wire(1)]
        Red,
        #[wire(2)]
        Green,
    }

    #[derive(Clone, Debug, PartialEq, Wire, thiserror::Error)]
    pub(super) enum Refusal {
        #[error("too long")]
        #[wire(1)]
        TooLong,
        #[error("forbidden word {word}")]
        #[wire(2)]
        Forbidden {
            #[wire(1)]
            word: String,
            #[wire(2)]
            at: u32,
        },
        #[error("{0} notes are enough")]
        #[wire(3)]
        Enough(u32),
        #[error("{0}")]
        #[wire(other)]
        Other(Unread),
    }
}

/// The message of one version as the other reads it.
fn seen<T: Message>(message: &impl Message) -> Result<T, String> {
    T::from_bytes(&message.to_bytes()).map_err(|error| error.to_string())
}

fn old_note() -> old::Note {
    old::Note { text: "milk".to_owned(), colour: Some(old::Colour::Red) }
}

fn new_note() -> new::Note {
    new::Note { text: "milk".to_owned(), colour: Some(new::Colour::Red), tags: Vec::new(), reply: None }
}

#[test]
fn an_old_reader_skips_the_fields_of_a_new_writer() {
    let tags = vec!["a".to_owned(), "b".to_owned()];
    let note = new::Note { tags, reply: Some(new::Box4 { number: -1 }), ..new_note() };
    assert_eq!(seen(&note), Ok(old_note()));
}

#[test]
fn a_new_reader_finds_nothing_in_the_fields_an_old_writer_does_not_know() {
    assert_eq!(seen(&old_note()), Ok(new_note()));
}

#[test]
fn an_old_reader_refuses_a_variant_it_does_not_know_and_names_the_field() {
    let note = new::Note { colour: Some(new::Colour::Green), ..new_note() };
    assert_eq!(seen::<old::Note>(&note), Err("colour: variant 2 is not known here".to_owned()));
}

#[test]
fn a_missing_required_field_is_an_error_that_names_it() {
    #[derive(Wire)]
    struct Other {
        #[wire(2)]
        colour: old::Colour,
    }
    let other = Other { colour: old::Colour::Red };
    assert_eq!(seen::<old::Note>(&other), Err("text: required, but missing".to_owned()));
}

#[test]
fn a_refusal_that_a_service_in_the_middle_cannot_read_is_passed_on_whole() {
    let forbidden = new::Refusal::Forbidden { word: "rum".to_owned(), at: 300 };
    for refusal in [forbidden, new::Refusal::Enough(0), new::Refusal::Enough(u32::MAX)] {
        let middle: old::Refusal = seen(&refusal).expect("kept");
        assert!(matches!(middle, old::Refusal::Other(_)));
        assert_eq!(middle.to_bytes(), refusal.to_bytes());
        assert_eq!(seen(&middle), Ok(refusal));
    }
    assert_eq!(seen(&new::Refusal::TooLong), Ok(old::Refusal::TooLong));
}

#[test]
fn an_unread_refusal_says_that_it_is_one() {
    let middle: old::Refusal = seen(&new::Refusal::Enough(1)).expect("kept");
    assert_eq!(middle.to_string(), "refused for a reason unknown here (variant 3)");
}

/// A new module that refuses everything.
struct Strict;

#[async_trait::async_trait]
impl new::Notes for Strict {
    async fn take(&self, _cx: &CallContext, _request: new::Note) -> Answer<new::Note, new::Refusal> {
        Err(CallError::Refused(new::Refusal::Enough(7)))
    }

    async fn read(&self, _cx: &CallContext, request: new::Note) -> Answer<new::Note, new::Refusal> {
        Ok(new::Note { colour: Some(new::Colour::Green), ..request })
    }
}

/// Carries a call of the old contract to a module of the new one, as a carrier would: by the method's name.
struct Skewed {
    call: &'static str,
}

impl Transport for Skewed {
    fn send<'a>(&'a self, envelope: Envelope<'a>) -> BoxFuture<'a, Reply> {
        Box::pin(async move {
            let served = Served::<dyn new::Notes>(Arc::new(Strict));
            let method = served.port().method(self.call).expect("it is there");
            served.dispatch(method, envelope.cx, &envelope.body).await
        })
    }
}

async fn call(method: &'static str) -> Answer<old::Note, old::Refusal> {
    let notes = <dyn old::Notes>::via(Remote(Arc::new(Skewed { call: method })));
    notes.take(&CallContext::new("test", Uuid::nil()), old_note()).await
}

#[tokio::test]
async fn an_old_caller_gets_the_refusal_of_a_new_module_unread() {
    let Err(CallError::Refused(old::Refusal::Other(unread))) = call("Take").await else {
        panic!("not refused")
    };
    assert_eq!(unread.number(), 3);
}

#[tokio::test]
async fn an_answer_that_an_old_caller_cannot_read_is_in_doubt_since_the_module_did_run() {
    let Err(CallError::InDoubt(cause)) = call("Read").await else { panic!("not in doubt") };
    assert_eq!(cause.kind, CauseKind::BadAnswer);
    assert!(cause.detail.ends_with("colour: variant 2 is not known here"), "{}", cause.detail);
}

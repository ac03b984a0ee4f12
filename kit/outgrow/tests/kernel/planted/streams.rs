//! Small changes of streams, and what readers of their events say to each.
//!
//! Every version is a stream in Rust, with some events of it. What the lock says is held against readers that know of no
//! lock: the JSON Schema of one version in a validator of somebody else's, and the code of one version, each with the
//! events of the other. What passes may not trouble any of them; where they notice nothing of what we refuse, the change
//! says why.

use outgrow::{
    Answer, CallContext, Event, Port as _, Unread, Wire, WireError,
    event::StreamDesc,
    port,
    schema::{Lock, export},
};
use serde_json::Value;

use super::super::event_schema::{exported, reader};

#[derive(Clone, Debug, PartialEq, Wire)]
struct Ask;

#[derive(Clone, Debug, PartialEq, Wire, thiserror::Error)]
enum No {
    #[error("{0}")]
    #[wire(other)]
    Other(Unread),
}

/// The port of the package: no change is about it.
#[port("notes.v1")]
trait Notes {
    #[query]
    async fn ask(&self, cx: &CallContext, request: Ask) -> Answer<Ask, No>;
}

/// A version of a stream, and what it tells: kinds and data.
struct Version {
    streams: &'static [&'static StreamDesc],
    told: Vec<(String, String)>,
    /// Whether its code knows the kind, and can read the data.
    read: fn(&str, &str) -> Result<bool, WireError>,
}

impl Version {
    fn lock(&self) -> Lock {
        let export = export((<dyn Notes>::DESC, self.streams), "").expect("sound");
        Lock::parse(&export.lock).expect("a lock")
    }

    /// Whether its readers are troubled by what another version tells. Of a new kind they need not know.
    fn is_troubled_by(&self, other: &Self, may_not_know: bool) -> bool {
        let document = exported((<dyn Notes>::DESC, self.streams));
        other.told.iter().any(|(kind, data)| {
            let data_read: Value = serde_json::from_str(data).expect("JSON");
            match (self.read)(kind, data) {
                Ok(true) => !reader(&document, kind).is_valid(&data_read),
                Ok(false) => !may_not_know,
                Err(_) => true,
            }
        })
    }
}

struct Planted {
    name: &'static str,
    before: Version,
    after: Version,
    /// The rules we say it breaks.
    ours: &'static [&'static str],
    /// Why no reader notices.
    because: Option<&'static str>,
}

/// A module for each version of each change, and the list of them. A version is its key, the types it uses, its kinds,
/// and events of it.
macro_rules! planted {
    ($($name:ident {
        $($version:ident $key:tt [$($item:item)*] { $($kinds:tt)* } [$($event:expr),*])+
        => ours [$($ours:literal),*] $(because $because:literal)?
    })+) => {
        $( mod $name { $( pub(super) mod $version {
            use super::super::*;

            $( #[derive(Clone, Debug, PartialEq, Wire)] $item )*

            #[derive(Clone, Debug, PartialEq, Wire, Event)]
            #[event("notes.v1", key = $key)]
            enum Note { $($kinds)* #[wire(other)] Other(Unread) }

            pub(crate) fn version() -> Version {
                Version {
                    streams: &[Note::STREAM],
                    told: [$($event),*].map(|event: Note| event.to_json().expect("told")).into(),
                    read: |kind, data| Note::from_json(kind, data).map(|event| event.is_some()),
                }
            }
        } )+ } )+

        fn all() -> Vec<Planted> {
            vec![$( Planted {
                name: stringify!($name),
                before: $name::before::version(),
                after: $name::after::version(),
                ours: &[$($ours),*],
                because: [$($because)?].first().copied(),
            } ),+]
        }
    };
}

planted! {
    // ---- what passes --------------------------------------------------------------------------------------
    kind_added {
        before "note" [] { #[wire(1)] Written { #[wire(1)] note: u32 }, } [Note::Written { note: 1 }]
        after "note" [] { #[wire(1)] Written { #[wire(1)] note: u32 }, #[wire(2)] Torn { #[wire(1)] note: u32 }, }
            [Note::Written { note: 1 }, Note::Torn { note: 1 }]
        => ours []
    }
    documentation_changed_and_kinds_reordered {
        before "note" [] { #[wire(1)] Written { #[wire(1)] note: u32 }, #[wire(2)] Torn { #[wire(1)] note: u32 }, }
            [Note::Written { note: 1 }]
        after "note" [] {
            /** In two. */ #[wire(2)] Torn { /** Which. */ #[wire(1)] note: u32 },
            #[wire(1)] Written { #[wire(1)] note: u32 },
        } [Note::Torn { note: 1 }]
        => ours []
    }
    optional_added {
        before "note" [] { #[wire(1)] Written { #[wire(1)] note: u32 }, } [Note::Written { note: 1 }]
        after "note" [] { #[wire(1)] Written { #[wire(1)] note: u32, #[wire(2)] text: Option<String> }, }
            [Note::Written { note: 1, text: Some("!".into()) }]
        => ours []
    }
    list_added {
        before "note" [] { #[wire(1)] Written { #[wire(1)] note: u32 }, } [Note::Written { note: 1 }]
        after "note" [] { #[wire(1)] Written { #[wire(1)] note: u32, #[wire(2)] tags: Vec<String> }, }
            [Note::Written { note: 1, tags: Vec::new() }]
        => ours []
    }
    optional_removed {
        before "note" [] { #[wire(1)] Written { #[wire(1)] note: u32, #[wire(2)] text: Option<String> }, }
            [Note::Written { note: 1, text: Some("!".into()) }]
        after "note" [] { #[wire(1)] Written { #[wire(1)] note: u32 }, } [Note::Written { note: 1 }]
        => ours []
    }

    // ---- what breaks readers ------------------------------------------------------------------------------
    kind_removed {
        before "note" [] { #[wire(1)] Written { #[wire(1)] note: u32 }, #[wire(2)] Torn { #[wire(1)] note: u32 }, }
            [Note::Torn { note: 1 }]
        after "note" [] { #[wire(1)] Written { #[wire(1)] note: u32 }, } [Note::Written { note: 1 }]
        => ours ["VARIANT_REMOVED"]
    }
    kind_renamed {
        before "note" [] { #[wire(1)] Written { #[wire(1)] note: u32 }, } [Note::Written { note: 1 }]
        after "note" [] { #[wire(1)] Noted { #[wire(1)] note: u32 }, } [Note::Noted { note: 1 }]
        => ours ["NUMBER_REUSED"]
    }
    kind_with_a_type_renamed {
        before "note" [pub(crate) struct Ink { #[wire(1)] note: u32 }] { #[wire(1)] Written(Ink), }
            [Note::Written(Ink { note: 1 })]
        after "note" [pub(crate) struct Ink { #[wire(1)] note: u32 }] { #[wire(1)] Noted(Ink), }
            [Note::Noted(Ink { note: 1 })]
        => ours ["NAME_CHANGED"]
    }
    field_renamed {
        before "note" [] { #[wire(1)] Written { #[wire(1)] note: u32, #[wire(2)] text: String }, }
            [Note::Written { note: 1, text: String::new() }]
        after "note" [] { #[wire(1)] Written { #[wire(1)] note: u32, #[wire(2)] body: String }, }
            [Note::Written { note: 1, body: String::new() }]
        => ours ["NAME_CHANGED"]
    }
    field_retyped {
        before "note" [] { #[wire(1)] Written { #[wire(1)] note: u32 }, } [Note::Written { note: 1 }]
        after "note" [] { #[wire(1)] Written { #[wire(1)] note: String }, } [Note::Written { note: "1".into() }]
        => ours ["TYPE_CHANGED"]
    }
    integer_narrowed {
        before "note" [] { #[wire(1)] Written { #[wire(1)] note: u32 }, } [Note::Written { note: 65_536 }]
        after "note" [] { #[wire(1)] Written { #[wire(1)] note: u16 }, } [Note::Written { note: 1 }]
        => ours ["VALUES_CHANGED"]
    }
    optional_became_a_list {
        before "note" [] { #[wire(1)] Written { #[wire(1)] note: u32, #[wire(2)] tag: Option<u32> }, }
            [Note::Written { note: 1, tag: Some(1) }]
        after "note" [] { #[wire(1)] Written { #[wire(1)] note: u32, #[wire(2)] tag: Vec<u32> }, }
            [Note::Written { note: 1, tag: vec![1] }]
        => ours ["PRESENCE_CHANGED"]
    }
    required_became_optional {
        before "note" [] { #[wire(1)] Written { #[wire(1)] note: u32, #[wire(2)] tag: u32 }, }
            [Note::Written { note: 1, tag: 1 }]
        after "note" [] { #[wire(1)] Written { #[wire(1)] note: u32, #[wire(2)] tag: Option<u32> }, }
            [Note::Written { note: 1, tag: None }]
        => ours ["PRESENCE_CHANGED"]
    }
    required_added {
        before "note" [] { #[wire(1)] Written { #[wire(1)] note: u32 }, } [Note::Written { note: 1 }]
        after "note" [] { #[wire(1)] Written { #[wire(1)] note: u32, #[wire(2)] tag: u32 }, }
            [Note::Written { note: 1, tag: 1 }]
        => ours ["REQUIRED_ADDED"]
    }
    required_removed {
        before "note" [] { #[wire(1)] Written { #[wire(1)] note: u32, #[wire(2)] tag: u32 }, }
            [Note::Written { note: 1, tag: 1 }]
        after "note" [] { #[wire(1)] Written { #[wire(1)] note: u32 }, } [Note::Written { note: 1 }]
        => ours ["FIELD_REMOVED"]
    }
    enum_grown {
        before "note" [pub(crate) enum Ink { #[wire(1)] Blue }] {
            #[wire(1)] Written { #[wire(1)] note: u32, #[wire(2)] ink: Ink },
        } [Note::Written { note: 1, ink: Ink::Blue }]
        after "note" [pub(crate) enum Ink { #[wire(1)] Blue, #[wire(2)] Red }] {
            #[wire(1)] Written { #[wire(1)] note: u32, #[wire(2)] ink: Ink },
        } [Note::Written { note: 1, ink: Ink::Red }]
        => ours ["VARIANT_ADDED"]
    }
    open_enum_within_an_event_grown {
        before "note" [pub(crate) enum Ink { #[wire(1)] Blue(u32), #[wire(other)] Other(Unread) }] {
            #[wire(1)] Written { #[wire(1)] note: u32, #[wire(2)] ink: Ink },
        } [Note::Written { note: 1, ink: Ink::Blue(1) }]
        after "note" [
            pub(crate) enum Ink { #[wire(1)] Blue(u32), #[wire(2)] Red(u32), #[wire(other)] Other(Unread) }
        ] {
            #[wire(1)] Written { #[wire(1)] note: u32, #[wire(2)] ink: Ink },
        } [Note::Written { note: 1, ink: Ink::Red(1) }]
        => ours ["VARIANT_ADDED"]
    }

    // ---- what no reader notices ---------------------------------------------------------------------------
    key_changed {
        before "note" [] { #[wire(1)] Written { #[wire(1)] note: u32, #[wire(2)] shelf: u32 }, }
            [Note::Written { note: 1, shelf: 1 }]
        after "shelf" [] { #[wire(1)] Written { #[wire(1)] note: u32, #[wire(2)] shelf: u32 }, }
            [Note::Written { note: 1, shelf: 1 }]
        => ours ["KEY_CHANGED"] because "it is in what stands beside the data: their subject, and so their order"
    }
    field_renumbered {
        before "note" [] { #[wire(1)] Written { #[wire(1)] note: u32 }, } [Note::Written { note: 1 }]
        after "note" [] { #[wire(1)] Written { #[wire(2)] note: u32 }, } [Note::Written { note: 1 }]
        => ours ["NUMBER_CHANGED"] because "JSON has no numbers; but they tell one field from another in the lock"
    }
    type_renamed {
        before "note" [pub(crate) struct Ink { #[wire(1)] note: u32 }] { #[wire(1)] Written(Ink), }
            [Note::Written(Ink { note: 1 })]
        after "note" [pub(crate) struct Dye { #[wire(1)] note: u32 }] { #[wire(1)] Written(Dye), }
            [Note::Written(Dye { note: 1 })]
        => ours ["TYPE_CHANGED"] because "JSON has no names of types; the schema has, and code is generated by them"
    }
}

#[test]
fn every_planted_change_of_a_stream_breaks_the_rules_it_was_planted_for() {
    for Planted { name, before, after, ours, .. } in all() {
        let breaches = before.lock().update(&after.lock()).err().unwrap_or_default();
        let rules: Vec<_> = breaches.iter().map(|breach| breach.wrong.rule()).collect();
        assert_eq!(rules, ours, "{name}: {breaches:?}");
    }
}

#[test]
fn what_passes_troubles_no_reader_and_what_troubles_none_has_a_reason() {
    for Planted { name, before, after, ours, because } in all() {
        let troubled = before.is_troubled_by(&after, true) || after.is_troubled_by(&before, false);
        assert_eq!(troubled, !ours.is_empty() && because.is_none(), "{name}");
    }
}

#[test]
fn a_stream_that_is_gone_is_missed() {
    let before = kind_added::before::version().lock();
    let breaches = before.update(&Lock::of(<dyn Notes>::DESC)).unwrap_err();
    let [breach] = &breaches[..] else { panic!("{breaches:?}") };
    assert_eq!(
        breach.to_string(),
        "notes.v1.Note: peers still use it; put it back, or start a new major version [STREAM_REMOVED]"
    );
}

#[test]
fn a_contract_that_begins_to_tell_events_breaks_nobody() {
    let (port, told) = (Lock::of(<dyn Notes>::DESC), kind_added::after::version().lock());
    assert_eq!(port.update(&told), Ok(told.clone()));
    assert!(told.to_string().contains("\nstream notes.v1.Note key note\n"), "{told}");
    assert_eq!(Lock::parse(&told.to_string()), Ok(told));
}

//! The planted changes, each with what we and buf say to it.

use outgrow::{Answer, CallContext, Port as _, Unread, Wire, port};
use uuid::Uuid;

use super::Planted;

/// What no change is about.
#[derive(Clone, Debug, PartialEq, Wire)]
struct Done;

#[derive(Clone, Debug, PartialEq, Wire)]
struct Ask {
    #[wire(1)]
    text: String,
}

#[derive(Clone, Debug, PartialEq, Wire, thiserror::Error)]
enum No {
    #[error("{0}")]
    #[wire(other)]
    Other(Unread),
}

#[derive(Clone, Debug, PartialEq, Wire, thiserror::Error)]
enum Never {
    #[error("{0}")]
    #[wire(other)]
    Other(Unread),
}

/// A port of these methods.
macro_rules! methods {
    ($package:tt $($methods:tt)*) => {
        #[port($package)]
        pub(crate) trait Notes { $($methods)* }
    };
}

/// The same, of another name.
macro_rules! memos {
    ($package:tt $($methods:tt)*) => {
        #[port($package)]
        pub(crate) trait Memos { $($methods)* }

        pub(crate) use Memos as Notes;
    };
}

/// A port with a method that takes a `Note`, and these types, `Note` among them.
macro_rules! types {
    ($package:tt $($item:item)*) => {
        $( #[derive(Clone, Debug, PartialEq, Wire)] $item )*

        methods! { $package
            #[command(idempotent)]
            async fn put(&self, cx: &CallContext, request: Note) -> Answer<Done, No>;
        }
    };
}

/// The same, of a `Note` with these fields.
macro_rules! note {
    ($package:tt $($fields:tt)*) => {
        types! { $package pub(crate) struct Note { $($fields)* } }
    };
}

/// The same, of a `Note` with an enum of these variants.
macro_rules! colour {
    ($package:tt $($variants:tt)*) => {
        types! { $package
            pub(crate) struct Note { #[wire(1)] colour: Colour }
            pub(crate) enum Colour { $($variants)* }
        }
    };
}

/// A module for each version of each change, and the list of them.
macro_rules! planted {
    ($($name:ident $package:tt {
        $($version:ident $kind:ident { $($body:tt)* })+
        => ours [$($ours:literal),*] buf [$($buf:literal),*] $(because $because:literal)?
    })+) => {
        $( mod $name { $( pub(super) mod $version {
            use super::super::*;
            $kind! { $package $($body)* }
        } )+ } )+

        pub(super) fn all() -> Vec<Planted> {
            vec![$( Planted {
                name: stringify!($name),
                versions: vec![$( <dyn $name::$version::Notes>::DESC ),+],
                ours: &[$($ours),*],
                buf: &[$($buf),*],
                because: [$($because)?].first().copied(),
            } ),+]
        }
    };
}

planted! {
    // ---- what passes --------------------------------------------------------------------------------------
    documentation_changed "documentation_changed.v1" {
        before note { /** Short. */ #[wire(1)] text: String }
        after note { /** Still short. */ #[wire(1)] text: String }
        => ours [] buf []
    }
    fields_reordered "fields_reordered.v1" {
        before note { #[wire(1)] text: String, #[wire(2)] size: u32 }
        after note { #[wire(2)] size: u32, #[wire(1)] text: String }
        => ours [] buf []
    }
    optional_added "optional_added.v1" {
        before note { #[wire(1)] text: String }
        after note { #[wire(1)] text: String, #[wire(2)] size: Option<u32> }
        => ours [] buf []
    }
    repeated_added "repeated_added.v1" {
        before note { #[wire(1)] text: String }
        after note { #[wire(1)] text: String, #[wire(2)] tags: Vec<String> }
        => ours [] buf []
    }
    optional_removed "optional_removed.v1" {
        before note { #[wire(1)] text: String, #[wire(2)] size: Option<u32> }
        after note { #[wire(1)] text: String }
        => ours [] buf []
    }
    type_no_longer_used "type_no_longer_used.v1" {
        before types {
            pub(crate) struct Note { #[wire(1)] text: String, #[wire(2)] size: Option<Size> }
            pub(crate) struct Size { #[wire(1)] pages: u32 }
        }
        after note { #[wire(1)] text: String }
        => ours [] buf []
    }
    open_variant_added "open_variant_added.v1" {
        before colour { #[wire(1)] Grey(u32), #[wire(other)] Other(Unread) }
        after colour { #[wire(1)] Grey(u32), #[wire(2)] Named(String), #[wire(other)] Other(Unread) }
        => ours [] buf []
    }
    enum_opened "enum_opened.v1" {
        before colour { #[wire(1)] Grey(u32) }
        after colour { #[wire(1)] Grey(u32), #[wire(other)] Other(Unread) }
        => ours [] buf []
    }
    method_added "method_added.v1" {
        before methods { #[query] async fn ask(&self, cx: &CallContext, request: Ask) -> Answer<Done, No>; }
        after methods {
            #[query] async fn ask(&self, cx: &CallContext, request: Ask) -> Answer<Done, No>;
            #[query] async fn wonder(&self, cx: &CallContext, request: Ask) -> Answer<Done, No>;
        }
        => ours [] buf []
    }

    // ---- what both refuse ---------------------------------------------------------------------------------
    field_renamed "field_renamed.v1" {
        before note { #[wire(1)] text: String }
        after note { #[wire(1)] body: String }
        => ours ["NAME_CHANGED"] buf ["FIELD_SAME_JSON_NAME", "FIELD_SAME_NAME"]
    }
    field_renumbered "field_renumbered.v1" {
        before note { #[wire(1)] text: String }
        after note { #[wire(2)] text: String }
        => ours ["NUMBER_CHANGED"]
           buf ["FIELD_NO_DELETE_UNLESS_NAME_RESERVED", "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED"]
    }
    number_reused "number_reused.v1" {
        before note { #[wire(1)] text: String, #[wire(2)] size: Option<u32> }
        after note { #[wire(1)] text: String, #[wire(2)] author: Option<String> }
        => ours ["NUMBER_REUSED"]
           buf ["FIELD_SAME_JSON_NAME", "FIELD_SAME_NAME", "FIELD_WIRE_JSON_COMPATIBLE_TYPE"]
    }
    type_changed "type_changed.v1" {
        before note { #[wire(1)] size: u32 }
        after note { #[wire(1)] size: String }
        => ours ["TYPE_CHANGED"] buf ["FIELD_WIRE_JSON_COMPATIBLE_TYPE"]
    }
    integer_widened "integer_widened.v1" {
        before note { #[wire(1)] size: u32 }
        after note { #[wire(1)] size: u64 }
        => ours ["TYPE_CHANGED"] buf ["FIELD_WIRE_JSON_COMPATIBLE_TYPE"]
    }
    message_renamed "message_renamed.v1" {
        before types {
            pub(crate) struct Note { #[wire(1)] size: Size }
            pub(crate) struct Size { #[wire(1)] pages: u32 }
        }
        after types {
            pub(crate) struct Note { #[wire(1)] size: Extent }
            pub(crate) struct Extent { #[wire(1)] pages: u32 }
        }
        => ours ["TYPE_CHANGED"] buf ["FIELD_WIRE_JSON_COMPATIBLE_TYPE"]
    }
    optional_became_repeated "optional_became_repeated.v1" {
        before note { #[wire(1)] text: Option<String> }
        after note { #[wire(1)] text: Vec<String> }
        => ours ["PRESENCE_CHANGED"] buf ["FIELD_WIRE_JSON_COMPATIBLE_CARDINALITY"]
    }
    required_removed "required_removed.v1" {
        before note { #[wire(1)] text: String, #[wire(2)] size: u32 }
        after note { #[wire(1)] text: String }
        => ours ["FIELD_REMOVED"]
           buf ["FIELD_NO_DELETE_UNLESS_NAME_RESERVED", "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED"]
    }
    reserved_number_used "reserved_number_used.v1" {
        older note { #[wire(1)] text: String, #[wire(2)] size: Option<u32> }
        before note { #[wire(1)] text: String }
        after note { #[wire(1)] text: String, #[wire(2)] author: Option<String> }
        => ours ["NUMBER_RESERVED"] buf ["RESERVED_MESSAGE_NO_DELETE"]
    }
    reserved_name_used "reserved_name_used.v1" {
        older note { #[wire(1)] text: String, #[wire(2)] size: Option<u32> }
        before note { #[wire(1)] text: String }
        after note { #[wire(1)] text: String, #[wire(3)] size: Option<u32> }
        => ours ["NAME_RESERVED"] buf ["RESERVED_MESSAGE_NO_DELETE"]
    }
    variant_removed "variant_removed.v1" {
        before colour { #[wire(1)] Red, #[wire(2)] Green }
        after colour { #[wire(1)] Red }
        => ours ["VARIANT_REMOVED"]
           buf ["ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED", "ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED"]
    }
    variant_renamed "variant_renamed.v1" {
        before colour { #[wire(1)] Red, #[wire(2)] Green }
        after colour { #[wire(1)] Red, #[wire(2)] Lime }
        => ours ["NAME_CHANGED"] buf ["ENUM_VALUE_SAME_NAME"]
    }
    variant_renumbered "variant_renumbered.v1" {
        before colour { #[wire(1)] Red, #[wire(2)] Green }
        after colour { #[wire(1)] Red, #[wire(3)] Green }
        => ours ["NUMBER_CHANGED"]
           buf ["ENUM_VALUE_NO_DELETE_UNLESS_NAME_RESERVED", "ENUM_VALUE_NO_DELETE_UNLESS_NUMBER_RESERVED"]
    }
    variant_with_data_removed "variant_with_data_removed.v1" {
        before colour { #[wire(1)] Grey(u32), #[wire(2)] Named(String), #[wire(other)] Other(Unread) }
        after colour { #[wire(1)] Grey(u32), #[wire(other)] Other(Unread) }
        => ours ["VARIANT_REMOVED"]
           buf ["FIELD_NO_DELETE_UNLESS_NAME_RESERVED", "FIELD_NO_DELETE_UNLESS_NUMBER_RESERVED"]
    }
    enum_given_data "enum_given_data.v1" {
        before colour { #[wire(1)] Red, #[wire(2)] Green }
        after colour { #[wire(1)] Red, #[wire(2)] Green, #[wire(3)] Grey(u32) }
        => ours ["FORM_CHANGED"] buf ["FIELD_WIRE_JSON_COMPATIBLE_TYPE"]
    }
    method_removed "method_removed.v1" {
        before methods {
            #[query] async fn ask(&self, cx: &CallContext, request: Ask) -> Answer<Done, No>;
            #[query] async fn wonder(&self, cx: &CallContext, request: Ask) -> Answer<Done, No>;
        }
        after methods { #[query] async fn ask(&self, cx: &CallContext, request: Ask) -> Answer<Done, No>; }
        => ours ["METHOD_REMOVED"] buf ["RPC_NO_DELETE"]
    }
    method_renamed "method_renamed.v1" {
        before methods { #[query] async fn ask(&self, cx: &CallContext, request: Ask) -> Answer<Done, No>; }
        after methods { #[query] async fn wonder(&self, cx: &CallContext, request: Ask) -> Answer<Done, No>; }
        => ours ["METHOD_REMOVED"] buf ["RPC_NO_DELETE"]
    }
    port_renamed "port_renamed.v1" {
        before methods { #[query] async fn ask(&self, cx: &CallContext, request: Ask) -> Answer<Done, No>; }
        after memos { #[query] async fn ask(&self, cx: &CallContext, request: Ask) -> Answer<Done, No>; }
        => ours ["METHOD_REMOVED"] buf ["PACKAGE_SERVICE_NO_DELETE"]
    }
    request_changed "request_changed.v1" {
        before methods { #[query] async fn ask(&self, cx: &CallContext, request: Ask) -> Answer<Done, No>; }
        after methods { #[query] async fn ask(&self, cx: &CallContext, request: Done) -> Answer<Done, No>; }
        => ours ["SIGNATURE_CHANGED"] buf ["RPC_SAME_REQUEST_TYPE"]
    }
    answer_changed "answer_changed.v1" {
        before methods { #[query] async fn ask(&self, cx: &CallContext, request: Ask) -> Answer<Done, No>; }
        after methods { #[query] async fn ask(&self, cx: &CallContext, request: Ask) -> Answer<Ask, No>; }
        => ours ["SIGNATURE_CHANGED"] buf ["RPC_SAME_RESPONSE_TYPE"]
    }
    promise_weakened "promise_weakened.v1" {
        before methods { #[query] async fn ask(&self, cx: &CallContext, request: Ask) -> Answer<Done, No>; }
        after methods {
            #[command(once)] async fn ask(&self, cx: &CallContext, request: Ask) -> Answer<Done, No>;
        }
        => ours ["PROMISE_WEAKENED"] buf ["RPC_SAME_IDEMPOTENCY_LEVEL"]
    }

    // ---- where they differ --------------------------------------------------------------------------------
    required_added "required_added.v1" {
        before note { #[wire(1)] text: String }
        after note { #[wire(1)] text: String, #[wire(2)] size: u32 }
        => ours ["REQUIRED_ADDED"] buf []
           because "the schema says `optional` for what we require, so that zeros are sent: buf cannot see it"
    }
    required_became_optional "required_became_optional.v1" {
        before note { #[wire(1)] text: String }
        after note { #[wire(1)] text: Option<String> }
        => ours ["PRESENCE_CHANGED"] buf []
           because "the schema says `optional` for both"
    }
    optional_became_required "optional_became_required.v1" {
        before note { #[wire(1)] text: Option<String> }
        after note { #[wire(1)] text: String }
        => ours ["PRESENCE_CHANGED"] buf []
           because "the schema says `optional` for both"
    }
    integer_narrowed "integer_narrowed.v1" {
        before note { #[wire(1)] size: u32 }
        after note { #[wire(1)] size: u16 }
        => ours ["VALUES_CHANGED"] buf []
           because "both are `uint32` in the schema; the lock knows which are read"
    }
    text_became_an_id "text_became_an_id.v1" {
        before note { #[wire(1)] text: String }
        after note { #[wire(1)] text: Uuid }
        => ours ["VALUES_CHANGED"] buf []
           because "both are `string` in the schema; the lock knows which are read"
    }
    number_below_the_highest "number_below_the_highest.v1" {
        before note { #[wire(1)] text: String, #[wire(5)] size: u32 }
        after note { #[wire(1)] text: String, #[wire(3)] tags: Vec<String>, #[wire(5)] size: u32 }
        => ours ["NUMBER_TOO_LOW"] buf []
           because "buf compares two versions, a lock speaks for all: a gap may have been used"
    }
    variant_added "variant_added.v1" {
        before colour { #[wire(1)] Red, #[wire(2)] Green }
        after colour { #[wire(1)] Red, #[wire(2)] Green, #[wire(3)] Blue }
        => ours ["VARIANT_ADDED"] buf []
           because "enums of proto3 are open; ours without data are closed, since an unknown variant is no value"
    }
    closed_variant_added "closed_variant_added.v1" {
        before colour { #[wire(1)] Grey(u32) }
        after colour { #[wire(1)] Grey(u32), #[wire(2)] Named(String) }
        => ours ["VARIANT_ADDED"] buf []
           because "to Protobuf an unknown member of a oneof is an absent one; we refuse it where it is not kept"
    }
    enum_closed "enum_closed.v1" {
        before colour { #[wire(1)] Grey(u32), #[wire(other)] Other(Unread) }
        after colour { #[wire(1)] Grey(u32) }
        => ours ["ENUM_CLOSED"] buf []
           because "the schema does not say what is open"
    }
    refusal_changed "refusal_changed.v1" {
        before methods { #[query] async fn ask(&self, cx: &CallContext, request: Ask) -> Answer<Done, No>; }
        after methods { #[query] async fn ask(&self, cx: &CallContext, request: Ask) -> Answer<Done, Never>; }
        => ours ["SIGNATURE_CHANGED"] buf []
           because "refusals are details of a status: the schema names them in a comment"
    }
    promise_strengthened "promise_strengthened.v1" {
        before methods {
            #[command(idempotent)] async fn ask(&self, cx: &CallContext, request: Ask) -> Answer<Done, No>;
        }
        after methods { #[query] async fn ask(&self, cx: &CallContext, request: Ask) -> Answer<Done, No>; }
        => ours [] buf ["RPC_SAME_IDEMPOTENCY_LEVEL"]
           because "who relies on less is content with more; to buf every change of the option is one"
    }
}

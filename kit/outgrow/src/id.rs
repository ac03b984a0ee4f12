//! Ids come in as values: an [`IdGen`] is injected. Each context owns the types of the ids it makes.

use uuid::Uuid;

/// Makes new ids.
pub trait IdGen: Send + Sync {
    /// A new UUID, greater than those before it (version 7, RFC 9562).
    fn uuid(&self) -> Uuid;
}

/// Ids by the machine's clock and randomness.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemIds;

impl IdGen for SystemIds {
    #[expect(clippy::disallowed_methods, reason = "the one place that makes ids from nothing")]
    fn uuid(&self) -> Uuid {
        Uuid::now_v7()
    }
}

/// Declares the type of an id: a UUID that cannot be mistaken for another context's.
///
/// ```
/// outgrow::id! {
///     /// Names one order.
///     pub struct OrderId;
/// }
/// let id: OrderId = "0197f0e5-0000-7000-8000-000000000001".parse()?;
/// assert_eq!(id.to_string(), "0197f0e5-0000-7000-8000-000000000001");
/// # Ok::<(), uuid::Error>(())
/// ```
#[macro_export]
macro_rules! id {
    ($(#[$meta:meta])* pub struct $name:ident;) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, $crate::Wire)]
        pub struct $name(pub $crate::__private::Uuid);

        impl $name {
            /// A new one.
            pub fn new(ids: &dyn $crate::IdGen) -> Self {
                Self(ids.uuid())
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                ::std::fmt::Display::fmt(&self.0, f)
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::__private::UuidError;

            fn from_str(text: &str) -> ::std::result::Result<Self, Self::Err> {
                text.parse().map(Self)
            }
        }
    };
}

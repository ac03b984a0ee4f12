//! Three versions of one contract, each with something added to the one before; and one that went too far.
//!
//! All answer alike, but for what they do not know of: a kilogram costs 100, 31 are too heavy, and 13 get the newest
//! refusal there is.

use outgrow::{Answer, CallContext, CallError};

/// A module that answers `quote` of this version by this function.
macro_rules! answers {
    ($version:ident, $quoted:expr $(, $more:item)?) => {
        #[async_trait::async_trait]
        impl $version::Quotes for crate::evolved::Module {
            async fn quote(
                &self,
                _cx: &CallContext,
                quote: $version::Quote,
            ) -> Answer<$version::Price, $version::Refusal> {
                if quote.weight > 30 {
                    return Err(CallError::Refused($version::Refusal::TooHeavy { limit: 30 }));
                }
                let quoted = $quoted;
                quoted(&quote)
            }

            $($more)?
        }
    };
}

pub(crate) mod before {
    use outgrow::{Answer, CallContext, Unread, Wire, port};

    #[port("quotes.v1")]
    pub(crate) trait Quotes {
        #[query]
        async fn quote(&self, cx: &CallContext, request: Quote) -> Answer<Price, Refusal>;
    }

    #[derive(Clone, Debug, PartialEq, Wire)]
    pub(crate) struct Quote {
        #[wire(1)]
        pub(crate) weight: u32,
    }

    #[derive(Clone, Debug, PartialEq, Wire)]
    pub(crate) struct Price {
        #[wire(1)]
        pub(crate) cents: u32,
    }

    #[derive(Clone, Debug, PartialEq, Wire, thiserror::Error)]
    pub(crate) enum Refusal {
        #[error("more than {limit} kilograms")]
        #[wire(1)]
        TooHeavy {
            #[wire(1)]
            limit: u32,
        },
        #[error("{0}")]
        #[wire(other)]
        Other(Unread),
    }
}

answers!(before, |quote: &before::Quote| match quote.weight {
    13 => Err(CallError::Refused(before::Refusal::TooHeavy { limit: 12 })),
    weight => Ok(before::Price { cents: weight * 100 }),
});

pub(crate) mod now {
    use outgrow::{Answer, CallContext, Unread, Wire, port};

    #[port("quotes.v1")]
    pub(crate) trait Quotes {
        #[query]
        async fn quote(&self, cx: &CallContext, request: Quote) -> Answer<Price, Refusal>;

        #[query]
        async fn fastest(&self, cx: &CallContext, request: Quote) -> Answer<Price, Refusal>;
    }

    #[derive(Clone, Debug, PartialEq, Wire)]
    pub(crate) struct Quote {
        #[wire(1)]
        pub(crate) weight: u32,
        #[wire(2)]
        pub(crate) express: Option<bool>,
    }

    #[derive(Clone, Debug, PartialEq, Wire)]
    pub(crate) struct Price {
        #[wire(1)]
        pub(crate) cents: u32,
    }

    #[derive(Clone, Debug, PartialEq, Wire, thiserror::Error)]
    pub(crate) enum Refusal {
        #[error("more than {limit} kilograms")]
        #[wire(1)]
        TooHeavy {
            #[wire(1)]
            limit: u32,
        },
        #[error("no route to {to}")]
        #[wire(2)]
        NoRoute {
            #[wire(1)]
            to: String,
        },
        #[error("{0}")]
        #[wire(other)]
        Other(Unread),
    }
}

answers!(
    now,
    |quote: &now::Quote| match (quote.weight, quote.express) {
        (13, _) => Err(CallError::Refused(now::Refusal::NoRoute { to: "the moon".to_owned() })),
        (weight, Some(true)) => Ok(now::Price { cents: weight * 150 }),
        (weight, _) => Ok(now::Price { cents: weight * 100 }),
    },
    async fn fastest(&self, cx: &CallContext, request: now::Quote) -> Answer<now::Price, now::Refusal> {
        now::Quotes::quote(self, cx, now::Quote { express: Some(true), ..request }).await
    }
);

pub(crate) mod after {
    use outgrow::{Answer, CallContext, Unread, Wire, port};

    #[port("quotes.v1")]
    pub(crate) trait Quotes {
        #[query]
        async fn quote(&self, cx: &CallContext, request: Quote) -> Answer<Price, Refusal>;

        #[query]
        async fn fastest(&self, cx: &CallContext, request: Quote) -> Answer<Price, Refusal>;
    }

    #[derive(Clone, Debug, PartialEq, Wire)]
    pub(crate) struct Quote {
        #[wire(1)]
        pub(crate) weight: u32,
        #[wire(2)]
        pub(crate) express: Option<bool>,
        #[wire(3)]
        pub(crate) contents: Vec<String>,
    }

    #[derive(Clone, Debug, PartialEq, Wire)]
    pub(crate) struct Price {
        #[wire(1)]
        pub(crate) cents: u32,
        #[wire(2)]
        pub(crate) days: Option<u32>,
    }

    #[derive(Clone, Debug, PartialEq, Wire, thiserror::Error)]
    pub(crate) enum Refusal {
        #[error("more than {limit} kilograms")]
        #[wire(1)]
        TooHeavy {
            #[wire(1)]
            limit: u32,
        },
        #[error("no route to {to}")]
        #[wire(2)]
        NoRoute {
            #[wire(1)]
            to: String,
        },
        #[error("embargo on {0}")]
        #[wire(3)]
        Embargo(String),
        #[error("{0}")]
        #[wire(other)]
        Other(Unread),
    }
}

answers!(
    after,
    |quote: &after::Quote| match (quote.weight, quote.express) {
        (13, _) => Err(CallError::Refused(after::Refusal::Embargo("tea".to_owned()))),
        (weight, Some(true)) => Ok(after::Price { cents: weight * 150, days: Some(1) }),
        (weight, _) => Ok(after::Price { cents: weight * 100, days: Some(3) }),
    },
    async fn fastest(&self, cx: &CallContext, request: after::Quote) -> Answer<after::Price, after::Refusal> {
        after::Quotes::quote(self, cx, after::Quote { express: Some(true), ..request }).await
    }
);

/// Number 2 of a quote, which is `express` to the others, counts the pieces here: nobody would notice.
pub(crate) mod too_far {
    use outgrow::{Answer, CallContext, Wire, port};

    pub(crate) use super::before::{Price, Refusal};

    #[port("quotes.v1")]
    pub(crate) trait Quotes {
        #[query]
        async fn quote(&self, cx: &CallContext, request: Quote) -> Answer<Price, Refusal>;
    }

    #[derive(Clone, Debug, PartialEq, Wire)]
    pub(crate) struct Quote {
        #[wire(1)]
        pub(crate) weight: u32,
        #[wire(2)]
        pub(crate) pieces: Option<u32>,
    }
}

answers!(too_far, |quote: &too_far::Quote| Ok(too_far::Price { cents: quote.weight * 100 }));

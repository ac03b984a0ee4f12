//! The kernel's promises to everybody: bytes, schemas, locks, and what `#[port]` makes of a trait.

#[cfg(test)]
mod kernel {
    mod by_hand;
    mod call;
    mod command;
    mod contract;
    mod decoders;
    mod event;
    mod event_schema;
    mod everything;
    mod greeting;
    mod hostile;
    mod lock;
    mod money;
    mod oracle;
    mod planted;
    mod port;
    mod round_trip;
    mod saga;
    mod schema;
    mod skew;
}

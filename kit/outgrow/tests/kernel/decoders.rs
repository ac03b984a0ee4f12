//! What every decoder of the kernel keeps to, whatever a peer sends: said once, for the tests beside this and for the
//! targets in `fuzz/`.

use outgrow::{
    CauseKind, IdempotencyKey, Message as _, Port as _, TraceContext,
    schema::{Lock, Skew, skew},
    wire::Contract,
};

use super::{
    contract::{Inventory, InventoryRefusal},
    everything::{Everything, Tree},
};

/// What is read of these bytes, if anything, is written and read again as the same.
pub(crate) fn message(bytes: &[u8]) {
    if let Ok(value) = Everything::from_bytes(bytes) {
        let written = value.to_bytes();
        // Compared as bytes, since a NaN is not itself.
        assert_eq!(Everything::from_bytes(&written).map(|again| again.to_bytes()), Ok(written));
    }
    if let Ok(refusal) = InventoryRefusal::from_bytes(bytes) {
        assert_eq!(InventoryRefusal::from_bytes(&refusal.to_bytes()), Ok(refusal));
    }
    if let Ok(tree) = Tree::from_bytes(bytes) {
        assert_eq!(Tree::from_bytes(&tree.to_bytes()), Ok(tree));
    }
}

/// What a peer says of its contract is read or not, whatever it is; what is read is written and read again as the same.
pub(crate) fn contract(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    if let Ok(lock) = Lock::parse(text) {
        let again = Lock::parse(&lock.to_string());
        assert_eq!(again.map(|again| again.to_string()), Ok(lock.to_string()));
    }
    let theirs = Contract { hash: String::new(), lock: Some(text.to_owned()) };
    if let Some(Skew::Incompatible(why)) = skew(<dyn Inventory>::DESC, &theirs) {
        assert!((1..=4).contains(&why.len()));
    }
}

/// A key or a trace that is read of these bytes is the text that they are, and whatever is a cause is one of ours.
pub(crate) fn words(bytes: &[u8]) {
    let Ok(text) = str::from_utf8(bytes) else { return };
    if let Ok(key) = text.parse::<IdempotencyKey>() {
        assert_eq!(key.as_str(), text);
        assert!(text.len() <= IdempotencyKey::MAX_LEN);
    }
    if let Ok(trace) = text.parse::<TraceContext>() {
        assert_eq!(trace.to_string(), text);
    }
    assert!(CauseKind::ALL.contains(&CauseKind::from_code(text)));
}

//! The context of a call: who calls whom at each hop, keys that are derived, and budgets that only shrink.

use std::time::Duration;

use outgrow::{CallContext, IdempotencyKey, Method, Port as _, TraceContext, call::EDGE};
use uuid::Uuid;

use super::contract::Inventory;

const BUDGET: Duration = Duration::from_secs(5);

fn key(text: &str) -> IdempotencyKey {
    text.parse().unwrap()
}

fn method() -> &'static Method {
    &<dyn Inventory>::DESC.methods[0]
}

/// As the runtime does at the door of a module.
fn entered(cx: &CallContext) -> CallContext {
    let mut cx = cx.hop(BUDGET);
    cx.enter(method());
    cx
}

#[test]
fn who_was_called_is_the_caller_of_the_next_hop() {
    let edge = CallContext::new(EDGE, Uuid::nil());
    let in_module = entered(&edge);
    assert_eq!(in_module.caller(), EDGE, "a module sees who called it");
    let next = in_module.hop(BUDGET);
    assert_eq!(next.caller(), method().module(), "and whoever it calls sees the module");
    assert_eq!(next.hop(BUDGET).caller(), method().module(), "a carrier in between changes nothing");
}

#[test]
fn a_step_has_a_key_of_its_own_that_is_the_same_each_time() {
    let cx = entered(&CallContext::new(EDGE, Uuid::nil()).with_key(key("k")));
    let step = cx.step("hold");
    assert_eq!(step.key().unwrap().as_str(), format!("k/{}.hold", method().name));
    assert_eq!(cx.step("hold").key(), step.key());
    assert_ne!(cx.step("pay").key(), step.key());
    assert_eq!(step.correlation(), cx.correlation());
    assert_eq!(
        entered(&CallContext::new(EDGE, Uuid::nil())).step("hold").key(),
        None,
        "no key, no derived key"
    );
}

#[test]
fn a_derived_key_never_grows_out_of_bounds_and_stays_its_own() {
    let long = |last: char| {
        entered(&CallContext::new(EDGE, Uuid::nil()).with_key(key(&format!("{}{last}", "k".repeat(254)))))
    };
    let (one, other) = (long('1').step("hold"), long('2').step("hold"));
    assert!(one.key().unwrap().as_str().len() <= IdempotencyKey::MAX_LEN);
    assert_ne!(one.key(), other.key());
    assert_eq!(one.key(), long('1').step("hold").key());
}

#[test]
fn a_key_is_1_to_255_visible_ascii_characters() {
    for good in ["k", "a/b.c:d~!", &"k".repeat(255)] {
        assert!(good.parse::<IdempotencyKey>().is_ok(), "{good}");
    }
    for bad in ["", " ", "a b", "ä", "\n", &"k".repeat(256)] {
        assert!(bad.parse::<IdempotencyKey>().is_err(), "{bad:?}");
    }
}

#[test]
fn a_budget_only_shrinks() {
    let cx =
        CallContext::new(EDGE, Uuid::nil()).within(Duration::from_secs(1)).within(Duration::from_secs(90));
    assert!(cx.remaining().unwrap() <= Duration::from_secs(1));
    assert!(cx.hop(BUDGET).remaining().unwrap() <= Duration::from_secs(1));
    let unlimited = CallContext::new(EDGE, Uuid::nil());
    assert_eq!(unlimited.remaining(), None);
    assert!(unlimited.hop(BUDGET).remaining().unwrap() <= BUDGET, "a call always has a deadline");
    assert_eq!(cx.within(Duration::ZERO).remaining(), Some(Duration::ZERO));
}

#[test]
fn a_trace_is_read_as_the_standard_says_or_not_at_all() {
    let text = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
    assert_eq!(text.parse::<TraceContext>().unwrap().to_string(), text);
    let wrong = [
        "",
        "00",
        "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x",
        "00-+bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    ];
    for text in wrong {
        assert!(text.parse::<TraceContext>().is_err(), "{text}");
    }
}

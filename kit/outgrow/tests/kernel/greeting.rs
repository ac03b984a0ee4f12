//! Two ends of a port that meet: whether they understand each other.

use outgrow::{
    CallContext, Message as _, Port as _, PortDesc, Served,
    port::Dispatch as _,
    schema::{Skew, answer, greeting, skew},
    wire::{Contract, Greeting},
};
use std::sync::Arc;
use uuid::Uuid;

use super::contract::Inventory;

const PORT: &PortDesc = <dyn Inventory>::DESC;

/// Somebody whose contract is ours but for one change.
fn changed(find: &str, replace: &str) -> Contract {
    let ours = answer(PORT, &Greeting { hash: String::new() }).lock.unwrap();
    assert!(ours.contains(find), "{find}\n{ours}");
    Contract { hash: "other".into(), lock: Some(ours.replacen(find, replace, 1)) }
}

const NOTE: &str = "  3 note optional string\n";

#[test]
fn ends_with_one_contract_say_no_more_than_its_hash() {
    let theirs = answer(PORT, &greeting(PORT));
    assert_eq!(theirs, Contract { hash: greeting(PORT).hash, lock: None });
    assert_eq!(skew(PORT, &theirs), Some(Skew::Same));
}

#[test]
fn what_was_only_added_to_is_understood_from_both_sides() {
    let newer = changed(NOTE, "  3 note optional string\n  4 urgent optional bool\n");
    assert_eq!(skew(PORT, &newer), Some(Skew::Newer));
    let method = changed("  rpc Ring", "  rpc Ping query a.v1.A -> a.v1.A | a.v1.B\n  rpc Ring");
    assert_eq!(skew(PORT, &method), Some(Skew::Newer));
    for older in [changed(NOTE, ""), changed("  3 frozen inventory.v1.InventoryRefusal.Frozen\n", "")] {
        assert_eq!(skew(PORT, &older), Some(Skew::Older), "as if we had added it");
    }
    let ring = "  rpc Ring once inventory.v1.Ring -> inventory.v1.Ring | inventory.v1.InventoryRefusal\n";
    assert_eq!(skew(PORT, &changed(ring, "")), Some(Skew::Older));
    let apart = changed(NOTE, "  4 urgent optional bool\n");
    assert_eq!(skew(PORT, &apart), Some(Skew::Apart));
}

#[test]
fn what_would_be_misread_is_incompatible_and_says_why() {
    for (find, replace, why) in [
        (NOTE, "  3 note optional sint64\n", "ReserveStock.note = 3: its type is `string`"),
        (
            NOTE,
            "  3 note optional string\n  4 urgent required bool\n",
            "urgent = 4: peers do not send it yet",
        ),
        ("  2 lines repeated", "  5 lines repeated", "ReserveStock.lines = 5: it is number 2"),
        ("  1 amount required sint64", "  1 amount required uint64", "outgrow.v1.Money.amount"),
        ("  3 Released\n", "", "HoldState.Released = 3: peers still use it"),
        ("  3 Released\n", "  3 Released\n  4 Lost\n", "HoldState.Lost = 4: peers cannot read it"),
        ("idempotent", "once", "inventory.v1.Inventory/Reserve: callers rely on `idempotent`"),
    ] {
        let Some(Skew::Incompatible(breaches)) = skew(PORT, &changed(find, replace)) else {
            panic!("{replace}")
        };
        assert!(breaches.join("\n").contains(why), "{why}\n{breaches:#?}");
    }
}

#[test]
fn what_is_said_in_words_of_a_later_day_is_not_said() {
    for (find, replace) in [
        ("idempotent", "tea".to_owned()),
        ("format 2", "format 3".to_owned()),
        (NOTE, format!("  {} note optional string\n", u32::MAX)),
        (NOTE, "# too much\n".repeat(10_000)),
    ] {
        assert_eq!(skew(PORT, &changed(find, &replace)), None, "{replace:.20}");
    }
}

#[tokio::test]
async fn every_served_port_says_what_its_contract_is() {
    let port: Arc<dyn Inventory> = <dyn Inventory>::via(outgrow::Remote(Arc::new(Nobody)));
    let cx = CallContext::new("", Uuid::nil());
    let reply = Served(Arc::clone(&port)).dispatch(&PORT.contract, &cx, &greeting(PORT).to_bytes()).await;
    assert_eq!(Contract::from_bytes(&reply.unwrap()).unwrap().hash, greeting(PORT).hash);
    assert!(
        Served(port).dispatch(&PORT.contract, &cx, b"?").await.is_err(),
        "a greeting that cannot be read"
    );
    assert!(!PORT.methods.iter().any(outgrow::Method::is_contract), "it is no method of the module");
}

/// A carrier that must not be asked.
struct Nobody;

impl outgrow::Transport for Nobody {
    fn send<'a>(&'a self, _: outgrow::Envelope<'a>) -> outgrow::BoxFuture<'a, outgrow::Reply> {
        unreachable!("the module was called")
    }
}

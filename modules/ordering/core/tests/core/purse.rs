//! A till that can be away, say no, or answer and lose the answer.

use std::{
    collections::HashMap,
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use ordering_contract::{OrderId, Reason};
use ordering_core::{Order, Till, Unavailable};
use outgrow::CallContext;

use crate::shelf::{Script, refused};

#[derive(Default)]
pub(crate) struct Purse {
    payments: Mutex<HashMap<OrderId, Payment>>,
    pub(crate) script: Script,
    /// It gives nothing back.
    pub(crate) keeps: AtomicBool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Payment {
    SetAside(i64),
    Taken(i64),
    Ended,
}

impl Purse {
    /// What is set aside, and what was taken.
    pub(crate) fn money(&self) -> (i64, i64) {
        let payments = self.payments.lock().unwrap();
        payments.values().fold((0, 0), |(aside, taken), payment| match payment {
            Payment::SetAside(amount) => (aside + amount, taken),
            Payment::Taken(amount) => (aside, taken + amount),
            Payment::Ended => (aside, taken),
        })
    }
}

#[async_trait]
impl Till for Purse {
    async fn authorize(&self, _cx: &CallContext, order: &Order) -> Result<Result<(), Reason>, Unavailable> {
        self.script.ask("payments", || {
            if order.payment_token.as_str() == "tok_declined" {
                return refused("payment-declined");
            }
            let mut payments = self.payments.lock().unwrap();
            let set_aside = Payment::SetAside(order.total.amount);
            match payments.entry(order.id).or_insert(set_aside) {
                Payment::Ended => refused("ended"),
                Payment::SetAside(_) | Payment::Taken(_) => Ok(()),
            }
        })
    }

    async fn capture(&self, _cx: &CallContext, order: &Order) -> Result<Result<(), Reason>, Unavailable> {
        self.script.ask("payments", || {
            let mut payments = self.payments.lock().unwrap();
            match payments.get(&order.id).copied() {
                Some(Payment::SetAside(amount) | Payment::Taken(amount)) => {
                    payments.insert(order.id, Payment::Taken(amount));
                    Ok(())
                }
                Some(Payment::Ended) | None => refused("not set aside"),
            }
        })
    }

    async fn give_back(&self, _cx: &CallContext, order: OrderId) -> Result<Result<(), Reason>, Unavailable> {
        self.script.ask("payments", || {
            if self.keeps.load(Ordering::Relaxed) {
                return refused("the provider keeps it");
            }
            self.payments.lock().unwrap().insert(order, Payment::Ended);
            Ok(())
        })
    }
}

//! A stock of five mugs that can be away, or answer and lose the answer.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering as Atomic},
    },
};

use async_trait::async_trait;
use ordering_contract::{OrderLine, Reason};
use ordering_core::{HoldId, Stock, Unavailable};
use outgrow::CallContext;

#[derive(Default)]
pub(crate) struct Shelf {
    held: Mutex<HashMap<HoldId, u32>>,
    shipped: Mutex<HashMap<HoldId, u32>>,
    given_back: Mutex<HashSet<HoldId>>,
    pub(crate) script: Script,
}

/// What happens to the next questions, and how many there were.
#[derive(Default)]
pub(crate) struct Script {
    next: Mutex<VecDeque<Option<Fate>>>,
    asked: AtomicUsize,
}

/// What happens to a question.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It does not arrive.
    Away,
    /// It is done, but the answer is lost.
    Lost,
}

impl Script {
    pub(crate) fn then(&self, fates: impl IntoIterator<Item = Fate>) {
        self.next.lock().unwrap().extend(fates.into_iter().map(Some));
    }

    pub(crate) fn asked(&self) -> usize {
        self.asked.load(Atomic::SeqCst)
    }

    fn fate(&self) -> Option<Fate> {
        self.asked.fetch_add(1, Atomic::SeqCst);
        self.next.lock().unwrap().pop_front().flatten()
    }

    pub(crate) fn ask<T>(&self, who: &'static str, work: impl FnOnce() -> T) -> Result<T, Unavailable> {
        let fate = self.fate();
        let away = || Err(Unavailable { who, why: "planted".to_owned() });
        if fate == Some(Fate::Away) {
            return away();
        }
        let answer = work();
        if fate == Some(Fate::Lost) { away() } else { Ok(answer) }
    }
}

/// Why something is not done.
pub(crate) fn refused(code: &str) -> Result<(), Reason> {
    Err(Reason { code: code.to_owned(), message: code.to_owned() })
}

impl Shelf {
    /// How many mugs are held.
    pub(crate) fn held(&self) -> u32 {
        self.held.lock().unwrap().values().sum()
    }

    /// A thief comes.
    pub(crate) fn lose_everything(&self) {
        self.held.lock().unwrap().clear();
    }

    /// How many have left.
    pub(crate) fn shipped(&self) -> u32 {
        self.shipped.lock().unwrap().values().sum()
    }
}

#[async_trait]
impl Stock for Shelf {
    async fn hold(
        &self,
        _cx: &CallContext,
        hold: HoldId,
        lines: &[OrderLine],
    ) -> Result<Result<(), Reason>, Unavailable> {
        self.script.ask("stock", || {
            let quantity: u32 = lines.iter().map(|line| line.quantity.get()).sum();
            if self.given_back.lock().unwrap().contains(&hold) {
                return refused("released");
            }
            if self.shipped.lock().unwrap().contains_key(&hold) {
                return Ok(());
            }
            let mut held = self.held.lock().unwrap();
            let others: u32 = held.iter().filter(|(id, _)| **id != hold).map(|(_, quantity)| quantity).sum();
            if others + quantity > 5 {
                return refused("out-of-stock");
            }
            held.insert(hold, quantity);
            Ok(())
        })
    }

    async fn ship(&self, _cx: &CallContext, hold: HoldId) -> Result<Result<(), Reason>, Unavailable> {
        self.script.ask("stock", || {
            let mut shipped = self.shipped.lock().unwrap();
            match self.held.lock().unwrap().remove(&hold) {
                Some(quantity) => {
                    shipped.insert(hold, quantity);
                    Ok(())
                }
                None if shipped.contains_key(&hold) => Ok(()),
                None => refused("not held"),
            }
        })
    }

    async fn give_back(&self, _cx: &CallContext, hold: HoldId) -> Result<Result<(), Reason>, Unavailable> {
        self.script.ask("stock", || {
            self.given_back.lock().unwrap().insert(hold);
            self.held.lock().unwrap().remove(&hold);
            self.shipped.lock().unwrap().remove(&hold);
            Ok(())
        })
    }
}

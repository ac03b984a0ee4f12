//! Payments with a store and a provider that do as they are told.

use std::sync::Arc;

use outgrow::{Answer, CallContext};
use outgrow_testkit::{FixedClock, SequentialIds};
use payments_contract::{
    AuthorizePayment, CapturePayment, Payment, PaymentId, PaymentQuery, Payments as _, PaymentsRefusal,
    RefundPayment,
};
use payments_core::{Cashier, Payment as Kept, PaymentStore as _};

use crate::{
    memory::{Failure, MemoryPaymentStore},
    provider::{Asked, Fate, Script},
    sample::{euro, id},
};

/// Payments and everything around it.
#[derive(Clone)]
pub(crate) struct Till {
    pub(crate) store: Arc<MemoryPaymentStore>,
    pub(crate) provider: Arc<Script>,
    cashier: Arc<Cashier>,
}

/// A command, for those who try several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Command {
    Authorize,
    Capture,
    Refund,
}

pub(crate) type Answered = Answer<Payment, PaymentsRefusal>;

impl Till {
    pub(crate) fn new() -> Self {
        Self::with(Script::default())
    }

    pub(crate) fn with(provider: Script) -> Self {
        let (store, provider) = (Arc::new(MemoryPaymentStore::default()), Arc::new(provider));
        let (clock, ids) = (Arc::new(FixedClock::new()), Arc::new(SequentialIds::new()));
        let cashier = Arc::new(Cashier::new(store.clone(), provider.clone(), clock, ids));
        Self { store, provider, cashier }
    }

    /// The command of this key, for payment 1.
    pub(crate) async fn run(&self, command: Command, key: &str) -> Answered {
        match command {
            Command::Authorize => self.authorize(key, authorization()).await,
            Command::Capture => self.cashier.capture(&cx(key), CapturePayment { payment: id(1) }).await,
            Command::Refund => self.cashier.refund(&cx(key), RefundPayment { payment: id(1) }).await,
        }
    }

    pub(crate) async fn authorize(&self, key: &str, request: AuthorizePayment) -> Answered {
        self.cashier.authorize(&cx(key), request).await
    }

    /// Each of these, under a key of its own, and answered.
    pub(crate) async fn done(&self, commands: &[Command]) {
        for command in commands {
            self.run(*command, &format!("{command:?}")).await.unwrap();
        }
    }

    pub(crate) async fn payment(&self, payment: PaymentId) -> Answered {
        self.cashier.payment(&cx("any"), PaymentQuery { payment }).await
    }

    /// The payment 1, as its records left it.
    pub(crate) async fn kept(&self) -> Kept {
        Kept::folded(id(1), self.store.stream(id(1)).await.unwrap()).unwrap()
    }

    /// What becomes of the next submissions.
    pub(crate) fn submissions(&self, fates: impl IntoIterator<Item = Fate>) {
        self.provider.submissions.lock().unwrap().extend(fates);
    }

    /// What becomes of the next questions.
    pub(crate) fn questions(&self, fates: impl IntoIterator<Item = Asked>) {
        self.provider.questions.lock().unwrap().extend(fates);
    }

    /// What becomes of the next commits.
    pub(crate) fn commits(&self, fates: impl IntoIterator<Item = Option<Failure>>) {
        self.store.commits_fail.lock().unwrap().extend(fates);
    }
}

pub(crate) fn cx(key: &str) -> CallContext {
    CallContext::new("tests", SequentialIds::nth(7)).with_key(key.parse().unwrap())
}

pub(crate) fn authorization() -> AuthorizePayment {
    AuthorizePayment { payment: id(1), token: "tok_ok".parse().unwrap(), amount: euro(1250) }
}

/// The process dies: the call has come as far as it could, and is never heard of again.
pub(crate) async fn cut_off(call: impl Future<Output = Answered>) {
    let enough = async {
        for _ in 0..100 {
            tokio::task::yield_now().await;
        }
    };
    tokio::select! {
        biased;
        answer = call => panic!("it was to be cut off, and answered {answer:?}"),
        () = enough => {}
    }
}

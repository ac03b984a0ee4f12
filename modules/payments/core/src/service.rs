//! The port of Payments, answered.
//!
//! A command goes step by step: it keeps what it intends, has the provider do it, keeps what came of it together with
//! its answer. Wherever it is cut off, whoever asks again goes on from there. Of what was intended by others the
//! outcome is asked for before anything else: nobody guesses.

use std::sync::Arc;

use async_trait::async_trait;
use outgrow::{
    Answer, CallContext, CallError, Cause, CauseKind, Clock, IdGen, Outgoing, StoreError, WireError,
    command::{self, Command, Undecided},
};
use payments_contract::{
    AuthorizePayment, CapturePayment, Payment as Shown, PaymentId, PaymentQuery, Payments, PaymentsRefusal,
    RefundPayment,
};

use crate::{
    Asked, Change, Operation, Outcome, Payment, PaymentProvider, PaymentStore, Record, Standing, Step,
    Transfer, TransferId,
};

/// How often one command submits one operation: once more, should the provider not have got it.
const SUBMISSIONS: u32 = 2;

/// How often a command that has kept or submitted something looks again when somebody else was first.
const LOOKS: u32 = 8;

/// Payments itself.
pub struct Cashier {
    store: Arc<dyn PaymentStore>,
    provider: Arc<dyn PaymentProvider>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdGen>,
}

impl std::fmt::Debug for Cashier {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cashier")
    }
}

type Decided = Result<Shown, PaymentsRefusal>;

impl Cashier {
    /// Payments, kept by `store`, with the money moved by `provider`.
    pub fn new(
        store: Arc<dyn PaymentStore>,
        provider: Arc<dyn PaymentProvider>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdGen>,
    ) -> Self {
        Self { store, provider, clock, ids }
    }

    /// Goes on with a payment until there is an answer to what is `asked`.
    async fn carry_on(
        &self,
        cx: &CallContext,
        command: Command,
        id: PaymentId,
        asked: Asked<'_>,
    ) -> Result<Decided, Undecided> {
        let mut begun = false;
        for _ in 0..LOOKS {
            match self.go(cx, &command, id, asked, &mut begun).await {
                Err(Undecided::Conflict) if begun => {}
                // Something was intended, and perhaps done: that nothing has happened would be a lie.
                Err(Undecided::NotExecuted(cause)) if begun => return Err(Undecided::InDoubt(cause)),
                ended => return ended,
            }
        }
        let why = "others kept going on with the same payment";
        Err(Undecided::InDoubt(Cause::new(CauseKind::InProgress, why)))
    }

    async fn go(
        &self,
        cx: &CallContext,
        command: &Command,
        id: PaymentId,
        asked: Asked<'_>,
        begun: &mut bool,
    ) -> Result<Decided, Undecided> {
        let stream = self.store.stream(id).await?;
        let mut payment = Payment::folded(id, stream).map_err(StoreError::from)?;
        let mut step = asked.step(&payment);
        let mut known = Standing::Unheard;
        // What is intended already, others may have submitted.
        if let Step::FindOut(operation) = &step {
            *begun = true;
            known = self.ask(operation).await?;
        }
        loop {
            let record = match step {
                Step::Answer(decision) => return self.answer(command, payment, decision).await,
                Step::Keep(record) => record,
                Step::FindOut(operation) => {
                    let outcome = self.outcome(&operation, known).await?;
                    match operation.record(outcome) {
                        Ok(record) => record,
                        Err(reason) => {
                            let refusal = asked.unended(&reason).map_err(doubt)?;
                            return self.answer(command, payment, Err(refusal)).await;
                        }
                    }
                }
            };
            payment = payment.then(record.clone()).map_err(StoreError::from)?;
            step = asked.step(&payment);
            known = Standing::Unheard;
            let decided = match &step {
                Step::Answer(decision) => Some(decision.clone().map(|()| payment.shown())),
                Step::FindOut(_) | Step::Keep(_) => None,
            };
            let answer = decided.as_ref().map(|decided| command.remember(decided));
            let change = Change { answer, ..self.change(cx, &payment, record)? };
            let kept = self.store.commit(change).await;
            *begun |= kept.is_ok();
            kept?;
            if let Some(decided) = decided {
                return Ok(decided);
            }
        }
    }

    /// What changes with one record.
    fn change(&self, cx: &CallContext, payment: &Payment, record: Record) -> Result<Change, Undecided> {
        let told = record.told(payment.id, payment.amount());
        let event = told.map(|event| Outgoing::of(&event, self.ids.uuid(), self.clock.now(), cx));
        Ok(Change {
            payment: payment.clone(),
            transfer: Transfer::of(payment, &record, TransferId::new(&*self.ids)),
            event: event.transpose().map_err(untold)?,
            record: Some(record),
            answer: None,
        })
    }

    /// Answers without any change.
    async fn answer(
        &self,
        command: &Command,
        payment: Payment,
        decision: Result<(), PaymentsRefusal>,
    ) -> Result<Decided, Undecided> {
        let decided = decision.map(|()| payment.shown());
        let answer = Some(command.remember(&decided));
        self.store.commit(Change { payment, record: None, transfer: None, event: None, answer }).await?;
        Ok(decided)
    }

    /// What came of an operation, of which so much is `known`.
    async fn outcome(&self, operation: &Operation, mut known: Standing) -> Result<Outcome, Undecided> {
        for _ in 0..SUBMISSIONS {
            match known {
                Standing::Settled(outcome) => return Ok(outcome),
                Standing::InProgress => break,
                // Under the same key: should it have been on its way, it is done once all the same.
                Standing::Unheard => match self.provider.submit(operation).await {
                    Ok(outcome) => return Ok(outcome),
                    Err(lost) => {
                        tracing::warn!(key = operation.key(), error = %lost, "asking what came of it");
                        known = self.ask(operation).await?;
                    }
                },
            }
        }
        match known {
            Standing::Settled(outcome) => Ok(outcome),
            Standing::InProgress | Standing::Unheard => {
                Err(doubt(format!("the provider does not know yet what comes of {}", operation.key())))
            }
        }
    }

    async fn ask(&self, operation: &Operation) -> Result<Standing, Undecided> {
        self.provider.ask(operation).await.map_err(|lost| doubt(lost.to_string()))
    }
}

fn doubt(why: String) -> Undecided {
    Undecided::InDoubt(Cause::new(CauseKind::Dependency, why))
}

/// An event of ours that could not be put into words: a defect.
#[expect(clippy::needless_pass_by_value, reason = "as `map_err` hands it over")]
fn untold(error: WireError) -> Undecided {
    Undecided::NotExecuted(Cause::new(CauseKind::Internal, error.to_string()))
}

#[async_trait]
impl Payments for Cashier {
    async fn authorize(&self, cx: &CallContext, request: AuthorizePayment) -> Answer<Shown, PaymentsRefusal> {
        command::execute(cx, <dyn Payments>::AUTHORIZE, &request, self.store.answers(), |command| {
            self.carry_on(cx, command, request.payment, Asked::Authorize(&request))
        })
        .await
    }

    async fn capture(&self, cx: &CallContext, request: CapturePayment) -> Answer<Shown, PaymentsRefusal> {
        command::execute(cx, <dyn Payments>::CAPTURE, &request, self.store.answers(), |command| {
            self.carry_on(cx, command, request.payment, Asked::Capture)
        })
        .await
    }

    async fn refund(&self, cx: &CallContext, request: RefundPayment) -> Answer<Shown, PaymentsRefusal> {
        command::execute(cx, <dyn Payments>::REFUND, &request, self.store.answers(), |command| {
            self.carry_on(cx, command, request.payment, Asked::Refund)
        })
        .await
    }

    async fn payment(&self, _cx: &CallContext, request: PaymentQuery) -> Answer<Shown, PaymentsRefusal> {
        let known = self.store.overview(request.payment).await?;
        let unknown = || CallError::Refused(PaymentsRefusal::UnknownPayment { payment: request.payment });
        known.ok_or_else(unknown)
    }
}

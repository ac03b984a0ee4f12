//! A provider that does as it is told, and counts.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::Mutex,
};

use async_trait::async_trait;
use payments_core::{Act, NoAnswer, Operation, Outcome, PaymentProvider, Standing};

use crate::sample::reason;

#[derive(Default)]
pub(crate) struct Script {
    /// What becomes of the next submissions; of others it does what it is asked.
    pub(crate) submissions: Mutex<VecDeque<Fate>>,
    /// What becomes of the next questions; others are answered with the truth.
    pub(crate) questions: Mutex<VecDeque<Asked>>,
    known: Mutex<BTreeMap<String, (Operation, Outcome)>>,
    /// Every operation that was done, once each time: a second time under one key is not done again.
    done: Mutex<Vec<Act>>,
    /// How often it was asked what came of something.
    asked: Mutex<u32>,
    /// It has no idempotency: whatever it is asked, it does again.
    forgetful: bool,
}

/// What becomes of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is declined.
    Declined,
    /// It does not arrive.
    QuestionLost,
    /// It is done, but the answer does not arrive.
    AnswerLost,
    /// It is declined, but the answer does not arrive.
    NoLost,
    /// Nothing ever comes back: whoever waits for it is cut off.
    Died,
    /// It is done, then whoever waits for it is cut off.
    DoneAndDied,
}

/// What becomes of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// It does not answer.
    NoAnswer,
    /// It does not know yet.
    InProgress,
}

impl Script {
    /// One that does whatever it is asked again.
    pub(crate) fn forgetful() -> Self {
        Self { forgetful: true, ..Self::default() }
    }

    /// What it has done, in order.
    pub(crate) fn done(&self) -> Vec<&'static str> {
        self.done.lock().unwrap().iter().map(Act::name).collect()
    }

    /// How often it was asked what came of something.
    pub(crate) fn asked(&self) -> u32 {
        *self.asked.lock().unwrap()
    }

    /// Does what it was asked some time before, late.
    pub(crate) fn arrive(&self, operation: &Operation) {
        self.settle(operation, Outcome::Done);
    }

    fn settle(&self, operation: &Operation, outcome: Outcome) -> Outcome {
        let mut known = self.known.lock().unwrap();
        if let Some((first, outcome)) = known.get(&operation.key())
            && !self.forgetful
        {
            assert_eq!(first, operation, "another operation under the same key");
            return outcome.clone();
        }
        if outcome == Outcome::Done {
            self.done.lock().unwrap().push(operation.act.clone());
        }
        known.insert(operation.key(), (operation.clone(), outcome.clone()));
        outcome
    }
}

#[async_trait]
impl PaymentProvider for Script {
    async fn submit(&self, operation: &Operation) -> Result<Outcome, NoAnswer> {
        let fate = self.submissions.lock().unwrap().pop_front();
        let lost = Err(NoAnswer("planted".to_owned()));
        // Others get their turn, as they would while a provider is at work.
        tokio::task::yield_now().await;
        match fate {
            None => Ok(self.settle(operation, Outcome::Done)),
            Some(Fate::Declined) => Ok(self.settle(operation, Outcome::Declined(reason()))),
            Some(Fate::QuestionLost) => lost,
            Some(Fate::AnswerLost) => {
                self.settle(operation, Outcome::Done);
                lost
            }
            Some(Fate::NoLost) => {
                self.settle(operation, Outcome::Declined(reason()));
                lost
            }
            Some(Fate::Died) => std::future::pending().await,
            Some(Fate::DoneAndDied) => {
                self.settle(operation, Outcome::Done);
                std::future::pending().await
            }
        }
    }

    async fn ask(&self, operation: &Operation) -> Result<Standing, NoAnswer> {
        *self.asked.lock().unwrap() += 1;
        let fate = self.questions.lock().unwrap().pop_front();
        match fate {
            Some(Asked::NoAnswer) => Err(NoAnswer("planted".to_owned())),
            Some(Asked::InProgress) => Ok(Standing::InProgress),
            None => {
                let known = self.known.lock().unwrap();
                let outcome = known.get(&operation.key()).map(|(_, outcome)| outcome.clone());
                Ok(outcome.map_or(Standing::Unheard, Standing::Settled))
            }
        }
    }
}

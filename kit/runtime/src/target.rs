//! One destination of calls: the way there, what is measured of it, and whether the other end understands us.
//!
//! Two ends that meet compare their contracts before the first call, by a call that every port answers
//! ([`Method::contract`](outgrow::Method::contract)); so carriers have no part in it. Ends that understand each other
//! never notice. Where neither contract could have followed the other, calls are refused, *not executed*, until
//! another version is deployed on one side: a number that means two things would be read without an error.

use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use outgrow::{
    CallContext, CallError, Cause, CauseKind, Envelope, Message as _, PortDesc, RawRefusal, Transport,
    call::OPERATOR,
    schema::{self, Skew},
    wire::Contract,
};

use crate::Figures;

/// One destination.
pub struct Target {
    /// Its address, for people.
    pub name: String,
    /// The way to it.
    pub transport: Arc<dyn Transport>,
    /// What is measured of it.
    pub figures: Figures,
    /// What is known of who is there.
    pub acquaintance: Acquaintance,
}

/// Who was met at the other end, and what is known of their contract.
#[derive(Debug)]
pub struct Acquaintance {
    /// Whom we have met and understood.
    met: AtomicU64,
    contract: Mutex<Known>,
}

/// What is known of the contract at the other end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Known {
    /// Nobody was met yet.
    #[default]
    NotMet,
    /// They do not say: no Outgrow, or one from before it asked.
    Unsaid,
    /// They said.
    Said(Skew),
}

impl fmt::Display for Known {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotMet => f.write_str("nobody was met yet"),
            Self::Unsaid => f.write_str("a contract that is not said"),
            Self::Said(skew) => skew.fmt(f),
        }
    }
}

type Failure = CallError<RawRefusal>;

/// Nobody: no transport has counted so far.
const NOBODY: u64 = u64::MAX;

impl Target {
    /// A destination nobody has called yet.
    pub fn new(name: impl Into<String>, transport: Arc<dyn Transport>) -> Arc<Self> {
        Arc::new(Self {
            name: name.into(),
            transport,
            figures: Figures::default(),
            acquaintance: Acquaintance { met: AtomicU64::new(NOBODY), contract: Mutex::default() },
        })
    }

    /// Whether the other end is known to understand us: then a call may be sent.
    #[inline]
    pub(crate) fn is_met(&self) -> bool {
        self.acquaintance.met.load(Ordering::Relaxed) == self.transport.peer()
    }

    /// Meets whoever serves `port` there, as part of a call with this context.
    ///
    /// # Errors
    /// Not executed: nobody could be asked, or they do not understand us.
    pub(crate) async fn meet(&self, port: &'static PortDesc, cx: &CallContext) -> Result<(), Failure> {
        let peer = self.transport.peer();
        let mut ask = CallContext::new(OPERATOR, cx.correlation());
        if let Some(left) = cx.remaining() {
            ask = ask.within(left);
        }
        let body = schema::greeting(port).to_bytes();
        let known = match self.transport.send(Envelope { method: &port.contract, cx: &ask, body }).await {
            Ok(body) => match Contract::from_bytes(&body) {
                Ok(theirs) => schema::skew(port, &theirs).map_or(Known::Unsaid, Known::Said),
                Err(_unreadable) => Known::Unsaid,
            },
            Err(failure) => unsaid(failure)?,
        };
        self.note(port, &known);
        if let Known::Said(skew @ Skew::Incompatible(_)) = &known {
            // Behind a broker somebody else was met before.
            self.acquaintance.met.store(NOBODY, Ordering::Relaxed);
            let detail = format!("{port} at {} has {skew} (ADR 0015)", self.name);
            return Err(CallError::not_executed(CauseKind::Unserved, detail));
        }
        self.acquaintance.met.store(peer, Ordering::Relaxed);
        Ok(())
    }

    /// What is known of the contract of `port` there: asks anew, at most for so long.
    ///
    /// # Errors
    /// Why nobody could be asked.
    pub async fn contract(
        &self,
        port: &'static PortDesc,
        cx: &CallContext,
        within: Duration,
    ) -> Result<Known, Cause> {
        let asked = self.meet(port, &cx.clone().within(within)).await;
        let known = self.acquaintance.contract.lock().unwrap_or_else(PoisonError::into_inner).clone();
        match asked {
            Err(CallError::NotExecuted(cause) | CallError::InDoubt(cause))
                if cause.kind != CauseKind::Unserved =>
            {
                Err(cause)
            }
            _ => Ok(known),
        }
    }

    /// Says once what is new.
    fn note(&self, port: &PortDesc, known: &Known) {
        let mut before = self.acquaintance.contract.lock().unwrap_or_else(PoisonError::into_inner);
        if *before == *known {
            return;
        }
        match known {
            Known::Said(skew @ Skew::Incompatible(_)) => {
                tracing::warn!(%port, at = self.name, %skew, "calls are not sent: the other end would misread them");
            }
            Known::Said(Skew::Same) | Known::NotMet | Known::Unsaid => {
                tracing::debug!(%port, at = self.name, contract = %known, "met");
            }
            Known::Said(skew) => tracing::info!(%port, at = self.name, contract = %skew, "met"),
        }
        known.clone_into(&mut before);
    }
}

/// What a failed question means. The call that it was asked for was certainly not executed.
fn unsaid(failure: Failure) -> Result<Known, Failure> {
    match failure {
        CallError::Refused(_) => Ok(Known::Unsaid),
        CallError::NotExecuted(cause) | CallError::InDoubt(cause) => match cause.kind {
            CauseKind::Unserved | CauseKind::BadRequest | CauseKind::BadAnswer | CauseKind::Internal => {
                Ok(Known::Unsaid)
            }
            CauseKind::Lost => Err(CallError::NotExecuted(Cause { kind: CauseKind::Unreachable, ..cause })),
            CauseKind::Unreachable
            | CauseKind::Overloaded
            | CauseKind::Expired
            | CauseKind::Denied
            | CauseKind::KeyReused
            | CauseKind::InProgress
            | CauseKind::Storage
            | CauseKind::Dependency => Err(CallError::NotExecuted(cause)),
        },
    }
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({})", self.name)
    }
}

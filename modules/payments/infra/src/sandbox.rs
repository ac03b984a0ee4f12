//! A provider that moves no money, and behaves as real ones do, by the token it is given.
//!
//! | token | what becomes of it |
//! |---|---|
//! | `tok_ok` | everything succeeds |
//! | `tok_declined` | the authorization is declined, `card-declined` |
//! | `tok_timeout` | every operation is lost the first time: by its key, the question (nothing was done) or the answer (it was) |
//! | `tok_late` | the authorization times out, is not known for two seconds, then succeeds |
//! | others | the authorization is declined, `unknown-token` |
//!
//! It stands for somebody else's system: what it was asked it keeps in tables and transactions of its own, so that it
//! survives our process and knows nothing of what the module keeps. A real one would be a client over HTTP with a
//! timeout of its own; here what is lost is lost at once, and nobody waits for a timeout to pass.

use std::{fmt, sync::Arc};

use adapter_sql::{Db, Home, Row, SqlError, Timestamp, Tx, crash};
use async_trait::async_trait;
use outgrow::{Clock, CommitError};
use payments_contract::{PaymentId, Reason};
use payments_core::{Act, NoAnswer, Operation, Outcome, PaymentProvider, Standing};
use time::{Duration, OffsetDateTime};
use uuid::Uuid;

/// How long `tok_late` is not known.
const LATE: Duration = Duration::seconds(2);

/// How often it looks again when the same is asked twice at once.
const LOOKS: u32 = 8;

/// The sandbox.
pub struct Sandbox {
    db: Db,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Sandbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Sandbox").field(&self.db).finish()
    }
}

impl Sandbox {
    /// The sandbox whose tables are in this home.
    pub fn new(home: &Home) -> Self {
        Self { db: home.db(), clock: home.clock() }
    }
}

#[async_trait]
impl PaymentProvider for Sandbox {
    async fn submit(&self, operation: &Operation) -> Result<Outcome, NoAnswer> {
        let act = operation.act.name();
        for _ in 0..LOOKS {
            let (operation, now) = (operation.clone(), self.clock.now());
            let write = move |mut tx: Tx| async move {
                let answer = hear(&mut tx, &operation, now).await?;
                tx.commit(answer).await
            };
            let heard = self.db.write(write).await;
            crash::point(&["provider", act, "heard"]);
            match heard {
                Ok(Some(outcome)) => return Ok(outcome),
                Ok(None) => return Err(NoAnswer("it timed out".to_owned())),
                Err(CommitError::Conflict) => {}
                Err(error) => return Err(NoAnswer(error.to_string())),
            }
        }
        Err(NoAnswer("it is asked the same by too many at once".to_owned()))
    }

    async fn ask(&self, operation: &Operation) -> Result<Standing, NoAnswer> {
        let asked = self.db.query("select * from sandbox_operations where key = $1").bind(operation.key());
        let row = asked.optional().await.map_err(|error| NoAnswer(error.to_string()))?;
        let standing = row.map(|row| standing(&row, self.clock.now())).transpose();
        Ok(standing.map_err(|error| NoAnswer(error.to_string()))?.unwrap_or(Standing::Unheard))
    }
}

/// What it knows of an operation.
fn standing(row: &Row, now: OffsetDateTime) -> Result<Standing, SqlError> {
    if !row.get::<bool>("arrived")? {
        return Ok(Standing::Unheard);
    }
    if now < row.time("known_at")? {
        return Ok(Standing::InProgress);
    }
    Ok(Standing::Settled(match (row.get("code")?, row.get("message")?) {
        (Some(code), Some(message)) => Outcome::Declined(Reason { code, message }),
        _ => Outcome::Done,
    }))
}

/// Hears an operation: what it answers, or nothing if that is lost.
async fn hear(
    tx: &mut Tx,
    operation: &Operation,
    now: OffsetDateTime,
) -> Result<Option<Outcome>, CommitError> {
    let earlier = earlier(tx, operation.payment).await?;
    if earlier.iter().any(|other| other.key == operation.key()) {
        return heard_again(tx, operation, now).await;
    }
    let token = match &operation.act {
        Act::Authorize(terms) => Some(terms.token.as_str()),
        Act::Capture(_) | Act::Void | Act::Refund(_) => {
            earlier.iter().find_map(|other| other.token.as_deref())
        }
    };
    let outcome = decide(&operation.act, token, &earlier);
    let authorizes = matches!(operation.act, Act::Authorize(_));
    let (lost, arrived, known_at) = match token {
        Some("tok_timeout") => (true, is_even(&operation.key()), now),
        Some("tok_late") if authorizes => (true, true, now + LATE),
        _ => (false, true, now),
    };
    insert(tx, operation, &outcome, arrived, known_at).await?;
    Ok((!lost).then_some(outcome))
}

async fn heard_again(
    tx: &mut Tx,
    operation: &Operation,
    now: OffsetDateTime,
) -> Result<Option<Outcome>, CommitError> {
    let row = tx
        .query("update sandbox_operations set submissions = submissions + 1, arrived = true where key = $1 returning *")
        .bind(operation.key())
        .one()
        .await?;
    Ok(match standing(&row, now)? {
        Standing::Settled(outcome) => Some(outcome),
        Standing::InProgress | Standing::Unheard => None,
    })
}

/// What it was asked about a payment before.
struct Earlier {
    key: String,
    act: String,
    /// That it was authorized with.
    token: Option<String>,
    done: bool,
}

async fn earlier(tx: &mut Tx, payment: PaymentId) -> Result<Vec<Earlier>, SqlError> {
    let earlier =
        tx.query("select key, act, token, arrived, code from sandbox_operations where payment = $1");
    let earlier = earlier.bind(payment.0).all().await?;
    let one = |row: &Row| {
        let done = row.get("arrived")? && row.get::<Option<String>>("code")?.is_none();
        Ok(Earlier { key: row.get("key")?, act: row.get("act")?, token: row.get("token")?, done })
    };
    earlier.iter().map(one).collect()
}

/// What comes of an operation that it has not heard before.
fn decide(act: &Act, token: Option<&str>, earlier: &[Earlier]) -> Outcome {
    let done = |act| earlier.iter().any(|other| other.done && other.act == act);
    let (possible, why) = match act {
        Act::Authorize(_) => {
            return match token {
                Some("tok_ok" | "tok_timeout" | "tok_late") => Outcome::Done,
                Some("tok_declined") => no("card-declined", "the card was declined"),
                _ => no("unknown-token", "the provider does not know this token"),
            };
        }
        Act::Capture(_) => (done("authorize") && !done("void"), "not-authorized"),
        Act::Void => (done("authorize") && !done("capture"), "not-voidable"),
        Act::Refund(_) => (done("capture"), "not-captured"),
    };
    if possible { Outcome::Done } else { no(why, "the payment is in no state for that") }
}

async fn insert(
    tx: &mut Tx,
    operation: &Operation,
    outcome: &Outcome,
    arrived: bool,
    known_at: OffsetDateTime,
) -> Result<(), CommitError> {
    let (token, amount) = match &operation.act {
        Act::Authorize(terms) => (Some(terms.token.to_string()), Some(terms.amount)),
        Act::Capture(amount) | Act::Refund(amount) => (None, Some(*amount)),
        Act::Void => (None, None),
    };
    let reason = match outcome {
        Outcome::Done => None,
        Outcome::Declined(reason) => Some(reason),
    };
    tx.query(
        "insert into sandbox_operations
             (key, payment, act, token, currency, amount, submissions, arrived, code, message, known_at)
         values ($1, $2, $3, $4, $5, $6, 1, $7, $8, $9, $10)",
    )
    .bind(operation.key())
    .bind(operation.payment.0)
    .bind(operation.act.name())
    .bind(token)
    .bind(amount.map(|amount| amount.currency.as_str().to_owned()))
    .bind(amount.map(|amount| amount.amount))
    .bind(arrived)
    .bind(reason.map(|reason| reason.code.clone()))
    .bind(reason.map(|reason| reason.message.clone()))
    .bind(Timestamp(known_at))
    .changed_one()
    .await
}

fn no(code: &str, message: &str) -> Outcome {
    Outcome::Declined(Reason { code: code.to_owned(), message: message.to_owned() })
}

/// Half of all keys are even.
fn is_even(key: &str) -> bool {
    Uuid::new_v5(&Uuid::NAMESPACE_OID, key.as_bytes()).as_u128() & 1 == 0
}

//! Messages, in SQL.

use std::fmt;

use adapter_sql::{Db, Home, Row, SqlError, Timestamp, Tx, crash};
use async_trait::async_trait;
use notifications_contract::{MessageId, OrderId, Outcome};
use notifications_core::{Letter, Message, MessageStore};
use outgrow::{CommitError, StoreError, event::Mark};
use time::OffsetDateTime;
use uuid::Uuid;

/// Keeps messages in the module's home.
pub struct SqlMessageStore {
    db: Db,
}

impl fmt::Debug for SqlMessageStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("SqlMessageStore").field(&self.db).finish()
    }
}

impl SqlMessageStore {
    /// The messages of this home.
    pub fn new(home: &Home) -> Self {
        Self { db: home.db() }
    }
}

#[async_trait]
impl MessageStore for SqlMessageStore {
    async fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError> {
        let row = self.db.query("select * from messages where id = $1").bind(id.0).optional().await?;
        Ok(row.as_ref().map(message).transpose()?)
    }

    async fn sent(&self, order: OrderId) -> Result<Vec<Message>, StoreError> {
        let rows = self.db.query(SENT).bind(order.0).all().await?;
        let messages: Result<_, SqlError> = rows.iter().map(message).collect();
        Ok(messages?)
    }

    async fn to_send(&self, after: Option<MessageId>, limit: u32) -> Result<Vec<MessageId>, StoreError> {
        let after = after.map_or(Uuid::nil(), |message| message.0);
        let rows = self.db.query(TO_SEND).bind(after).bind(i64::from(limit)).all().await?;
        let ids: Result<_, SqlError> = rows.iter().map(|row| Ok(MessageId(row.get("id")?))).collect();
        Ok(ids?)
    }

    async fn intend(&self, message: Message, mark: Mark) -> Result<(), CommitError> {
        let intend = move |mut tx: Tx| async move {
            insert(&mut tx, &message).await?;
            tx.commit(()).await
        };
        self.db.handle(&mark, intend).await
    }

    async fn mark_sent(&self, id: MessageId, at: OffsetDateTime) -> Result<(), CommitError> {
        crash::point(&["letter", "sent"]);
        let write = move |mut tx: Tx| async move {
            let sent = "update messages set sent_at = $2, refused = null where id = $1 and sent_at is null";
            tx.query(sent).bind(id.0).bind(Timestamp(at)).changed_one().await?;
            tx.commit(()).await
        };
        self.db.write(write).await?;
        crash::point(&["letter", "kept"]);
        Ok(())
    }

    async fn refused(&self, order: OrderId) -> Result<Vec<Message>, StoreError> {
        let rows = self.db.query(REFUSED).bind(order.0).all().await?;
        let messages: Result<_, SqlError> = rows.iter().map(message).collect();
        Ok(messages?)
    }

    async fn mark_refused(&self, id: MessageId, why: &str) -> Result<(), CommitError> {
        let why = why.to_owned();
        let write = move |mut tx: Tx| async move {
            tx.query(REFUSE).bind(id.0).bind(&*why).changed_one().await?;
            tx.commit(()).await
        };
        self.db.write(write).await
    }
}

/// An order has at most as many as there are outcomes.
const SENT: &str = "
    select * from messages where order_id = $1 and sent_at is not null order by written_at, id limit 100";

const REFUSED: &str = "
    select * from messages where order_id = $1 and refused is not null order by written_at, id limit 100";

const REFUSE: &str = "update messages set refused = $2 where id = $1 and sent_at is null and refused is null";

const TO_SEND: &str = "
    select id from messages where sent_at is null and refused is null and id > $1 order by id limit $2";

/// A message that exists, or a second one of an outcome, breaks a key, which is a conflict.
async fn insert(tx: &mut Tx, message: &Message) -> Result<(), CommitError> {
    tx.query(
        "insert into messages (id, order_id, outcome, recipient, subject, body, written_at, sent_at)
         values ($1, $2, $3, $4, $5, $6, $7, $8)",
    )
    .bind(message.id.0)
    .bind(message.order.0)
    .bind(code(message.outcome))
    .bind(message.to.as_str())
    .bind(&*message.letter.subject)
    .bind(&*message.letter.text)
    .bind(Timestamp(message.written_at))
    .bind(message.sent_at.map(Timestamp))
    .changed_one()
    .await
}

fn message(row: &Row) -> Result<Message, SqlError> {
    Ok(Message {
        id: MessageId(row.get("id")?),
        order: OrderId(row.get("order_id")?),
        outcome: row.map("outcome", |code: String| outcome(&code))?,
        to: row.parse("recipient")?,
        letter: Letter { subject: row.get("subject")?, text: row.get("body")? },
        written_at: row.time("written_at")?,
        sent_at: row.get::<Option<Timestamp>>("sent_at")?.map(|Timestamp(at)| at),
        refused: row.get("refused")?,
    })
}

fn code(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Confirmed => "confirmed",
        Outcome::Rejected => "rejected",
        Outcome::Cancelled => "cancelled",
    }
}

fn outcome(code: &str) -> Option<Outcome> {
    let all = [Outcome::Confirmed, Outcome::Rejected, Outcome::Cancelled];
    all.into_iter().find(|outcome| self::code(*outcome) == code)
}

//! Notifications, described and built.

use std::{sync::Arc, time::Duration};

use adapter_sql::{Bell, Home, Poison};
use notifications_contract::{MessageId, Notifications};
use notifications_core::{Mailer, Mailroom, MessageStore, Sending};
use ordering_contract::OrderEvent;
use outgrow::{
    Event, ModuleSpec, Port as _,
    event::{Delivered, Handled},
};

use crate::{acl::ordering, config::Post, console::ConsoleMailer, mail::SmtpMailer, store::SqlMessageStore};

/// How long a message waits at most until it is looked at again.
const PATIENCE: Duration = Duration::from_secs(1);

/// What Notifications offers, and what it listens to. It needs nobody.
pub static SPEC: ModuleSpec = ModuleSpec {
    name: "notifications",
    purpose: "Tells customers how their orders came out.",
    port: <dyn Notifications>::DESC,
    older: &[],
    needs: &[],
    publishes: &[],
    subscribes: &[<OrderEvent as Event>::STREAM],
    sagas: &[],
    migrations: outgrow::migrations!["notifications": "0001_messages", "0002_refused_messages"],
};

/// Notifications in this process. What it hears it writes down; what is written it sends by itself: at once after a
/// commit, and what a crash left unsent at the next start.
#[expect(clippy::needless_pass_by_value, reason = "every module is built from its own home")]
pub fn build(home: Home, post: Post) -> Arc<dyn Notifications> {
    let mailer: Arc<dyn Mailer> = match post {
        Post::Console => Arc::new(ConsoleMailer),
        Post::Smtp(smtp) => Arc::new(SmtpMailer(smtp)),
    };
    let messages: Arc<dyn MessageStore> = Arc::new(SqlMessageStore::new(&home));
    let bell = Bell::default();
    send(&home, Sending::new(Arc::clone(&messages), mailer, home.clock()), &bell);
    let mailroom = Arc::new(Mailroom::new(messages, home.clock(), move || bell.ring()));
    let ear = Arc::clone(&mailroom);
    // The later news of an order are not told before the earlier.
    home.listen::<OrderEvent, _>(Poison::Blocks, move |told| {
        let mailroom = Arc::clone(&ear);
        async move {
            let Delivered { event, id, mark, .. } = told;
            match ordering::notice(event)? {
                // One event, one message: so the id of the one names the other, in every process and for ever.
                Some(notice) => mailroom.hear(MessageId(id), notice, mark).await,
                None => Ok(Handled::Ignored),
            }
        }
    });
    mailroom
}

fn send(home: &Home, sending: Sending, bell: &Bell) {
    let (due, handled) = (sending.clone(), sending);
    home.tasks().worklist(
        "sending",
        PATIENCE,
        bell,
        move || {
            let sending = due.clone();
            async move { sending.due().await }
        },
        move |message| {
            let sending = handled.clone();
            async move { sending.send(message).await }
        },
    );
}

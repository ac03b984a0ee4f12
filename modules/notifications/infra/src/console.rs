//! A mailer that sends nothing anywhere: it logs each letter, for whoever runs the shop to see.
//!
//! It is never away. A real one is in `mail.rs`.

use async_trait::async_trait;
use notifications_contract::{MessageId, Recipient};
use notifications_core::{Letter, Mailer, Undelivered};

/// Writes letters to the log.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ConsoleMailer;

#[async_trait]
impl Mailer for ConsoleMailer {
    async fn send(&self, id: MessageId, to: &Recipient, letter: &Letter) -> Result<(), Undelivered> {
        tracing::info!(%id, %to, subject = letter.subject, text = letter.text, "a letter");
        Ok(())
    }
}

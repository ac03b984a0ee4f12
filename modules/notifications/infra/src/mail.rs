//! A mailer that hands letters to a mail server.

use adapter_smtp::{Letter as Mail, Smtp, Unsent};
use async_trait::async_trait;
use notifications_contract::{MessageId, Recipient};
use notifications_core::{Letter, Mailer, Undelivered};

/// Sends letters by SMTP, the id of each in its `Message-ID`.
#[derive(Clone, Debug)]
pub(crate) struct SmtpMailer(pub(crate) Smtp);

#[async_trait]
impl Mailer for SmtpMailer {
    async fn send(&self, id: MessageId, to: &Recipient, letter: &Letter) -> Result<(), Undelivered> {
        // Who orders is who is written to. A real shop would look up the address.
        let mail = Mail { id: id.0, to: to.as_str(), subject: &letter.subject, text: &letter.text };
        self.0.send(mail).await.map_err(|unsent| match unsent {
            // Whether it has left or not: it is sent again, under the same id.
            Unsent::NotSent(_) | Unsent::InDoubt(_) => Undelivered::Unavailable(unsent.to_string()),
            Unsent::Refused(why) => Undelivered::Refused(why),
        })
    }
}

//! Hands letters to a mail server, by SMTP (RFC 5321).
//!
//! A letter travels under an id of its sender's, as its `Message-ID`: sent a second time, it has the same. What became
//! of it is one of four things:
//!
//! | what happens | means |
//! |---|---|
//! | the server answers 2xx to the letter | sent: the server has it |
//! | no connection, no TLS, no login; or 4xx to the letter | [`NotSent`](Unsent::NotSent): try again |
//! | the connection is lost, or nothing is heard in time, after the letter was begun | [`InDoubt`](Unsent::InDoubt): try again, under the same id |
//! | the server answers 5xx to the letter, or the recipient is no address | [`Refused`](Unsent::Refused): it would be again |
//!
//! Each letter has a connection of its own. A real system with many of them would keep some open.
//! No type of lettre leaves this crate. Deliberately absent: what letters say, which are to be sent, and when.

mod server;

use std::time::Duration;

use lettre::{
    Address, Message,
    message::{Mailbox, header::ContentType},
    transport::smtp::{authentication::DEFAULT_MECHANISMS, client::AsyncSmtpConnection, extension::ClientId},
};
use tokio::time::timeout;
use uuid::Uuid;

use server::Tls;
pub use server::{MailServer, MailServerError};

/// How long it may take until the server is ready to take a letter.
const CONNECT: Duration = Duration::from_secs(10);

/// How long it may take with one.
const SEND: Duration = Duration::from_secs(30);

/// A letter to one recipient.
#[derive(Clone, Copy, Debug)]
pub struct Letter<'a> {
    /// Which one, for ever.
    pub id: Uuid,
    /// An address such as `ada@example.org`.
    pub to: &'a str,
    /// In one line.
    pub subject: &'a str,
    /// The rest.
    pub text: &'a str,
}

/// A letter was perhaps not sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unsent {
    /// The server certainly does not have it.
    #[error("it was not sent: {0}")]
    NotSent(String),
    /// The server may have it.
    #[error("it may have been sent: {0}")]
    InDoubt(String),
    /// The server will never take it.
    #[error("it was refused: {0}")]
    Refused(String),
}

/// An address that letters come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sender(Address);

impl std::str::FromStr for Sender {
    type Err = MailServerError;

    fn from_str(text: &str) -> Result<Self, MailServerError> {
        text.parse().map(Self).map_err(|_not: lettre::address::AddressError| MailServerError::Sender)
    }
}

/// Sends letters by one server.
#[derive(Clone, Debug)]
pub struct Smtp {
    server: MailServer,
    from: Sender,
    patience: Duration,
}

impl Smtp {
    /// By this server, from this address.
    pub fn new(server: MailServer, from: Sender) -> Self {
        Self { server, from, patience: SEND }
    }

    /// The same, waiting less long for what becomes of a letter.
    #[must_use]
    pub fn within(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Sends a letter.
    ///
    /// # Errors
    /// As the crate's documentation says.
    pub async fn send(&self, letter: Letter<'_>) -> Result<(), Unsent> {
        let message = self.message(letter)?;
        let connecting = timeout(CONNECT, self.connect()).await;
        let late =
            |_elapsed| Err(Unsent::NotSent(format!("{} is not ready within {CONNECT:?}", self.server)));
        let mut connection = connecting.unwrap_or_else(late)?;
        let (envelope, text) = (message.envelope(), message.formatted());
        match timeout(self.patience, connection.send(envelope, &text)).await {
            Ok(Ok(_taken)) => {
                // It is sent, however they part.
                drop(timeout(CONNECT, connection.quit()).await);
                Ok(())
            }
            Ok(Err(error)) if error.is_permanent() => Err(Unsent::Refused(self.says(&error))),
            Ok(Err(error)) if error.is_transient() => Err(Unsent::NotSent(self.says(&error))),
            Ok(Err(error)) => Err(Unsent::InDoubt(self.says(&error))),
            Err(_elapsed) => {
                Err(Unsent::InDoubt(format!("{} did not answer within {:?}", self.server, self.patience)))
            }
        }
    }

    fn message(&self, letter: Letter<'_>) -> Result<Message, Unsent> {
        let Letter { id, to, subject, text } = letter;
        let address = to.parse::<Address>();
        let to = address.map_err(|error| Unsent::Refused(format!("`{to}` is no address ({error})")))?;
        let Sender(from) = &self.from;
        let message = Message::builder()
            .message_id(Some(format!("<{id}@{}>", from.domain())))
            .from(Mailbox::new(None, from.clone()))
            .to(Mailbox::new(None, to))
            .subject(subject)
            .header(ContentType::TEXT_PLAIN)
            .body(text.to_owned());
        message.map_err(|error| Unsent::Refused(error.to_string()))
    }

    /// A connection that can take a letter: whatever goes wrong until then, none has left.
    async fn connect(&self) -> Result<AsyncSmtpConnection, Unsent> {
        let MailServer { host, port, tls, login } = &self.server;
        let (hello, not_sent) = (ClientId::default(), |error| Unsent::NotSent(self.says(&error)));
        let at = (host.as_str(), *port);
        let wrapped =
            if *tls == Tls::Always { Some(self.server.tls_parameters().map_err(not_sent)?) } else { None };
        let connecting = AsyncSmtpConnection::connect_tokio1(at, Some(CONNECT), &hello, wrapped, None);
        let mut connection = connecting.await.map_err(not_sent)?;
        if *tls == Tls::Required || *tls == Tls::Opportunistic && connection.can_starttls() {
            let parameters = self.server.tls_parameters().map_err(not_sent)?;
            connection.starttls(parameters, &hello).await.map_err(not_sent)?;
        }
        if let Some(login) = login {
            connection.auth(DEFAULT_MECHANISMS, login).await.map_err(not_sent)?;
        }
        Ok(connection)
    }

    /// An error of lettre, which says its source itself.
    fn says(&self, error: &lettre::transport::smtp::Error) -> String {
        format!("{}: {error}", self.server)
    }
}

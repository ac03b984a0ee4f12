//! How letters are brought, as it is configured.
//!
//! ```toml
//! [modules.notifications]
//! smtp = "smtp://user:password@mail.example.org:587?tls=required"
//! from = "shop@example.org"
//! ```

use adapter_smtp::{MailServer, Sender, Smtp};
use outgrow::settings::{Given, SettingsSpec, WrongSetting};

/// How letters are brought: to the log, unless a mail server is said.
#[derive(Clone, Debug)]
pub enum Post {
    /// Written to the log.
    Console,
    /// Handed to a mail server.
    Smtp(Smtp),
}

/// The settings of Notifications.
pub static SETTINGS: SettingsSpec<Post> =
    SettingsSpec { module: "notifications", keys: &["smtp", "from"], read };

const SMTP: &str = "write where the mail server is, or leave it out: then letters go to the log";
const FROM: &str = "write the address that letters come from";

fn read(given: &Given) -> Result<Post, Vec<WrongSetting>> {
    let wrong = |key, remedy| {
        move |error: adapter_smtp::MailServerError| WrongSetting::new(key, error.to_string(), remedy)
    };
    let server = given.get("smtp").map(|url| url.parse::<MailServer>().map_err(wrong("smtp", SMTP)));
    let from = given.get("from").map(|from| from.parse::<Sender>().map_err(wrong("from", FROM)));
    match (server.transpose(), from.transpose()) {
        (Ok(None), Ok(None)) => Ok(Post::Console),
        (Ok(Some(server)), Ok(Some(from))) => Ok(Post::Smtp(Smtp::new(server, from))),
        (Ok(Some(_)), Ok(None)) => {
            Err(vec![WrongSetting::new("from", "is missing, and `smtp` is there", FROM)])
        }
        (Ok(None), Ok(Some(_))) => Err(vec![WrongSetting::new(
            "from",
            "means nothing without `smtp`",
            "add `smtp`, or leave it out",
        )]),
        (server, from) => Err(server.err().into_iter().chain(from.err()).collect()),
    }
}

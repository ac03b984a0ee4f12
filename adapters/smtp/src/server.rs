//! A mail server, as it is configured: `smtp://user:password@host:587?tls=required`.

use std::{fmt, net::IpAddr, str::FromStr};

use lettre::transport::smtp::{Error, authentication::Credentials, client::TlsParameters};
use percent_encoding::percent_decode_str;
use url::Url;

/// What cannot be a mail server, or its sender. Never with the text itself, which may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum MailServerError {
    /// It is no URL of the right kind.
    #[error("is not like `smtp://user:password@host:587?tls=required` or `smtps://…`")]
    Url,
    /// A parameter is not known, or has another value.
    #[error("has a parameter that is not `tls=required`, `tls=opportunistic` or `tls=none`")]
    Parameter,
    /// A user without a password, or the other way round.
    #[error("has a user or a password, and not both")]
    Login,
    /// The password would go over the network as it is.
    #[error("would send its password unencrypted: add `?tls=required`, or use `smtps://`")]
    Exposed,
    /// It is no address to send from.
    #[error("is no address such as `shop@example.org`")]
    Sender,
}

/// Whether and when the connection is encrypted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Tls {
    /// From the beginning.
    Always,
    /// Before the login, or there is none.
    Required,
    /// If the server offers it.
    Opportunistic,
    Never,
}

/// A mail server, and who we are to it.
#[derive(Clone)]
pub struct MailServer {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) tls: Tls,
    pub(crate) login: Option<Credentials>,
}

impl MailServer {
    pub(crate) fn tls_parameters(&self) -> Result<TlsParameters, Error> {
        TlsParameters::new(self.host.clone())
    }

    /// Whether nobody else can listen to what goes there.
    fn is_here(&self) -> bool {
        let address = self.host.parse::<IpAddr>();
        self.host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }
}

impl FromStr for MailServer {
    type Err = MailServerError;

    fn from_str(text: &str) -> Result<Self, MailServerError> {
        let url = Url::parse(text).map_err(|_not| MailServerError::Url)?;
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(MailServerError::Url)?;
        let parameters: Vec<_> = url.query_pairs().collect();
        let tls = match parameters.iter().map(|(key, value)| (&**key, &**value)).collect::<Vec<_>>()[..] {
            [] => None,
            [("tls", value)] => Some(value),
            _ => return Err(MailServerError::Parameter),
        };
        let (tls, port) = match (url.scheme(), tls) {
            ("smtps", None) => (Tls::Always, 465),
            ("smtp", Some("required")) => (Tls::Required, 587),
            ("smtp", None | Some("opportunistic")) => (Tls::Opportunistic, 587),
            ("smtp", Some("none")) => (Tls::Never, 25),
            ("smtp" | "smtps", Some(_)) => return Err(MailServerError::Parameter),
            _ => return Err(MailServerError::Url),
        };
        if !matches!(url.path(), "" | "/") || url.fragment().is_some() {
            return Err(MailServerError::Url);
        }
        let decoded = |text| percent_decode_str(text).decode_utf8_lossy().into_owned();
        let login = match (url.username(), url.password()) {
            ("", None) => None,
            (user, Some(password)) if !user.is_empty() => {
                Some(Credentials::new(decoded(user), decoded(password)))
            }
            _ => return Err(MailServerError::Login),
        };
        // An address in brackets is one of IPv6.
        let host = host.trim_matches(['[', ']']).to_owned();
        let server = Self { host, port: url.port().unwrap_or(port), tls, login };
        let exposed = server.login.is_some() && matches!(tls, Tls::Opportunistic | Tls::Never);
        if exposed && !server.is_here() { Err(MailServerError::Exposed) } else { Ok(server) }
    }
}

/// Where it is, without the login.
impl fmt::Display for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

impl fmt::Debug for MailServer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MailServer({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mail_server_is_read_with_the_port_of_its_kind() {
        for (text, port, tls) in [
            ("smtps://mail.example.org", 465, Tls::Always),
            ("smtp://ada:secret@mail.example.org?tls=required", 587, Tls::Required),
            ("smtp://mail.example.org:2525", 2525, Tls::Opportunistic),
            ("smtp://mail.example.org?tls=none", 25, Tls::Never),
            ("smtp://ada:secret@127.0.0.1:2525", 2525, Tls::Opportunistic),
            ("smtp://[::1]:2525", 2525, Tls::Opportunistic),
        ] {
            let server: MailServer = text.parse().unwrap();
            assert_eq!(
                (server.port, server.tls, server.login.is_some()),
                (port, tls, text.contains("ada")),
                "{text}"
            );
        }
        let server: MailServer = "smtps://a%40b:p%2Fq+r@mail.example.org".parse().unwrap();
        assert_eq!(server.login, Some(Credentials::new("a@b".to_owned(), "p/q+r".to_owned())));
    }

    #[test]
    fn what_is_no_mail_server_says_why_and_never_the_password() {
        for (text, why) in [
            ("", MailServerError::Url),
            ("mail.example.org", MailServerError::Url),
            ("http://ada:secret@mail.example.org", MailServerError::Url),
            ("smtp://", MailServerError::Url),
            ("smtps://mail.example.org/inbox", MailServerError::Url),
            ("smtp://mail.example.org?tls=maybe", MailServerError::Parameter),
            ("smtps://mail.example.org?tls=none", MailServerError::Parameter),
            ("smtp://mail.example.org?colour=blue", MailServerError::Parameter),
            ("smtps://ada@mail.example.org", MailServerError::Login),
            ("smtps://:secret@mail.example.org", MailServerError::Login),
            ("smtp://ada:secret@mail.example.org", MailServerError::Exposed),
            ("smtp://ada:secret@mail.example.org?tls=none", MailServerError::Exposed),
        ] {
            assert_eq!(text.parse::<MailServer>().unwrap_err(), why, "{text}");
        }
        let server: MailServer = "smtps://ada:secret@mail.example.org".parse().unwrap();
        assert_eq!(format!("{server} {server:?}"), "mail.example.org:465 MailServer(mail.example.org:465)");
    }
}

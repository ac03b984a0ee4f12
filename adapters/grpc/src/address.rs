//! Addresses such as `grpc://stock:7101`.

use std::{fmt, str::FromStr};

use http::uri::Authority;

const SCHEME: &str = "grpc://";

/// Where a gRPC server is: a name or an IP address, and a port.
///
/// ```
/// let address: adapter_grpc::GrpcAddress = "grpc://stock:7101".parse()?;
/// assert_eq!((address.host(), address.port()), ("stock", 7101));
///
/// let error = "grpc://stock".parse::<adapter_grpc::GrpcAddress>().unwrap_err();
/// assert_eq!(error.to_string(), "`grpc://stock` has no port: an address is `grpc://host:port`");
/// # Ok::<(), adapter_grpc::AddressError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GrpcAddress {
    authority: Authority,
    port: u16,
}

impl GrpcAddress {
    /// The name or IP address; a version 6 one without its brackets.
    pub fn host(&self) -> &str {
        let host = self.authority.host();
        host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).unwrap_or(host)
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn authority(&self) -> &Authority {
        &self.authority
    }
}

impl FromStr for GrpcAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = |what| AddressError { text: text.to_owned(), what };
        let place = text.strip_prefix(SCHEME).ok_or_else(|| wrong("does not begin with `grpc://`"))?;
        if place.contains(['/', '?', '#']) {
            return Err(wrong("has something after its port"));
        }
        if place.contains('@') {
            return Err(wrong("names a user"));
        }
        let authority: Authority = place.parse().map_err(|_unreadable| wrong("has no readable host"))?;
        if authority.host().is_empty() {
            return Err(wrong("has no host"));
        }
        let (_, port) = place
            .rsplit_once(':')
            .filter(|(_, port)| !port.ends_with(']'))
            .ok_or_else(|| wrong("has no port"))?;
        let port =
            port.parse().map_err(|_unreadable| wrong("has a port that is not a number up to 65535"))?;
        Ok(Self { authority, port })
    }
}

impl fmt::Display for GrpcAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}", self.authority)
    }
}

/// Not the address of a gRPC server.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` {what}: an address is `grpc://host:port`")]
pub struct AddressError {
    text: String,
    what: &'static str,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_read_and_written_alike() {
        for (text, host, port) in [
            ("grpc://127.0.0.1:7101", "127.0.0.1", 7101),
            ("grpc://stock.shop.svc:1", "stock.shop.svc", 1),
            ("grpc://[::1]:65535", "::1", 65535),
        ] {
            let address: GrpcAddress = text.parse().unwrap();
            assert_eq!((address.host(), address.port(), &*address.to_string()), (host, port, text));
        }
    }

    #[test]
    fn what_is_not_an_address_is_told_why() {
        for (text, what) in [
            ("", "does not begin with `grpc://`"),
            ("http://stock:1", "does not begin with `grpc://`"),
            ("stock:1", "does not begin with `grpc://`"),
            ("grpc://", "has no readable host"),
            ("grpc://:7101", "has no host"),
            ("grpc://stock", "has no port"),
            ("grpc://[::1]", "has no port"),
            ("grpc://stock:", "has a port that is not a number up to 65535"),
            ("grpc://stock:65536", "has a port that is not a number up to 65535"),
            ("grpc://stock:seven", "has a port that is not a number up to 65535"),
            ("grpc://stock:1/", "has something after its port"),
            ("grpc://me@stock:1", "names a user"),
            ("grpc://two words:1", "has no readable host"),
        ] {
            let error = text.parse::<GrpcAddress>().unwrap_err();
            assert_eq!(error.to_string(), format!("`{text}` {what}: an address is `grpc://host:port`"));
        }
    }
}

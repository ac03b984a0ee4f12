//! A small HTTP client that hides nothing: no retries, no redirects, no connection kept from before.
//!
//! Each request has a connection of its own, so what a test sees after a restart is about the server and not about
//! a pool. A refused or lost connection is an error to look at; any status is an answer.

use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::{
    Method, Request, StatusCode,
    body::Bytes,
    client::conn::http1,
    header::{CONTENT_TYPE, HOST, HeaderMap},
    http,
};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::{net::TcpStream, time::timeout};

/// Requests to one server.
///
/// ```no_run
/// # use outgrow_testkit::Http;
/// # use serde_json::json;
/// # async fn example() -> Result<(), outgrow_testkit::http::Error> {
/// let shop = Http::at("127.0.0.1:8080");
/// let order = json!({ "customer": "ada", "lines": [], "payment_token": "tok_ok" });
/// let reply = shop.post("/v1/orders").header("idempotency-key", "k-1").json(&order).send().await?;
/// assert_eq!(reply.status, 422);
/// assert_eq!(reply.json()["type"], "/problems/no-lines");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct Http {
    address: String,
    within: Duration,
}

impl Http {
    /// The server at `address`, such as `127.0.0.1:8080`. Ten seconds are allowed for an answer.
    #[expect(clippy::needless_pass_by_value, reason = "reads as a sentence: `Http::at(address)`")]
    pub fn at(address: impl ToString) -> Self {
        Self { address: address.to_string(), within: Duration::from_secs(10) }
    }

    /// The same, with another limit for the whole of a request and its answer.
    pub fn within(self, within: Duration) -> Self {
        Self { within, ..self }
    }

    /// `GET path`, with its query.
    pub fn get(&self, path: &str) -> Call {
        self.call(Method::GET, path)
    }

    /// `POST path`.
    pub fn post(&self, path: &str) -> Call {
        self.call(Method::POST, path)
    }

    /// `PUT path`.
    pub fn put(&self, path: &str) -> Call {
        self.call(Method::PUT, path)
    }

    /// Any other method.
    pub fn call(&self, method: Method, path: &str) -> Call {
        let request = Request::builder().method(method).uri(path).header(HOST, &self.address);
        Call { server: self.clone(), request, body: Bytes::new() }
    }
}

/// A request to be sent.
#[derive(Debug)]
#[must_use = "it is not sent yet"]
pub struct Call {
    server: Http,
    request: http::request::Builder,
    body: Bytes,
}

impl Call {
    /// With one more header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// With a JSON body.
    pub fn json(self, body: &Value) -> Self {
        self.header(CONTENT_TYPE.as_str(), "application/json").body(body.to_string())
    }

    /// With these bytes as the body, whatever they are, and no content type.
    pub fn body(mut self, body: impl Into<Bytes>) -> Self {
        self.body = body.into();
        self
    }

    /// Sends it, and reads the whole answer.
    pub async fn send(self) -> Result<Reply, Error> {
        let within = self.server.within;
        timeout(within, self.exchange()).await.unwrap_or(Err(Error::Late(within)))
    }

    async fn exchange(self) -> Result<Reply, Error> {
        let request = self.request.body(Full::new(self.body))?;
        let stream = TcpStream::connect(&self.server.address).await.map_err(Error::Unreachable)?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        let (head, body) = sender.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        connection.abort();
        Ok(Reply { status: head.status, headers: head.headers, body })
    }
}

/// An answer, whatever its status.
#[derive(Clone, Debug)]
pub struct Reply {
    /// Compares with a number: `reply.status == 201`.
    pub status: StatusCode,
    /// All headers.
    pub headers: HeaderMap,
    /// The whole body.
    pub body: Bytes,
}

impl Reply {
    /// One header, if it is there and is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    ///
    /// # Panics
    /// When it is not JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| {
            panic!("{} with a body that is not JSON ({error}): {}", self.status, self.text())
        })
    }
}

/// Why there was no answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Nobody listens there.
    #[error("not reachable")]
    Unreachable(#[source] std::io::Error),
    /// The request cannot be written down, such as a header with a line break.
    #[error("not a request")]
    Malformed(#[from] http::Error),
    /// The connection broke, or what came was not HTTP.
    #[error("the connection failed")]
    Broken(#[from] hyper::Error),
    /// The time was up.
    #[error("no answer within {0:?}")]
    Late(Duration),
}

#[cfg(test)]
mod tests {
    use std::{
        io::{Read as _, Write as _},
        net::TcpListener,
        thread::{self, JoinHandle},
    };

    use serde_json::json;

    use super::*;
    use crate::LoopbackAddr;

    /// A server that answers the first request with these bytes, and tells what it was asked.
    fn server(answer: &'static str) -> (Http, JoinHandle<String>) {
        let listener = TcpListener::bind((LoopbackAddr::new().ip(), 0)).unwrap();
        let address = listener.local_addr().unwrap();
        let asked = thread::spawn(move || {
            let (mut stream, _) = listener.accept().unwrap();
            let mut buffer = [0; 4096];
            let read = stream.read(&mut buffer).unwrap();
            stream.write_all(answer.as_bytes()).unwrap();
            String::from_utf8_lossy(&buffer[..read]).into_owned()
        });
        (Http::at(address), asked)
    }

    #[tokio::test]
    async fn a_request_goes_out_as_written_and_the_answer_comes_back_whole() {
        let (http, asked) = server(
            "HTTP/1.1 409 Conflict\r\nretry-after: 1\r\ntransfer-encoding: chunked\r\n\r\n7\r\n{\"a\":1}\r\n0\r\n\r\n",
        );
        let call = http.put("/v1/x?y=z").header("idempotency-key", "k-1").json(&json!({ "amount": 3 }));
        let reply = call.send().await.unwrap();
        assert_eq!(reply.status, 409);
        assert_eq!(reply.header("Retry-After"), Some("1"));
        assert_eq!(reply.json(), json!({ "a": 1 }));
        let asked = asked.join().unwrap();
        assert!(asked.starts_with("PUT /v1/x?y=z HTTP/1.1\r\n"), "{asked}");
        assert!(asked.contains("idempotency-key: k-1\r\n"), "{asked}");
        assert!(asked.contains("content-type: application/json\r\n"), "{asked}");
        assert!(asked.ends_with("\r\n\r\n{\"amount\":3}"), "{asked}");
    }

    #[tokio::test]
    async fn nobody_there_is_an_error_and_not_a_panic() {
        let error = Http::at(LoopbackAddr::new().free()).get("/").send().await.unwrap_err();
        assert!(matches!(error, Error::Unreachable(_)), "{error:?}");
    }

    #[tokio::test]
    async fn a_server_that_hangs_up_is_an_error() {
        let (http, _) = server("");
        let error = http.get("/").send().await.unwrap_err();
        assert!(matches!(error, Error::Broken(_)), "{error:?}");
    }

    #[tokio::test]
    async fn a_server_that_says_nothing_is_late() {
        let listener = TcpListener::bind((LoopbackAddr::new().ip(), 0)).unwrap();
        let http = Http::at(listener.local_addr().unwrap()).within(Duration::from_millis(20));
        let error = http.get("/").send().await.unwrap_err();
        assert!(matches!(error, Error::Late(_)), "{error:?}");
    }

    #[tokio::test]
    #[should_panic(expected = "200 OK with a body that is not JSON")]
    async fn a_body_that_is_not_json_fails_and_is_shown() {
        let (http, _) = server("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello");
        http.get("/").send().await.unwrap().json();
    }
}

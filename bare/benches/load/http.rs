//! A client that keeps its connections: each serves one request at a time, and as many are made as are needed at once.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use http_body_util::{BodyExt as _, Full};
use hyper::{
    Method, Request, StatusCode,
    body::Bytes,
    client::conn::http1::{self, SendRequest},
    header::{CONTENT_TYPE, HOST},
};
use hyper_util::rt::TokioIo;
use outgrow_testkit::contest::Failure;
use serde_json::Value;
use tokio::net::TcpStream;

type Connection = SendRequest<Full<Bytes>>;

/// Requests to one server. Clones share its connections.
#[derive(Clone)]
pub(crate) struct Http {
    address: SocketAddr,
    free: Arc<Mutex<Vec<Connection>>>,
}

impl Http {
    pub(crate) fn at(address: SocketAddr) -> Self {
        Self { address, free: Arc::default() }
    }

    /// Asks, and reads the answer as JSON; another status than `expected` is a failure.
    pub(crate) async fn get(&self, path: &str, expected: StatusCode) -> Result<Value, Failure> {
        self.exchange((Method::GET, path), Bytes::new(), expected, "").await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Result<Value, Failure> {
        self.exchange((Method::POST, path), body.to_string().into(), StatusCode::CREATED, "").await
    }

    /// The same, with what the client prefers (RFC 7240).
    pub(crate) async fn post_preferring(
        &self,
        path: &str,
        body: &Value,
        prefer: &str,
    ) -> Result<Value, Failure> {
        self.exchange((Method::POST, path), body.to_string().into(), StatusCode::CREATED, prefer).await
    }

    /// Whether it says that it is ready.
    pub(crate) async fn is_ready(&self) -> bool {
        let ready = self.send((Method::GET, "/health/ready"), Bytes::new(), "").await;
        ready.is_ok_and(|(status, _)| status == StatusCode::OK)
    }

    async fn exchange(
        &self,
        (method, path): (Method, &str),
        body: Bytes,
        expected: StatusCode,
        prefer: &str,
    ) -> Result<Value, Failure> {
        let (status, answer) = self.send((method, path), body, prefer).await?;
        if status == expected {
            return Ok(serde_json::from_slice(&answer)?);
        }
        Err(format!("{path}: {status} {}", String::from_utf8_lossy(&answer)).into())
    }

    async fn send(
        &self,
        (method, path): (Method, &str),
        body: Bytes,
        prefer: &str,
    ) -> Result<(StatusCode, Bytes), Failure> {
        let mut connection = self.connection().await?;
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, "shop")
            .header(CONTENT_TYPE, "application/json")
            .header("prefer", prefer)
            .body(Full::new(body))?;
        let (head, body) = connection.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        self.free().push(connection);
        Ok((head.status, body))
    }

    async fn connection(&self) -> Result<Connection, Failure> {
        loop {
            let Some(mut kept) = self.free().pop() else { break };
            if kept.ready().await.is_ok() {
                return Ok(kept);
            }
        }
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let (connection, driver) = http1::handshake(TokioIo::new(stream)).await?;
        drop(tokio::spawn(driver));
        Ok(connection)
    }

    fn free(&self) -> MutexGuard<'_, Vec<Connection>> {
        self.free.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

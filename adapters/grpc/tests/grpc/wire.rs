//! A peer that speaks HTTP/2 frame by frame, so that it can do what no well-behaved one would.

use std::io;

use adapter_grpc::GrpcAddress;
use outgrow_testkit::LoopbackAddr;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::timeout,
};

use super::example::LONG;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;
const GO_AWAY: u8 = 7;
const CONTINUATION: u8 = 9;

const ACK: u8 = 1;
const END_STREAM: u8 = 1;
const END_HEADERS: u8 = 4;

pub(super) const NO_ERROR: u32 = 0;
pub(super) const INTERNAL_ERROR: u32 = 2;
pub(super) const REFUSED_STREAM: u32 = 7;
pub(super) const CANCEL: u32 = 8;

/// What every gRPC response begins with.
pub(super) const GRPC: (&str, &str) = ("content-type", "application/grpc");

/// One frame, as it came.
#[derive(Debug)]
pub(super) struct Frame {
    kind: u8,
    flags: u8,
    pub(super) stream: u32,
    payload: Vec<u8>,
}

impl Frame {
    fn is_end_of_request(&self) -> bool {
        matches!(self.kind, DATA | HEADERS) && self.flags & END_STREAM != 0
    }

    pub(super) fn is_cancel_of(&self, stream: u32) -> bool {
        self.kind == RST_STREAM && self.stream == stream && self.payload == CANCEL.to_be_bytes()
    }
}

/// The peer's end of a connection.
pub(super) struct Wire(TcpStream);

/// A peer that treats every connection as `script` says.
pub(super) struct Peer {
    pub(super) address: GrpcAddress,
    task: JoinHandle<()>,
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Peer {
    pub(super) async fn start<F>(script: impl Fn(Wire) -> F + Send + 'static) -> Self
    where
        F: Future<Output = io::Result<()>> + Send + 'static,
    {
        let listener = TcpListener::bind((LoopbackAddr::new().ip(), 0)).await.unwrap();
        let address = format!("grpc://{}", listener.local_addr().unwrap()).parse().unwrap();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                drop(tokio::spawn(script(Wire(stream))));
            }
        });
        Self { address, task }
    }

    /// A peer that reads each request whole and then does this.
    pub(super) async fn after_request<F>(act: impl Fn(Wire, u32) -> F + Clone + Send + Sync + 'static) -> Self
    where
        F: Future<Output = io::Result<Wire>> + Send + 'static,
    {
        Self::start(move |mut wire| {
            let act = act.clone();
            async move {
                wire.greet().await?;
                loop {
                    let stream = wire.request().await?;
                    wire = act(wire, stream).await?;
                }
            }
        })
        .await
    }
}

impl Wire {
    /// Takes the client's preface and sends empty settings.
    pub(super) async fn greet(&mut self) -> io::Result<()> {
        let mut preface = [0; 24];
        self.0.read_exact(&mut preface).await?;
        self.send(SETTINGS, 0, 0, &[]).await
    }

    /// Reads until a request has come whole; its stream.
    pub(super) async fn request(&mut self) -> io::Result<u32> {
        Ok(self.until(Frame::is_end_of_request).await?.stream)
    }

    /// Reads until this frame comes. Acknowledges what must be.
    pub(super) async fn until(&mut self, wanted: impl Fn(&Frame) -> bool) -> io::Result<Frame> {
        loop {
            let frame = timeout(LONG, self.frame()).await??;
            if matches!(frame.kind, SETTINGS | PING) && frame.flags & ACK == 0 {
                self.send(frame.kind, ACK, 0, if frame.kind == PING { &frame.payload } else { &[] }).await?;
            }
            if wanted(&frame) {
                return Ok(frame);
            }
        }
    }

    async fn frame(&mut self) -> io::Result<Frame> {
        let mut head = [0; 9];
        self.0.read_exact(&mut head).await?;
        let [a, b, c, kind, flags, stream @ ..] = head;
        let mut payload = vec![0; usize::try_from(u32::from_be_bytes([0, a, b, c])).unwrap()];
        self.0.read_exact(&mut payload).await?;
        Ok(Frame { kind, flags, stream: u32::from_be_bytes(stream), payload })
    }

    async fn send(&mut self, kind: u8, flags: u8, stream: u32, payload: &[u8]) -> io::Result<()> {
        let [_, a, b, c] = u32::try_from(payload.len()).unwrap().to_be_bytes();
        let mut frame = vec![a, b, c, kind, flags];
        frame.extend_from_slice(&stream.to_be_bytes());
        frame.extend_from_slice(payload);
        self.0.write_all(&frame).await
    }

    /// Allows no more requests, and waits until the client knows.
    pub(super) async fn allow_no_streams(&mut self) -> io::Result<()> {
        self.send(SETTINGS, 0, 0, &[0, 3, 0, 0, 0, 0]).await?;
        self.until(|frame| frame.kind == SETTINGS && frame.flags & ACK != 0).await?;
        Ok(())
    }

    /// Sends `:status` and headers.
    pub(super) async fn headers(
        &mut self,
        stream: u32,
        status: &str,
        headers: &[(&str, &str)],
        end: bool,
    ) -> io::Result<()> {
        let all: Vec<_> = [(":status", status)].iter().chain(headers).copied().collect();
        self.block(stream, &all, end).await
    }

    /// Sends trailers, which end the stream.
    pub(super) async fn trailers(&mut self, stream: u32, trailers: &[(&str, &str)]) -> io::Result<()> {
        self.block(stream, trailers, true).await
    }

    async fn block(&mut self, stream: u32, headers: &[(&str, &str)], end: bool) -> io::Result<()> {
        let mut block = Vec::new();
        for (name, value) in headers {
            block.push(0); // a literal, not indexed
            for part in [name, value] {
                length(part.len(), &mut block);
                block.extend_from_slice(part.as_bytes());
            }
        }
        let end = if end { END_STREAM } else { 0 };
        let last = block.len().div_ceil(16_000) - 1;
        for (n, part) in block.chunks(16_000).enumerate() {
            let kind = if n == 0 { HEADERS } else { CONTINUATION };
            let flags = if n == 0 { end } else { 0 } | if n == last { END_HEADERS } else { 0 };
            self.send(kind, flags, stream, part).await?;
        }
        Ok(())
    }

    pub(super) async fn data(&mut self, stream: u32, data: &[u8], end: bool) -> io::Result<()> {
        for part in data.chunks(16_000) {
            self.send(DATA, 0, stream, part).await?;
        }
        if end { self.send(DATA, END_STREAM, stream, &[]).await } else { Ok(()) }
    }

    /// A good answer to any call of the example: the text `ok`.
    pub(super) async fn answer(&mut self, stream: u32) -> io::Result<()> {
        self.headers(stream, "200", &[GRPC], false).await?;
        self.data(stream, b"\x00\x00\x00\x00\x04\x0a\x02ok", false).await?;
        self.trailers(stream, &[("grpc-status", "0")]).await
    }

    pub(super) async fn reset(&mut self, stream: u32, reason: u32) -> io::Result<()> {
        self.send(RST_STREAM, 0, stream, &reason.to_be_bytes()).await
    }

    pub(super) async fn go_away(&mut self, last: u32, reason: u32) -> io::Result<()> {
        self.send(GO_AWAY, 0, 0, &[last.to_be_bytes(), reason.to_be_bytes()].concat()).await
    }

    /// Sends these bytes, which need not be HTTP/2.
    pub(super) async fn raw(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes).await
    }

    /// Reads nothing and says nothing until the client is gone.
    pub(super) async fn silence(self) -> io::Result<()> {
        std::future::pending::<()>().await;
        drop(self);
        Ok(())
    }
}

/// A length of HPACK: seven bits in the first byte, then seven each.
fn length(mut length: usize, out: &mut Vec<u8>) {
    let byte = |length: usize| u8::try_from(length).unwrap();
    if length < 127 {
        return out.push(byte(length));
    }
    out.push(127);
    length -= 127;
    while length >= 128 {
        out.push(byte(length % 128 + 128));
        length /= 128;
    }
    out.push(byte(length));
}

//! A client that knows nothing of us: tonic's own, and what it may expect of any gRPC server.

use std::error::Error;

use adapter_grpc::GrpcAddress;
use bytes::{Buf as _, BufMut as _, Bytes};
use futures_util::{StreamExt as _, stream};
use hyper::{
    body::Body,
    client::conn::http2::{self, SendRequest},
};
use hyper_util::rt::{TokioExecutor, TokioIo};
use outgrow::{Message as _, wire};
use tokio::net::TcpStream;
use tonic::{
    Code, Request, Status,
    client::Grpc,
    codec::{Codec, DecodeBuf, Decoder, EncodeBuf, Encoder},
    metadata::{AsciiMetadataKey, AsciiMetadataValue},
    transport::{Channel, Endpoint},
};
use tonic_health::pb::{
    HealthCheckRequest, health_check_response::ServingStatus, health_client::HealthClient,
};
use tonic_reflection::pb::v1::{
    ServerReflectionRequest, server_reflection_client::ServerReflectionClient,
    server_reflection_request::MessageRequest, server_reflection_response::MessageResponse,
};

use super::example::{LONG, cx, text as request};
use super::serving::Server;

/// Bytes in, bytes out.
#[derive(Clone, Copy, Default)]
struct Raw;

impl Codec for Raw {
    type Encode = Bytes;
    type Decode = Bytes;
    type Encoder = Self;
    type Decoder = Self;

    fn encoder(&mut self) -> Self {
        Self
    }

    fn decoder(&mut self) -> Self {
        Self
    }
}

impl Encoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn encode(&mut self, item: Bytes, dst: &mut EncodeBuf<'_>) -> Result<(), Status> {
        dst.put(item);
        Ok(())
    }
}

impl Decoder for Raw {
    type Item = Bytes;
    type Error = Status;

    fn decode(&mut self, src: &mut DecodeBuf<'_>) -> Result<Option<Bytes>, Status> {
        Ok(Some(src.copy_to_bytes(src.remaining())))
    }
}

/// A foreign client.
pub(super) struct Foreign(Grpc<Channel>);

impl Foreign {
    pub(super) async fn to(address: &GrpcAddress) -> Self {
        Self(Grpc::new(channel(address).await))
    }

    pub(super) async fn call(
        &mut self,
        path: &'static str,
        message: Bytes,
        headers: &[(&str, &str)],
    ) -> Result<Bytes, Status> {
        let mut request = Request::new(message);
        for (name, value) in headers {
            let name: AsciiMetadataKey = name.parse().unwrap();
            request.metadata_mut().insert(name, AsciiMetadataValue::try_from(*value).unwrap());
        }
        self.0.ready().await.unwrap();
        let path = http::uri::PathAndQuery::from_static(path);
        self.0.unary(request, path, Raw).await.map(tonic::Response::into_inner)
    }
}

async fn channel(address: &GrpcAddress) -> Channel {
    let uri = address.to_string().replace("grpc://", "http://");
    Endpoint::from_shared(uri).unwrap().connect().await.unwrap()
}

/// A plain HTTP/2 client.
pub(super) async fn http<B>(address: &GrpcAddress) -> SendRequest<B>
where
    B: Body<Data: Send, Error: Error + Send + Sync> + Send + Unpin + 'static,
{
    let stream = TcpStream::connect((address.host(), address.port())).await.unwrap();
    let (sender, connection) = http2::handshake(TokioExecutor::new(), TokioIo::new(stream)).await.unwrap();
    drop(tokio::spawn(connection));
    sender
}

/// A request for `Echo`.
pub(super) fn post<B>(address: &GrpcAddress, content_type: &str, body: B) -> http::Request<B> {
    let uri = format!("http://{}:{}/example.v1.Example/Echo", address.host(), address.port());
    http::Request::post(uri).header("content-type", content_type).body(body).unwrap()
}

/// `Text { text }`, as any Protobuf library writes it.
pub(super) fn text(text: &str) -> Bytes {
    let mut out = vec![0x0a, u8::try_from(text.len()).unwrap()];
    out.extend_from_slice(text.as_bytes());
    out.into()
}

/// Whether the details are a `google.rpc.Status` with an `outgrow.v1.CallFailure` of this kind that did not happen.
pub(super) fn says_not_executed(status: &Status, kind: &str) -> bool {
    let mut failure = vec![0x08, 0x01, 0x12];
    wire::delimited(&mut failure, |out| out.extend_from_slice(kind.as_bytes()));
    let contains = |part: &[u8]| status.details().windows(part.len()).any(|window| window == part);
    contains(b"type.googleapis.com/outgrow.v1.CallFailure") && contains(&failure)
}

#[tokio::test]
async fn a_foreign_client_gets_an_answer() {
    let server = Server::start().await;
    let mut foreign = Foreign::to(&server.address).await;
    assert_eq!(foreign.call("/example.v1.Example/Echo", text("hello"), &[]).await.unwrap(), text("hello"));
}

#[tokio::test]
async fn a_foreign_client_gets_a_refusal_with_its_details() {
    let server = Server::start().await;
    let mut foreign = Foreign::to(&server.address).await;
    let status = foreign.call("/example.v1.Example/Put", text("refuse so"), &[]).await.unwrap_err();
    assert_eq!((status.code(), status.message()), (Code::FailedPrecondition, "no, so"));
    let any = b"\x0a\x2dtype.googleapis.com/example.v1.ExampleRefusal\x12\x06\x0a\x04\x0a\x02so";
    let expected = [b"\x08\x09\x12\x06no, so\x1a\x37".as_slice(), any].concat();
    assert_eq!(status.details(), expected);
}

#[tokio::test]
async fn every_failure_has_its_documented_code() {
    let server = Server::start().await;
    let mut foreign = Foreign::to(&server.address).await;
    let not_executed = [
        ("unreachable", Code::Unavailable),
        ("unserved", Code::Unimplemented),
        ("overloaded", Code::ResourceExhausted),
        ("expired", Code::DeadlineExceeded),
        ("denied", Code::PermissionDenied),
        ("bad-request", Code::InvalidArgument),
        ("key-reused", Code::AlreadyExists),
        ("in-progress", Code::Aborted),
        ("storage", Code::Unavailable),
        ("dependency", Code::Unavailable),
        ("bad-answer", Code::Internal),
        ("lost", Code::Unavailable),
        ("internal", Code::Internal),
    ];
    assert_eq!(not_executed.len(), outgrow::CauseKind::ALL.len());
    for (kind, code) in not_executed {
        let told = text(&format!("not-executed {kind}"));
        let status = foreign.call("/example.v1.Example/Put", told, &[]).await.unwrap_err();
        assert_eq!(status.code(), code, "{kind}");
        assert!(says_not_executed(&status, kind), "{status:?}");

        let told = text(&format!("in-doubt {kind}"));
        let status = foreign.call("/example.v1.Example/Put", told, &[]).await.unwrap_err();
        let code = match kind {
            "expired" => Code::DeadlineExceeded,
            "internal" => Code::Internal,
            _ => Code::Unknown,
        };
        assert_eq!(status.code(), code, "in doubt, {kind}");
        assert!(!says_not_executed(&status, kind), "{status:?}");
    }
}

#[tokio::test]
async fn what_is_not_served_is_not_executed() {
    let server = Server::start().await;
    let mut foreign = Foreign::to(&server.address).await;
    for path in
        ["/example.v1.Example/Nothing", "/nothing.v1.Nothing/Put", "/grpc.nothing.v1.Nothing/Put", "/"]
    {
        let status = foreign.call(path, text("x"), &[]).await.unwrap_err();
        assert_eq!(status.code(), Code::Unimplemented, "{path}");
        assert_eq!(status.message(), format!("{path} is not served here"));
        assert!(says_not_executed(&status, "unserved"));
    }
}

#[tokio::test]
async fn reflection_describes_the_port() {
    let server = Server::start().await;
    let mut client = ServerReflectionClient::new(channel(&server.address).await);
    let ask = |what| ServerReflectionRequest { host: String::new(), message_request: Some(what) };
    let asked = [
        ask(MessageRequest::ListServices(String::new())),
        ask(MessageRequest::FileContainingSymbol("example.v1.Example.Put".to_owned())),
        ask(MessageRequest::FileContainingSymbol("outgrow.v1.CallFailure".to_owned())),
    ];
    let answers = client.server_reflection_info(stream::iter(asked)).await.unwrap().into_inner();
    let answers: Vec<_> = answers.map(|answer| answer.unwrap().message_response.unwrap()).collect().await;
    let MessageResponse::ListServicesResponse(services) = &answers[0] else { panic!("{answers:?}") };
    assert!(services.service.iter().any(|service| service.name == "example.v1.Example"), "{services:?}");
    let MessageResponse::FileDescriptorResponse(file) = &answers[1] else { panic!("{answers:?}") };
    assert!(String::from_utf8_lossy(&file.file_descriptor_proto[0]).contains("ExampleRefusal"));
    assert!(matches!(answers[2], MessageResponse::FileDescriptorResponse(_)), "{answers:?}");
}

#[tokio::test]
async fn health_is_reported_for_the_process_and_for_each_port() {
    let server = Server::start().await;
    let mut client = HealthClient::new(channel(&server.address).await);
    for service in ["", "example.v1.Example"] {
        let asked = HealthCheckRequest { service: service.to_owned() };
        let answer = client.check(asked).await.unwrap().into_inner();
        assert_eq!(answer.status(), ServingStatus::Serving, "{service:?}");
    }
    let unknown = client.check(HealthCheckRequest { service: "nothing.v1.Nothing".to_owned() }).await;
    assert_eq!(unknown.unwrap_err().code(), Code::NotFound);
}

#[tokio::test]
async fn who_watches_health_learns_of_the_end_and_does_not_hold_it_up() {
    let server = Server::start().await;
    let mut client = HealthClient::new(channel(&server.address).await);
    let asked = HealthCheckRequest { service: "example.v1.Example".to_owned() };
    let mut watched = client.watch(asked).await.unwrap().into_inner();
    assert_eq!(watched.message().await.unwrap().unwrap().status(), ServingStatus::Serving);
    let ended = server.stop();
    assert_eq!(watched.message().await.unwrap().unwrap().status(), ServingStatus::NotServing);
    assert!(watched.message().await.unwrap().is_none());
    tokio::time::timeout(LONG, ended).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn our_own_encoding_is_what_a_foreign_client_sends() {
    assert_eq!(request("hello").to_bytes(), text("hello"));
    let server = Server::start().await;
    assert_eq!(server.client().echo(&cx(), request("hello")).await, Ok(request("hello")));
}

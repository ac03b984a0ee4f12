//! Bare tonic, written as well as it can be: no router before the service, no path parsed per call, no future boxed
//! that need not be, no delay on the sockets. It sends neither a deadline nor any other context.

use std::{
    convert::Infallible,
    net::SocketAddr,
    sync::mpsc::Sender,
    task::{Context, Poll},
};

use http::{Request, Response, uri::PathAndQuery};
use outgrow_testkit::contest::{Client, Failure};
use tonic::{
    Status,
    body::Body,
    client, server,
    transport::{Channel, Endpoint, Server, server::TcpIncoming},
};
use tonic_prost::ProstCodec;
use tower::{Service, service_fn};

use crate::pricing::twin::{Basket, Quote};

const QUOTE: &str = "/pricing.v1.Pricing/Quote";

/// What `tonic-build` would generate, less its boxes.
#[derive(Clone)]
struct Pricing;

impl Service<Request<Body>> for Pricing {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = std::pin::Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, req: Request<Body>) -> Self::Future {
        Box::pin(async move {
            if req.uri().path() != QUOTE {
                return Ok(Status::unimplemented("").into_http());
            }
            let mut grpc = server::Grpc::new(ProstCodec::default());
            Ok(grpc.unary(service_fn(quote), req).await)
        })
    }
}

async fn quote(request: tonic::Request<Basket>) -> Result<tonic::Response<Quote>, Status> {
    Ok(tonic::Response::new(request.into_inner().quote()))
}

/// Serves until the process ends.
pub(crate) async fn serve(listening: Sender<SocketAddr>) -> Result<(), Failure> {
    let incoming = TcpIncoming::bind(([127, 0, 0, 1], 0).into())?.with_nodelay(Some(true));
    listening.send(incoming.local_addr()?)?;
    Ok(Server::builder().serve_with_incoming(Pricing, incoming).await?)
}

/// A client.
#[derive(Clone)]
pub(crate) struct Tonic {
    grpc: client::Grpc<Channel>,
    path: PathAndQuery,
}

impl Tonic {
    pub(crate) async fn connect(address: SocketAddr) -> Result<Self, Failure> {
        let channel = Endpoint::from_shared(format!("http://{address}"))?.tcp_nodelay(true).connect().await?;
        Ok(Self { grpc: client::Grpc::new(channel), path: PathAndQuery::from_static(QUOTE) })
    }
}

impl Client for Tonic {
    async fn call(&self, nth: u64) -> Result<(), Failure> {
        let mut grpc = self.grpc.clone();
        grpc.ready().await?;
        let request = tonic::Request::new(Basket::nth(nth));
        let quote = grpc.unary(request, self.path.clone(), ProstCodec::<_, Quote>::default()).await?;
        if quote.into_inner().total == 0 { Err("nothing was added up".into()) } else { Ok(()) }
    }
}

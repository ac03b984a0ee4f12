//! From a name to addresses, asked anew for every connection: a peer may come back elsewhere.

use std::{
    io,
    net::SocketAddr,
    sync::Arc,
    task::{Context, Poll},
    vec,
};

use hyper_util::client::legacy::connect::dns::Name;
use outgrow::BoxFuture;
use tower::Service;

/// Finds the addresses of a name.
pub trait Resolve: Send + Sync {
    /// The addresses of `host`, preferred first. Their ports are not used.
    fn resolve(&self, host: &str) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>>;
}

/// As the system does it: hosts file, DNS.
pub(super) fn system() -> Arc<dyn Resolve> {
    struct System;
    impl Resolve for System {
        fn resolve(&self, host: &str) -> BoxFuture<'static, io::Result<Vec<SocketAddr>>> {
            let host = host.to_owned();
            Box::pin(async move { Ok(tokio::net::lookup_host((host, 0)).await?.collect()) })
        }
    }
    Arc::new(System)
}

/// A [`Resolve`] as hyper wants it.
#[derive(Clone)]
pub(super) struct Resolver(pub(super) Arc<dyn Resolve>);

impl Service<Name> for Resolver {
    type Response = vec::IntoIter<SocketAddr>;
    type Error = io::Error;
    type Future = BoxFuture<'static, io::Result<Self::Response>>;

    fn poll_ready(&mut self, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, req: Name) -> Self::Future {
        let addresses = self.0.resolve(req.as_str());
        Box::pin(async move { Ok(addresses.await?.into_iter()) })
    }
}

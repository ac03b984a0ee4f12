//! What the runtime knows of this crate.

use std::{error::Error, net::SocketAddr, sync::Arc, time::Duration};

use outgrow::{BoxFuture, Dispatch, IdGen, Transport};
use outgrow_runtime::{Address, Carrier, Listener, placement::Unusable};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{AddressError, GrpcAddress, GrpcServer, GrpcTransport, ServeError};

/// The carrier of `grpc://` addresses.
#[derive(Clone, Copy, Debug, Default)]
pub struct Grpc;

impl Carrier for Grpc {
    fn scheme(&self) -> &'static str {
        "grpc"
    }

    fn connect(&self, address: &Address) -> Result<Arc<dyn Transport>, Unusable> {
        let address = read(address)?;
        if address.port() == 0 {
            return Err(Unusable(format!("nobody can know which port `{address}` is: say one")));
        }
        Ok(Arc::new(GrpcTransport::connect(&address)))
    }

    fn listen<'a>(
        &'a self,
        address: &'a Address,
        bind: Option<&'a Address>,
    ) -> BoxFuture<'a, Result<Box<dyn Listener>, Unusable>> {
        Box::pin(async move {
            let at = read(bind.unwrap_or(address))?;
            let bound = async {
                let listener = GrpcServer::bind(&at).await.map_err(|error| chain(&error))?;
                let place = listener.local_addr().map_err(|error| error.to_string())?;
                Ok::<_, String>(Bound { listener, place })
            };
            let bound = bound.await.map_err(Unusable)?;
            let listener: Box<dyn Listener> = Box::new(bound);
            Ok(listener)
        })
    }
}

fn read(address: &Address) -> Result<GrpcAddress, Unusable> {
    address.to_string().parse().map_err(|error: AddressError| Unusable(error.to_string()))
}

/// An error and its cause in one line.
fn chain(error: &dyn Error) -> String {
    error.source().map_or_else(|| error.to_string(), |cause| format!("{error}: {cause}"))
}

/// A port that nobody answers at yet.
struct Bound {
    listener: TcpListener,
    place: SocketAddr,
}

impl Listener for Bound {
    fn place(&self) -> String {
        self.place.to_string()
    }

    fn is_up(&self) -> Arc<dyn Fn() -> bool + Send + Sync> {
        Arc::new(|| true) // a bound port stays bound until its process ends
    }

    fn serve(
        self: Box<Self>,
        doors: Vec<Arc<dyn Dispatch>>,
        ids: Arc<dyn IdGen>,
        stop: CancellationToken,
        drain: Duration,
    ) -> BoxFuture<'static, Result<(), Box<dyn Error + Send + Sync>>> {
        Box::pin(async move {
            match GrpcServer::new(doors, ids).serve(self.listener, stop.cancelled(), drain).await {
                // Whoever would not let go was let go of: that is how a drain ends.
                Err(undrained @ ServeError::Undrained { .. }) => {
                    tracing::warn!(%undrained, "peers held on for longer than the drain");
                    Ok(())
                }
                served => Ok(served?),
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connecting_never_fails_because_nobody_is_there() {
        assert!(Grpc.connect(&"grpc://nobody.invalid:1".parse().unwrap()).is_ok());
    }

    #[test]
    fn an_address_that_cannot_be_used_says_why() {
        let Err(error) = Grpc.connect(&"grpc://stock".parse().unwrap()) else { panic!("it has no port") };
        assert_eq!(error.to_string(), "`grpc://stock` has no port: an address is `grpc://host:port`");
    }
}

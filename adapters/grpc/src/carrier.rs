//! What the runtime knows of this crate.

use std::sync::Arc;

use outgrow::Transport;
use outgrow_runtime::{Address, Carrier, placement::Unusable};

use crate::{GrpcAddress, GrpcTransport};

/// The carrier of `grpc://` addresses.
#[derive(Clone, Copy, Debug, Default)]
pub struct Grpc;

impl Carrier for Grpc {
    fn scheme(&self) -> &'static str {
        "grpc"
    }

    fn connect(&self, address: &Address) -> Result<Arc<dyn Transport>, Unusable> {
        let address: GrpcAddress =
            address.to_string().parse().map_err(|error: crate::AddressError| Unusable(error.to_string()))?;
        Ok(Arc::new(GrpcTransport::connect(&address)))
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

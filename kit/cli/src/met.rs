//! Who answers at the addresses of a system right now, and whether they and this binary understand each other.

use std::time::Duration;

use futures_util::future::join_all;
use outgrow::{CallContext, Cause, CauseKind, IdGen as _, PortDesc, SystemIds, call::OPERATOR, schema::Skew};
use outgrow_runtime::{Address, Known, Target};
use serde_json::{Value, json};

use crate::{App, Settings, check};

/// How long one look takes at most. All are taken together.
const LOOK: Duration = Duration::from_secs(1);

/// A port at one of its addresses.
pub(crate) struct Met {
    pub(crate) port: &'static PortDesc,
    pub(crate) address: Address,
    contract: Result<Known, Cause>,
}

/// Asks at every address of every port for its contract.
pub(crate) async fn everybody(settings: &Settings, app: App) -> Vec<Met> {
    let carriers = check::carriers(settings);
    let services = settings.topology.services.iter();
    let places = services.flat_map(|(name, service)| {
        let ports = settings.topology.hosted_by(name, app.modules).into_iter().flat_map(|spec| spec.ports());
        ports.flat_map(|port| service.address.iter().map(move |address| (port, address.clone())))
    });
    let cx = CallContext::new(OPERATOR, SystemIds.uuid());
    let asked = places.map(async |(port, address)| {
        let carrier = carriers.iter().find(|carrier| carrier.scheme() == address.scheme)?;
        let target = Target::new(address.to_string(), carrier.connect(&address).ok()?);
        let contract = target.contract(port, &cx, LOOK).await;
        Some(Met { port, address, contract })
    });
    join_all(asked).await.into_iter().flatten().collect()
}

impl Met {
    /// What is known of their contract, in words.
    pub(crate) fn said(&self) -> String {
        match &self.contract {
            Ok(known) => known.to_string(),
            Err(cause) if matches!(cause.kind, CauseKind::Unreachable | CauseKind::Expired) => {
                "nobody answers".to_owned()
            }
            Err(cause) => format!("cannot be asked: {cause}"),
        }
    }

    pub(crate) fn json(&self) -> Value {
        let breaches = match &self.contract {
            Ok(Known::Said(Skew::Incompatible(breaches))) => breaches.clone(),
            _ => Vec::new(),
        };
        json!({
            "port": self.port.to_string(),
            "address": self.address.to_string(),
            "contract": self.code(),
            "breaches": breaches,
        })
    }

    fn code(&self) -> &'static str {
        match &self.contract {
            Err(_) => "unreachable",
            Ok(Known::NotMet | Known::Unsaid) => "unsaid",
            Ok(Known::Said(skew)) => match skew {
                Skew::Same => "same",
                Skew::Newer => "newer",
                Skew::Older => "older",
                Skew::Apart => "apart",
                Skew::Incompatible(_) => "incompatible",
            },
        }
    }
}

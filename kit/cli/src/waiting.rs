//! Waiting for homes that are not there yet: a database that is down, or that nobody has migrated.
//!
//! On SQLite nothing is waited for: a home is made and migrated when it is opened.

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use adapter_http::{Component, Operations, Readiness};
use adapter_sql::OpenError;
use outgrow::SystemIds;

use crate::{App, Failed, Settings, homes, homes::Opened, listen::Listening};

/// Between two looks.
const PAUSE: Duration = Duration::from_secs(1);

/// Returns when every home that this service needs is there. Until then operations answer, unready and saying why.
pub(crate) async fn for_homes(
    settings: &Settings,
    app: App,
    service: &str,
    listening: Listening,
) -> Result<Listening, Failed> {
    let Err(why) = Opened::prepared(settings, app, service).await else { return Ok(listening) };
    let lacking = Lacking::default();
    lacking.say(why)?;
    let prepared = async {
        loop {
            tokio::time::sleep(PAUSE).await;
            match Opened::prepared(settings, app, service).await {
                Ok(()) => return Ok(()),
                Err(why) => lacking.say(why)?,
            }
        }
    };
    let router = adapter_http::starting(lacking.operations(), Arc::new(SystemIds));
    let (listening, prepared) = listening.meanwhile(router, prepared).await?;
    prepared?;
    tracing::info!("every home is there");
    Ok(listening)
}

/// What is being waited for, in words.
#[derive(Clone, Default)]
struct Lacking(Arc<Mutex<String>>);

impl Lacking {
    /// Takes note of what is lacking, and tells it once. What waiting does not mend is an error.
    fn say(&self, why: OpenError) -> Result<(), Failed> {
        if !why.may_pass() {
            return Err(homes::failed_to_open(why));
        }
        let why = format!("{:#}", anyhow::Error::new(why));
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if *told != why {
            tracing::warn!("waiting: {why}");
            *told = why;
        }
        Ok(())
    }

    fn operations(&self) -> Operations {
        let lacking = self.clone();
        let ready = move || {
            let why = lacking.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
            std::future::ready(Readiness(vec![Component::own("homes", false).detail(why)]))
        };
        Operations::new(ready, async || String::new())
    }
}

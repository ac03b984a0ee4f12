//! The homes of a process: opened before anything is composed, closed after everything has ended.

use std::{path::Path, sync::Arc};

use adapter_sql::{DataUrl, Home, Homes, OpenError};
use outgrow::{Clock, IdGen, ModuleSpec, SystemClock, SystemIds};
use outgrow_runtime::Tasks;

use crate::{App, Exit, Failed, Settings};

/// The homes of this process: most at one place, some elsewhere.
pub(crate) struct Opened {
    places: Vec<Arc<Homes>>,
    homes: Vec<Home>,
}

impl Opened {
    /// Opens the home of every module that this service hosts, once more if that failed for a reason that may pass: a
    /// database that has just answered may be crowded by all who waited for it.
    pub(crate) async fn open(
        settings: &Settings,
        app: App,
        service: &str,
        tasks: &Tasks,
    ) -> Result<Self, Failed> {
        let hosted = || settings.topology.hosted_by(service, app.modules).into_iter().copied();
        match Self::open_once(settings, app, hosted(), tasks).await {
            Err(Failed { why, .. }) if why.downcast_ref().is_some_and(OpenError::may_pass) => {
                tracing::warn!("opening once more: {why:#}");
                Self::open_once(settings, app, hosted(), tasks).await
            }
            opened => opened,
        }
    }

    /// Opens the home of every module, wherever it is hosted: to look at it, with nothing running.
    pub(crate) async fn all(settings: &Settings, app: App) -> Result<Self, Failed> {
        Self::open_once(settings, app, app.modules.iter().copied(), &Tasks::default()).await
    }

    async fn open_once(
        settings: &Settings,
        app: App,
        specs: impl Iterator<Item = &'static ModuleSpec>,
        tasks: &Tasks,
    ) -> Result<Self, Failed> {
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let ids: Arc<dyn IdGen> = Arc::new(SystemIds);
        let mut opened = Self { places: Vec::new(), homes: Vec::new() };
        let mut shared: Option<Arc<Homes>> = None;
        for spec in specs {
            let place = match (&shared, settings.homes.get(spec.name)) {
                (Some(shared), None) => Arc::clone(shared),
                (_, own) => {
                    let url = data_url(settings.home_of(spec.name), &settings.base)?;
                    let place = Homes::open(&url, tasks.clone(), Arc::clone(&clock), Arc::clone(&ids)).await;
                    let place = Arc::new(place.map_err(failed_to_open)?.among(app.modules));
                    opened.places.push(Arc::clone(&place));
                    if own.is_none() {
                        shared = Some(Arc::clone(&place));
                    }
                    place
                }
            };
            opened.homes.push(place.home(spec).await.map_err(failed_to_open)?);
        }
        Ok(opened)
    }

    /// Whether every home that this service needs is there and migrated, without opening any.
    pub(crate) async fn prepared(settings: &Settings, app: App, service: &str) -> Result<(), OpenError> {
        for spec in settings.topology.hosted_by(service, app.modules) {
            if let Ok(url) = settings.home_of(spec.name).parse::<DataUrl>() {
                adapter_sql::migrated(&url, &[spec]).await?;
            }
        }
        Ok(())
    }

    /// Each open home.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Home> {
        self.homes.iter()
    }

    /// Where they are: to ask whether they answer.
    pub(crate) fn places(&self) -> Vec<Arc<Homes>> {
        self.places.clone()
    }

    /// Waits for what is being written, then closes.
    pub(crate) async fn close(&self) {
        for place in &self.places {
            place.close().await;
        }
    }
}

/// Relative folders begin beside the file.
pub(crate) fn data_url(url: &str, base: &Path) -> Result<DataUrl, Failed> {
    Ok(url.parse::<DataUrl>().map_err(Failed::usage)?.beside(base))
}

/// A home whose data is wrong is another matter than one that cannot be reached.
pub(crate) fn failed_to_open(error: OpenError) -> Failed {
    let exit = if error.is_about_data() { Exit::Data } else { Exit::Unavailable };
    Failed { exit, why: error.into() }
}

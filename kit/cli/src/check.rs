//! `check`: everything wrong with the configuration, at once, before anything is opened.

use std::sync::Arc;

use adapter_grpc::Grpc;
use adapter_rabbitmq::RabbitMq;
use outgrow_runtime::{Carrier, topology::Flaw};

use crate::{App, Failed, Settings, config, exit};

/// All that this binary can carry calls by: the one place to add another.
pub(crate) fn carriers(settings: &Settings) -> Vec<Arc<dyn Carrier>> {
    let broker = settings.broker.as_ref().and_then(|broker| broker.broker().ok());
    vec![Arc::new(Grpc), Arc::new(RabbitMq::over(broker))]
}

/// Refuses a configuration with flaws, naming all of them.
pub(crate) fn sound(settings: &Settings, app: App) -> Result<(), Failed> {
    let flaws = settings.flaws(app, &carriers(settings));
    if flaws.is_empty() {
        return Ok(());
    }
    let lines: Vec<_> = flaws.iter().map(|flaw| format!("  {}", located(settings, flaw))).collect();
    let problems = if flaws.len() == 1 { "1 problem" } else { &format!("{} problems", flaws.len()) };
    Err(Failed::usage(anyhow::anyhow!("{problems} in the configuration\n{}", lines.join("\n"))))
}

/// Where a flaw stands, what it is, and what to do.
fn located(settings: &Settings, flaw: &Flaw) -> String {
    match config::set_by_environment(&flaw.key) {
        Some(variable) => format!("{variable} ({flaw})"),
        None => format!("{}: {flaw}", settings.source),
    }
}

pub(crate) fn check(settings: &Settings, app: App) -> Result<(), Failed> {
    sound(settings, app)?;
    let services = settings.topology.services.len();
    exit::say(format_args!(
        "{}: {} modules in {services} service(s), nothing wrong",
        settings.source,
        app.modules.len()
    ))
}

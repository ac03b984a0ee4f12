//! What a process says when it begins to serve: which module is where, the address, and a line to try.

use std::fmt::Write as _;

use adapter_sql::DataUrl;
use outgrow_runtime::{Placement, modules::Composed, topology::MAIN};

use crate::{
    App, Failed, Settings, exit,
    listen::{Listening, Place},
};

pub(crate) fn print(
    settings: &Settings,
    app: App,
    service: &str,
    listening: &Listening,
    composed: &[Composed],
) -> Result<(), Failed> {
    exit::say(text(settings, app, service, listening, composed))
}

/// Where data is, without a password.
fn place_of(url: &str) -> String {
    url.parse::<DataUrl>().map(|url| url.to_string()).unwrap_or_default()
}

fn text(
    settings: &Settings,
    app: App,
    service: &str,
    listening: &Listening,
    composed: &[Composed],
) -> String {
    let mut text = format!("\n  {} serves `{service}` ({})\n\n", app.name, settings.source);
    let hosted = settings.topology.hosted_by(service, app.modules);
    let needs = hosted.iter().flat_map(|spec| spec.needs).map(|need| need.module());
    let edge = app.modules.iter().map(|spec| spec.name).filter(|_| service == MAIN);
    let called: Vec<_> = needs.chain(edge).collect();
    for spec in app.modules {
        let of = |composed: &&Composed| composed.port.to_string() == spec.port.to_string();
        let Some(Composed { placement, .. }) = composed.iter().find(of) else { continue };
        if matches!(placement, Placement::Remote(_)) && !called.contains(&spec.name) {
            continue;
        }
        let place = match placement {
            Placement::Local => place_of(settings.home_of(spec.name)),
            Placement::Loopback => "in this process, through the wire".to_owned(),
            Placement::Remote(addresses) => {
                let addresses: Vec<_> = addresses.iter().map(ToString::to_string).collect();
                format!("{} ({})", addresses.join(", "), settings.topology.host_of(spec.name))
            }
        };
        _ = writeln!(text, "  {:<14}{:<10}{place}", spec.name, placement.to_string());
    }
    text.push('\n');
    for Place { what, at, .. } in listening.places() {
        _ = writeln!(text, "  {what:<14}{at}");
    }
    if let Some(http) = listening.http().filter(|_| service == MAIN) {
        _ = writeln!(text, "  {:<14}http://{http}/docs", "docs");
        _ = writeln!(text, "\n  try: {}", (app.try_it)(&format!("http://{http}")));
    }
    text
}

//! `topology`: which service hosts which module, how it is reached, who calls and who hears whom, and who answers there
//! right now.

use std::fmt::Write as _;

use outgrow::call::EDGE;
use outgrow_runtime::{Placement, topology::MAIN};
use serde_json::{Value, json};

use crate::{
    App, Failed, Settings, check, exit,
    met::{self, Met},
};

pub(crate) async fn show(settings: &Settings, app: App, as_json: bool) -> Result<(), Failed> {
    check::sound(settings, app)?;
    let met = met::everybody(settings, app).await;
    let shown = if as_json {
        format!("{:#}", json_of(settings, app, &met))
    } else {
        text_of(settings, app, &met).trim_end().to_owned()
    };
    exit::say(shown)
}

/// One call that may happen: from, to, and how.
struct Edge {
    from: &'static str,
    to: &'static str,
    placement: Placement,
}

fn edges(settings: &Settings, app: App) -> Vec<Edge> {
    let topology = &settings.topology;
    let public = app.modules.iter().map(|spec| (EDGE, MAIN, spec.name));
    let needs = app.modules.iter().flat_map(|spec| {
        spec.needs.iter().map(|need| (spec.name, topology.host_of(spec.name), need.module()))
    });
    let edge = |(from, service, to)| Edge { from, to, placement: Placement::decide(topology, service, to) };
    public.chain(needs).map(edge).collect()
}

/// One stream that somebody hears: by whom, of whom, and how it gets there.
struct Heard {
    by: &'static str,
    stream: String,
    placement: Placement,
}

fn heard(settings: &Settings, app: App) -> Vec<Heard> {
    let topology = &settings.topology;
    let streams =
        app.modules.iter().flat_map(|spec| spec.subscribes.iter().map(move |stream| (spec, stream)));
    let heard = streams.map(|(spec, stream)| {
        let from = topology.host_of(stream.module());
        let placement = Placement::decide(topology, from, spec.name);
        Heard { by: spec.name, stream: stream.to_string(), placement }
    });
    heard.collect()
}

fn text_of(settings: &Settings, app: App, met: &[Met]) -> String {
    let mut text = format!("{}\n\n{:<14}{:<14}{:<24}address\n", settings.source, "service", "module", "http");
    for (name, service) in &settings.topology.services {
        let modules: Vec<_> =
            settings.topology.hosted_by(name, app.modules).iter().map(|spec| spec.name).collect();
        let mut address: Vec<_> = service.address.iter().map(ToString::to_string).collect();
        address.extend(service.listen.iter().map(|listen| format!("listens at {listen}")));
        let http = service.http.map_or_else(|| "-".to_owned(), |http| http.to_string());
        let modules = if modules.is_empty() { vec!["(none yet)"] } else { modules };
        for (row, module) in modules.iter().enumerate() {
            let (name, http, address) =
                if row == 0 { (&**name, &*http, address.join(", ")) } else { ("", "", String::new()) };
            let line = format!("{name:<14}{module:<14}{http:<24}{address}");
            _ = writeln!(text, "{}", line.trim_end());
        }
    }
    _ = writeln!(text, "\n{:<14}{:<14}placement", "from", "to");
    for Edge { from, to, placement } in edges(settings, app) {
        _ = writeln!(text, "{from:<14}{to:<14}{placement}");
    }
    let heard = heard(settings, app);
    if !heard.is_empty() {
        _ = writeln!(text, "\n{:<28}{:<14}placement", "events", "heard by");
    }
    for Heard { by, stream, placement } in heard {
        _ = writeln!(text, "{stream:<28}{by:<14}{placement}");
    }
    if !met.is_empty() {
        _ = writeln!(text, "\n{:<28}{:<28}now", "port", "address");
    }
    for it in met {
        let (port, address) = (it.port.to_string(), it.address.to_string());
        _ = writeln!(text, "{port:<28}{address:<28}{}", it.said());
    }
    text
}

fn json_of(settings: &Settings, app: App, met: &[Met]) -> Value {
    let service = |(name, service): (&String, &outgrow_runtime::Service)| {
        let modules: Vec<_> =
            settings.topology.hosted_by(name, app.modules).iter().map(|spec| spec.name).collect();
        let address: Vec<_> = service.address.iter().map(ToString::to_string).collect();
        let listen = service.listen.as_ref().map(ToString::to_string);
        (
            name.clone(),
            json!({ "modules": modules, "http": service.http, "address": address, "listen": listen }),
        )
    };
    let calls = edges(settings, app).into_iter().map(
        |Edge { from, to, placement }| json!({ "from": from, "to": to, "placement": placement.to_string() }),
    );
    let events = heard(settings, app).into_iter().map(
        |Heard { by, stream, placement }| json!({ "stream": stream, "heard_by": by, "placement": placement.to_string() }),
    );
    json!({
        "source": settings.source.to_string(),
        "services": settings.topology.services.iter().map(service).collect::<serde_json::Map<_, _>>(),
        "calls": calls.collect::<Vec<_>>(),
        "events": events.collect::<Vec<_>>(),
        "contracts": met.iter().map(Met::json).collect::<Vec<_>>(),
    })
}

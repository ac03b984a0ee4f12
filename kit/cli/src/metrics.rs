//! What was measured of the calls of this process, and what waits for people in its homes, in the text format of
//! Prometheus.

mod parked;

use std::{fmt::Write as _, sync::Arc};

use outgrow::BoxFuture;
use outgrow_runtime::{Snapshot, figures::BOUNDS_US, modules::Composed};

use self::parked::Parked;
use crate::{App, Host};

/// Renders the figures of every port and target, and what is parked, anew at each call.
pub(crate) fn source(
    host: &Host,
    app: App,
) -> impl Fn() -> BoxFuture<'static, String> + Send + Sync + use<> + 'static {
    let calls = of_calls(host.modules.composed().to_vec());
    let parked = Arc::new(Parked::of(host, app));
    move || {
        let (calls, parked) = (calls(), Arc::clone(&parked));
        Box::pin(async move { calls + &parked.text().await })
    }
}

fn of_calls(composed: Vec<Composed>) -> impl Fn() -> String + Send + Sync + 'static {
    move || {
        let mut calls = String::from(CALLS);
        let mut away = String::from(AWAY);
        let mut in_flight = String::from(IN_FLIGHT);
        let mut seconds = String::from(SECONDS);
        for composed in &composed {
            let (module, port) = (composed.port.module(), composed.port);
            let targets = composed.targets.iter().map(|target| (&*target.name, &target.figures));
            let carried = composed.carried.iter().map(|figures| ("carried", &**figures));
            let local = std::iter::once(("local", &*composed.local));
            for (target, figures) in local.chain(carried).chain(targets) {
                let labels = format!("module=\"{module}\",port=\"{port}\",target=\"{target}\"");
                let now = figures.snapshot();
                count(&mut calls, &labels, &now);
                time(&mut seconds, &labels, &now);
            }
            for (cause, count) in composed.turned_away.totals() {
                _ = writeln!(
                    away,
                    "outgrow_calls_turned_away_total{{module=\"{module}\",port=\"{port}\",cause=\"{cause}\"}} {count}"
                );
            }
            let ends = [("calling", Some(&composed.calling)), ("called", composed.called.as_ref())];
            for (end, bulkhead) in ends.into_iter().filter_map(|(end, bulkhead)| Some((end, bulkhead?))) {
                let labels = format!("module=\"{module}\",port=\"{port}\",end=\"{end}\"");
                _ = writeln!(in_flight, "outgrow_calls_in_flight{{{labels}}} {}", bulkhead.in_flight());
            }
        }
        calls + &away + &in_flight + &seconds
    }
}

const CALLS: &str = "\
# HELP outgrow_calls_total Calls to a port that reached it or its target, and how they ended while their caller waited.
# TYPE outgrow_calls_total counter
";

const AWAY: &str = "\
# HELP outgrow_calls_turned_away_total Calls to a port that were not let in: they had no effect.
# TYPE outgrow_calls_turned_away_total counter
";

const IN_FLIGHT: &str = "\
# HELP outgrow_calls_in_flight Calls under way: made by this process, and brought to it by carriers.
# TYPE outgrow_calls_in_flight gauge
";

const SECONDS: &str = "\
# HELP outgrow_call_seconds How long calls took: every remote one, one in sixteen of the local ones.
# TYPE outgrow_call_seconds histogram
";

fn count(text: &mut String, labels: &str, now: &Snapshot) {
    let outcomes = [
        ("answered", now.answered),
        ("refused", now.refused),
        ("not_executed", now.not_executed),
        ("in_doubt", now.in_doubt),
    ];
    for (outcome, count) in outcomes {
        _ = writeln!(text, "outgrow_calls_total{{{labels},outcome=\"{outcome}\"}} {count}");
    }
}

fn time(text: &mut String, labels: &str, now: &Snapshot) {
    let mut below = 0;
    for (bound, count) in BOUNDS_US.iter().zip(&now.buckets) {
        below += count;
        _ = writeln!(text, "outgrow_call_seconds_bucket{{{labels},le=\"{}\"}} {below}", in_seconds(*bound));
    }
    let all: u64 = now.buckets.iter().sum();
    _ = writeln!(text, "outgrow_call_seconds_bucket{{{labels},le=\"+Inf\"}} {all}");
    _ = writeln!(text, "outgrow_call_seconds_sum{{{labels}}} {}", in_seconds(now.micros));
    _ = writeln!(text, "outgrow_call_seconds_count{{{labels}}} {all}");
}

/// Microseconds as seconds, without going through a float.
fn in_seconds(micros: u64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

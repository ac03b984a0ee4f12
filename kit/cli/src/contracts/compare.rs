//! Whether peers of another version would understand this one.

use outgrow::schema::{Breach, KERNEL, Lock, Wrong};
use serde_json::{Value, json};

use super::version::{KERNEL_LOCK, Version};
use crate::{App, Failed, exit};

/// What peers of another version make of one contract.
struct Verdict {
    /// Its package.
    contract: String,
    breaches: Vec<Breach>,
}

/// Compares what the code says with the locks of that version. Says it; any breach is a failure.
pub(super) fn run(before: &Version<'_>, app: App, withdrawn: &[String], as_json: bool) -> Result<(), Failed> {
    let verdicts = verdicts(before, app, withdrawn)?;
    if as_json {
        exit::say(format_args!("{:#}", json_of(before, &verdicts)))?;
    } else {
        for Verdict { contract, .. } in verdicts.iter().filter(|verdict| verdict.breaches.is_empty()) {
            exit::say(format_args!("{contract}: peers of {before} understand it"))?;
        }
    }
    let breaches: Vec<_> =
        verdicts.iter().flat_map(|verdict| &verdict.breaches).map(ToString::to_string).collect();
    if breaches.is_empty() {
        return Ok(());
    }
    let what = format!("peers of {before} would not understand this:\n  {}", breaches.join("\n  "));
    Err(Failed::data(anyhow::anyhow!(what)))
}

fn verdicts(before: &Version<'_>, app: App, withdrawn: &[String]) -> Result<Vec<Verdict>, Failed> {
    let locks = before.contracts()?;
    if locks.is_empty() {
        let what = format!("there is no wire.lock in {before}: nothing can be compared");
        return Err(Failed::usage(anyhow::anyhow!(what)));
    }
    let mut verdicts = Vec::new();
    for path in locks {
        let lock = Lock::parse(&before.read(&path)?).map_err(|error| {
            Failed::data(anyhow::Error::new(error).context(format!("{path} in {before}")))
        })?;
        if path == KERNEL_LOCK {
            let breaches = lock.update(&Lock::kernel()).err().unwrap_or_default();
            verdicts.push(Verdict { contract: KERNEL.to_owned(), breaches });
        }
        // By what it says, not by where it stands: a version that was the current one has moved aside.
        verdicts.extend(lock.ports().filter_map(|port| verdict(&lock, port, app, withdrawn)));
    }
    Ok(verdicts)
}

/// On one port that peers of that version call. None if nobody is said to.
fn verdict(lock: &Lock, port: &str, app: App, withdrawn: &[String]) -> Option<Verdict> {
    let mut contracts = app.modules.iter().flat_map(|spec| super::contracts(spec));
    if let Some(now) = contracts.find(|now| now.port.to_string() == port) {
        let breaches = lock.update(&Lock::of(now)).err().unwrap_or_default();
        return Some(Verdict { contract: now.port.package.to_owned(), breaches });
    }
    let package = port.rsplit_once('.').map_or(port, |(package, _)| package);
    let gone = Breach { place: port.to_owned(), wrong: Wrong::ContractRemoved };
    let meant = withdrawn.iter().any(|name| name == package);
    (!meant).then(|| Verdict { contract: package.to_owned(), breaches: vec![gone] })
}

fn json_of(before: &Version<'_>, verdicts: &[Verdict]) -> Value {
    let breach = |Breach { place, wrong }: &Breach| -> Value {
        json!({ "place": place, "rule": wrong.rule(), "says": wrong.to_string() })
    };
    let contract = |Verdict { contract, breaches }: &Verdict| -> Value {
        let breaches: Vec<_> = breaches.iter().map(breach).collect();
        json!({ "contract": contract, "breaches": breaches })
    };
    let contracts: Vec<_> = verdicts.iter().map(contract).collect();
    json!({ "against": before.to_string(), "contracts": contracts })
}

//! Whether peers of another version would understand this one.

use outgrow::schema::{Breach, KERNEL, Lock, Wrong};
use serde_json::{Value, json};

use super::version::Version;
use crate::{App, Failed, exit};

/// What peers of another version make of one contract.
struct Verdict {
    /// Its package; the name of its module, if it is gone.
    contract: String,
    breaches: Vec<Breach>,
}

/// Compares what the code says with the locks of that version. Says it; any breach is a failure.
pub(super) fn run(before: &Version<'_>, app: App, as_json: bool) -> Result<(), Failed> {
    let verdicts = verdicts(before, app)?;
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

fn verdicts(before: &Version<'_>, app: App) -> Result<Vec<Verdict>, Failed> {
    let contracts = before.contracts()?;
    if contracts.is_empty() {
        let what = format!("there is no wire.lock in {before}: nothing can be compared");
        return Err(Failed::usage(anyhow::anyhow!(what)));
    }
    contracts.iter().map(|path| verdict(before, path, app)).collect()
}

/// On the contract whose lock stands, or stood, at this path.
fn verdict(before: &Version<'_>, path: &str, app: App) -> Result<Verdict, Failed> {
    let module = path.strip_prefix("modules/").and_then(|rest| rest.strip_suffix("/contract/wire.lock"));
    let spec = app.modules.iter().find(|spec| Some(spec.name) == module);
    let (contract, now) = match (spec, module) {
        (Some(spec), _) => (spec.port.package, Lock::of(&[spec.port])),
        (None, None) => (KERNEL, Lock::kernel()),
        (None, Some(gone)) => {
            let breach = Breach { place: gone.to_owned(), wrong: Wrong::ContractRemoved };
            return Ok(Verdict { contract: gone.to_owned(), breaches: vec![breach] });
        }
    };
    let lock = Lock::parse(&before.read(path)?)
        .map_err(|error| Failed::data(anyhow::Error::new(error).context(format!("{path} in {before}"))))?;
    Ok(Verdict { contract: contract.to_owned(), breaches: lock.update(&now).err().unwrap_or_default() })
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

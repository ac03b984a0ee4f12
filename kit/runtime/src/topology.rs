//! Which service hosts which module, and where it can be reached: the whole system, as one value.
//!
//! Every process holds the same topology and is told only which of its services it is. What is not hosted by a
//! named service is hosted by [`MAIN`].
//!
//! Deliberately absent: reading it from anywhere, and live routes. A topology is plain data.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt,
    net::SocketAddr,
    str::FromStr,
    sync::Arc,
};

use outgrow::ModuleSpec;

use crate::Carrier;

/// The service that hosts every module no other service does.
pub const MAIN: &str = "main";

/// All services of a system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topology {
    /// By name.
    pub services: BTreeMap<String, Service>,
    /// The modules that even their own process calls through the wire.
    pub loopback: BTreeSet<String>,
}

/// A named process (or group of equal ones) that hosts some modules.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Service {
    /// The modules it hosts. Empty for [`MAIN`] (it hosts the rest) and for a service to extract to later.
    pub modules: Vec<String>,
    /// Where it binds for calls, if not at its address.
    pub listen: Option<Address>,
    /// How others reach it, first preferred.
    pub address: Vec<Address>,
    /// Where its HTTP listens: the public API on [`MAIN`], operations on all.
    pub http: Option<SocketAddr>,
}

/// How to reach a service: a carrier and what it needs to know, such as `grpc://stock:7101`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Address {
    /// Which carrier, such as `grpc`.
    pub scheme: String,
    /// Where; empty for a carrier that needs no more than its name.
    pub place: String,
}

impl FromStr for Address {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (scheme, place) = text.split_once("://").unwrap_or((text, ""));
        let named = !scheme.is_empty() && scheme.bytes().all(|byte| byte.is_ascii_lowercase());
        if named {
            Ok(Self { scheme: scheme.into(), place: place.into() })
        } else {
            Err(AddressError(text.into()))
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &*self.place {
            "" => f.write_str(&self.scheme),
            place => write!(f, "{}://{place}", self.scheme),
        }
    }
}

/// Not an address.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an address such as `grpc://127.0.0.1:7101`")]
pub struct AddressError(String);

/// Something in a topology that cannot be, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flaw {
    /// Where, such as `services.stock.modules`.
    pub key: String,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub remedy: String,
}

impl fmt::Display for Flaw {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {}", self.key, self.what, self.remedy)
    }
}

impl Topology {
    /// The name of the service that hosts this module.
    pub fn host_of(&self, module: &str) -> &str {
        let hosts = |(_, service): &(&String, &Service)| service.modules.iter().any(|name| name == module);
        self.services.iter().find(hosts).map_or(MAIN, |(name, _)| name)
    }

    /// The modules of this service, in the order of `specs`.
    pub fn hosted_by<'s>(
        &self,
        service: &str,
        specs: &'s [&'static ModuleSpec],
    ) -> Vec<&'s &'static ModuleSpec> {
        specs.iter().filter(|spec| self.host_of(spec.name) == service).collect()
    }

    /// Everything that cannot be, at once. `carriers` are all that this binary can carry calls by.
    pub fn flaws(&self, specs: &[&'static ModuleSpec], carriers: &[Arc<dyn Carrier>]) -> Vec<Flaw> {
        let mut flaws = Vec::new();
        self.check_names(&mut flaws);
        self.check_modules(specs, &mut flaws);
        self.check_addresses(carriers, &mut flaws);
        self.check_listeners(&mut flaws);
        self.check_reachability(specs, &mut flaws);
        flaws
    }

    /// A service's name becomes the name of hosts, environment variables and labels.
    fn check_names(&self, flaws: &mut Vec<Flaw>) {
        let fits = |name: &str| {
            let known = |byte: u8| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'-');
            name.len() <= 40
                && name.starts_with(|first: char| first.is_ascii_lowercase())
                && name.bytes().all(known)
        };
        for name in self.services.keys().filter(|name| !fits(name)) {
            flaws.push(Flaw {
                key: format!("services.{name:?}"),
                what: "cannot be the name of a service".into(),
                remedy: "use 1 to 40 of a-z, 0-9 and `-`, a letter first".into(),
            });
        }
    }

    fn check_modules(&self, specs: &[&'static ModuleSpec], flaws: &mut Vec<Flaw>) {
        let known: Vec<_> = specs.iter().map(|spec| spec.name).collect();
        let mut hosts: BTreeMap<&str, &str> = BTreeMap::new();
        for (name, service) in &self.services {
            let key = format!("services.{name}.modules");
            for module in &service.modules {
                if !known.contains(&&**module) {
                    flaws.push(Flaw {
                        key: key.clone(),
                        what: format!("there is no module `{module}`"),
                        remedy: format!("use one of: {}", known.join(", ")),
                    });
                } else if let Some(other) = hosts.insert(module, name) {
                    flaws.push(Flaw {
                        key: key.clone(),
                        what: format!("module `{module}` is already hosted by `{other}`"),
                        remedy: "list it once".into(),
                    });
                }
            }
        }
    }

    fn check_addresses(&self, carriers: &[Arc<dyn Carrier>], flaws: &mut Vec<Flaw>) {
        let mut taken: BTreeMap<&Address, &str> = BTreeMap::new();
        for (name, service) in &self.services {
            let addresses = service.address.iter().map(|address| ("address", address));
            for (key, address) in addresses.chain(service.listen.iter().map(|listen| ("listen", listen))) {
                let key = format!("services.{name}.{key}");
                if let Some((what, remedy)) = unusable(address, carriers) {
                    flaws.push(Flaw { key, what, remedy });
                }
            }
            for address in service.address.iter().filter(|address| !address.place.is_empty()) {
                if let Some(other) = taken.insert(address, name).filter(|other| other != name) {
                    flaws.push(Flaw {
                        key: format!("services.{name}.address"),
                        what: format!("`{address}` is already the address of `{other}`"),
                        remedy: "give each service its own".into(),
                    });
                }
            }
        }
    }

    /// No two listeners at one address of one machine: within a service, or at a loopback address anywhere.
    fn check_listeners(&self, flaws: &mut Vec<Flaw>) {
        let mut taken: BTreeMap<String, (&str, String)> = BTreeMap::new();
        for (name, service) in &self.services {
            let http = service.http.map(|http| ("http", http.to_string()));
            // Of each carrier the first address, unless it listens elsewhere.
            let listen = service.listen.iter().map(|listen| ("listen", listen));
            let mut carriers = BTreeSet::new();
            let addresses = service.address.iter().map(|address| ("address", address));
            let bound = listen.chain(addresses).filter(|(_, at)| carriers.insert(&at.scheme));
            let bound = bound.map(|(key, at)| (key, at.place.clone()));
            for (key, place) in http.into_iter().chain(bound).filter(|(_, place)| !place.is_empty()) {
                let key = format!("services.{name}.{key}");
                let here = place.parse().is_ok_and(|at: SocketAddr| at.ip().is_loopback());
                let told = |by: &str| key.ends_with(".address") && by.ends_with(".address");
                match taken.get(&place) {
                    Some((_, by)) if told(by) => {}
                    Some((other, by)) if here || other == name => flaws.push(Flaw {
                        key,
                        what: format!("`{by}` listens at {place} already"),
                        remedy: "give each its own port".into(),
                    }),
                    _ => drop(taken.insert(place, (name, key))),
                }
            }
        }
    }

    /// An address is demanded exactly where somebody in another service needs one.
    fn check_reachability(&self, specs: &[&'static ModuleSpec], flaws: &mut Vec<Flaw>) {
        let mut needed: BTreeMap<&str, Vec<String>> = BTreeMap::new();
        for spec in specs {
            let host = self.host_of(spec.name);
            if host != MAIN {
                needed.entry(host).or_default().push(format!("the HTTP edge calls `{}`", spec.name));
            }
            for need in spec.needs {
                let target = self.host_of(need.module());
                if target != host {
                    needed.entry(target).or_default().push(format!(
                        "`{}` calls `{}`",
                        spec.name,
                        need.module()
                    ));
                }
            }
        }
        for (name, why) in needed {
            if self.services.get(name).is_none_or(|service| service.address.is_empty()) {
                flaws.push(Flaw {
                    key: format!("services.{name}.address"),
                    what: format!("missing, and others need it: {}", why.join(", ")),
                    remedy: format!("add an address to [services.{name}], such as \"grpc://127.0.0.1:7101\""),
                });
            }
        }
    }
}

/// Why nothing here can use this address, and what to do.
fn unusable(address: &Address, carriers: &[Arc<dyn Carrier>]) -> Option<(String, String)> {
    let Some(carrier) = carriers.iter().find(|carrier| carrier.scheme() == address.scheme) else {
        let schemes: Vec<_> = carriers.iter().map(|carrier| carrier.scheme()).collect();
        return Some((
            format!("nothing here carries `{address}`"),
            format!("use one of: {}", schemes.join(", ")),
        ));
    };
    let why = carrier.connect(address).err()?;
    Some((format!("cannot be `{address}` ({why})"), "correct it, or leave it out".into()))
}

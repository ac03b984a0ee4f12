//! The one file that describes the whole system.
//!
//! Order of precedence: defaults, `outgrow.toml`, `OUTGROW__…` environment, flags. Every key has an environment twin:
//! `services.main.http` is `OUTGROW__SERVICES__MAIN__HTTP`. What cannot be read is collected, never answered one by
//! one: each problem says where it stands and what to do.
//!
//! The library behind it (figment) does not show outside this module.

mod read;

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fmt,
    path::{Path, PathBuf},
    sync::Arc,
};

use adapter_rabbitmq::{Broker, BrokerError};
use adapter_sql::DataUrl;
use figment::{
    Figment,
    providers::{Env, Format as _, Toml},
    value::Dict,
};
use outgrow::{ModuleSpec, settings::Given};
use outgrow_runtime::{
    Address, Carrier, Service, Topology,
    topology::{Flaw, MAIN},
};

use crate::{App, Failed};
use read::Section;

/// Where the public API listens if nothing else is said.
const DEFAULT_HTTP: &str = "127.0.0.1:8080";

/// What the names of queues begin with if nothing else is said.
pub(crate) const DEFAULT_PREFIX: &str = "outgrow";

/// What every module may be told.
const OF_MODULES: &str = "url, admin_url, placement";

/// Where homes are if nothing else is said: one SQLite file per module in this folder.
const DEFAULT_DATA: &str = "sqlite:data";

/// The system as configured, and what could not be read.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Which service hosts what.
    pub topology: Topology,
    /// Where the homes of modules are: `sqlite:FOLDER` or `postgres://…`.
    pub data_url: String,
    /// Who may make roles and schemas at `data_url`, if that is somebody else: used by `migrate` only.
    pub admin_url: Option<String>,
    /// Homes that are elsewhere, by module.
    pub homes: BTreeMap<String, Home>,
    /// The modules that something is said of.
    pub named: BTreeSet<String>,
    /// What modules are told by settings of their own.
    pub given: BTreeMap<String, Given>,
    /// The broker that calls may go over, if there is one.
    pub broker: Option<BrokerSettings>,
    /// Whether an empty system is filled with the application's sample data.
    pub sample: bool,
    /// The folder that relative paths begin at: that of the file.
    pub base: PathBuf,
    /// Where it was read from.
    pub source: Source,
    /// What could not be read.
    pub unread: Vec<Flaw>,
}

/// A broker, as configured.
#[derive(Clone, PartialEq, Eq)]
pub struct BrokerSettings {
    /// Such as `amqp://guest:guest@127.0.0.1:5672/%2f`.
    pub url: String,
    /// Of every queue: keeps systems on one broker apart.
    pub prefix: String,
}

/// Without the url, which may hold a password.
impl fmt::Debug for BrokerSettings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BrokerSettings").field("prefix", &self.prefix).finish_non_exhaustive()
    }
}

impl BrokerSettings {
    /// The broker.
    ///
    /// # Errors
    /// When the url or the prefix cannot be one.
    pub fn broker(&self) -> Result<Broker, BrokerError> {
        Broker::new(&self.url, &self.prefix)
    }
}

/// The home of one module, apart from the others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Home {
    /// Where it is, and who logs in.
    pub url: String,
    /// Who may make roles and schemas there, if that is somebody else.
    pub admin_url: Option<String>,
}

/// Where the configuration came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Source {
    /// No file: defaults and environment.
    Defaults,
    /// This file.
    File(PathBuf),
}

impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Defaults => f.write_str("defaults"),
            Self::File(path) => write!(f, "{}", path.display()),
        }
    }
}

impl Settings {
    /// Reads `file`, or `outgrow.toml` in the working directory if there is one, and the environment.
    ///
    /// # Errors
    /// When the file cannot be read or is not TOML. What is wrong *in* it is for [`Settings::flaws`].
    pub fn load(file: Option<&Path>) -> Result<Self, Failed> {
        let default = Path::new("outgrow.toml");
        let source = match file {
            Some(file) => Source::File(file.to_owned()),
            None if default.exists() => Source::File(default.to_owned()),
            None => Source::Defaults,
        };
        let mut figment = Figment::new();
        if let Source::File(path) = &source {
            let text = std::fs::read_to_string(path).map_err(|error| {
                Failed::usage(anyhow::Error::new(error).context(format!("cannot read {}", path.display())))
            })?;
            figment = figment.merge(Toml::string(&text));
        }
        let figment = figment.merge(Env::prefixed("OUTGROW__").split("__"));
        let dict =
            figment.extract::<Dict>().map_err(|error| Failed::usage(anyhow::anyhow!("{source}: {error}")))?;
        Ok(Self::read(dict, source))
    }

    fn read(dict: Dict, source: Source) -> Self {
        let base = match &source {
            Source::File(path) => path.parent().map(Path::to_owned).unwrap_or_default(),
            Source::Defaults => PathBuf::new(),
        };
        let mut flaws = Vec::new();
        let mut top = Section::new(String::new(), dict, &mut flaws);
        let (data, services, modules) = (top.table("data"), top.table("services"), top.table("modules"));
        let broker = top.table("broker");
        top.end("data, services, modules, broker");

        let mut broker = Section::new("broker".into(), broker, &mut flaws);
        let (url, prefix) = (broker.text("url"), broker.text("prefix"));
        broker.end("url, prefix");
        let prefix = prefix.unwrap_or_else(|| DEFAULT_PREFIX.to_owned());
        let broker = url.map(|url| BrokerSettings { url, prefix });

        let mut data = Section::new("data".into(), data, &mut flaws);
        let (data_url, admin_url) = (data.text("url"), data.text("admin_url"));
        let sample = data.flag("sample").unwrap_or(true);
        data.end("url, admin_url, sample");

        let mut topology = Topology::default();
        for (name, dict) in read::tables("services", services, &mut flaws) {
            topology.services.insert(name.clone(), service(&name, dict, &mut flaws));
        }
        let main = topology.services.entry(MAIN.to_owned()).or_default();
        main.http = main.http.or_else(|| DEFAULT_HTTP.parse().ok());

        let (mut homes, mut given, mut named) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
        for (name, dict) in read::tables("modules", modules, &mut flaws) {
            let mut module = Section::new(format!("modules.{name}"), dict, &mut flaws);
            let admin_url = module.text("admin_url");
            match (module.text("url"), admin_url) {
                (Some(url), admin_url) => drop(homes.insert(name.clone(), Home { url, admin_url })),
                (None, Some(_)) => module.stands_alone("admin_url", "url"),
                (None, None) => {}
            }
            named.insert(name.clone());
            if module
                .choice("placement", &["loopback"], "services place modules: list it under one")
                .is_some()
            {
                topology.loopback.insert(name.clone());
            }
            given.insert(name, module.rest().into_iter().collect());
        }
        let data_url = data_url.unwrap_or_else(|| DEFAULT_DATA.to_owned());
        Self {
            topology,
            data_url,
            admin_url,
            homes,
            given,
            named,
            broker,
            sample,
            base,
            source,
            unread: flaws,
        }
    }

    /// What the names of this system begin with at a broker, whether it has one or not.
    pub fn names(&self) -> &str {
        self.broker.as_ref().map_or(DEFAULT_PREFIX, |broker| &broker.prefix)
    }

    /// Where the home of a module is.
    pub fn home_of(&self, module: &str) -> &str {
        self.homes.get(module).map_or(&self.data_url, |home| &home.url)
    }

    /// Who may make the role and the schema of a module, if that is said. A login of its own at the common place is
    /// made by the administrator of that place.
    pub fn admin_of(&self, module: &str) -> Option<&str> {
        let own = self.homes.get(module).and_then(|home| home.admin_url.as_deref());
        own.or(self.admin_url.as_deref().filter(|_| self.is_at_the_common_place(module)))
    }

    fn is_at_the_common_place(&self, module: &str) -> bool {
        let read = |url: &str| url.parse::<DataUrl>().ok();
        let (common, home) = (read(&self.data_url), read(self.home_of(module)));
        common.zip(home).is_some_and(|(common, home)| common.is_same_database(&home))
    }

    /// Everything wrong with it, at once: what could not be read, and what cannot be.
    pub fn flaws(&self, app: App, carriers: &[Arc<dyn Carrier>]) -> Vec<Flaw> {
        let modules = app.modules;
        let unknown = self.named.iter();
        let unknown =
            unknown.filter(|name| !modules.iter().any(|spec| spec.name == **name)).map(|name| Flaw {
                key: format!("modules.{name}"),
                what: format!("there is no module `{name}`"),
                remedy: format!("use one of: {}", names(modules)),
            });
        let own = self.homes.iter().flat_map(|(name, home)| {
            let admin = home.admin_url.iter().map(move |url| (format!("modules.{name}.admin_url"), url));
            std::iter::once((format!("modules.{name}.url"), &home.url)).chain(admin)
        });
        let admin = self.admin_url.iter().map(|url| ("data.admin_url".to_owned(), url));
        let urls = std::iter::once(("data.url".to_owned(), &self.data_url)).chain(admin).chain(own);
        let unusable = urls.filter_map(|(key, url)| {
            let error = url.parse::<DataUrl>().err()?;
            Some(Flaw { key, what: error.to_string(), remedy: "correct it, or leave it out".into() })
        });
        let broker = self.broker.iter().filter_map(|broker| {
            let error = broker.broker().err()?;
            let key = if matches!(error, BrokerError::Prefix(_)) { "broker.prefix" } else { "broker.url" };
            Some(Flaw {
                key: key.into(),
                what: error.to_string(),
                remedy: "correct it, or leave it out".into(),
            })
        });
        let unread = self.unread.iter().cloned().chain(wrong_settings(self, app));
        let mut flaws: Vec<_> = unread.chain(unknown).chain(unusable).chain(broker).collect();
        flaws.extend(wrong_homes(self, modules).into_values());
        // What stands there and cannot be read is not missing, too.
        let told: BTreeSet<_> = flaws.iter().map(|flaw| flaw.key.clone()).collect();
        let more = self.topology.flaws(modules, carriers);
        flaws.extend(more.into_iter().filter(|flaw| !told.contains(&flaw.key)));
        flaws
    }
}

/// Settings that no module takes, and those that the one they are for does not understand.
fn wrong_settings(settings: &Settings, app: App) -> impl Iterator<Item = Flaw> {
    settings.given.iter().flat_map(move |(module, given)| {
        let taken = app.settings.iter().find(|taken| taken.module() == module);
        let keys = taken.map_or(&[][..], |taken| taken.keys());
        let key = move |key: &str| format!("modules.{module}.{key}");
        let foreign = given.keys().filter(move |given| !keys.contains(given)).map(move |given| Flaw {
            key: key(given),
            what: "is not a setting".into(),
            remedy: format!(
                "use one of: {}",
                keys.iter().chain(&[OF_MODULES]).copied().collect::<Vec<_>>().join(", ")
            ),
        });
        let wrong = taken.into_iter().flat_map(|taken| taken.wrong(given));
        foreign.chain(wrong.map(move |wrong| Flaw {
            key: key(wrong.key),
            what: wrong.what,
            remedy: wrong.remedy.into(),
        }))
    })
}

/// What only the modules and their places together show to be wrong: each place once.
fn wrong_homes(settings: &Settings, modules: &[&'static ModuleSpec]) -> BTreeMap<String, Flaw> {
    let mut flaws = BTreeMap::new();
    for spec in modules {
        let own = settings.homes.contains_key(spec.name);
        let section = if own { format!("modules.{}", spec.name) } else { "data".to_owned() };
        let Ok(url) = settings.home_of(spec.name).parse::<DataUrl>() else { continue };
        if let Err(why) = adapter_sql::named(&url, spec) {
            let key = format!("{section}.url");
            let remedy = "use another database".into();
            flaws.entry(key.clone()).or_insert(Flaw { key, what: why.to_string(), remedy });
        }
        let admin = settings.admin_of(spec.name).and_then(|url| url.parse::<DataUrl>().ok());
        if admin.is_some_and(|admin| !admin.is_same_engine(&url)) {
            let key = format!("{section}.admin_url");
            let what = format!("is of another engine than {section}.url");
            let remedy = "use the same database, as somebody who may do more".into();
            flaws.entry(key.clone()).or_insert(Flaw { key, what, remedy });
        }
    }
    flaws
}

fn service(name: &str, dict: Dict, flaws: &mut Vec<Flaw>) -> Service {
    let mut section = Section::new(format!("services.{name}"), dict, flaws);
    let service = Service {
        modules: section.texts("modules"),
        listen: section.parsed::<Address>("listen"),
        address: section.parsed_list::<Address>("address"),
        http: section.parsed("http"),
    };
    section.end("modules, listen, address, http");
    service
}

fn names(modules: &[&'static ModuleSpec]) -> String {
    modules.iter().map(|spec| spec.name).collect::<Vec<_>>().join(", ")
}

/// The variable that sets this key, as it is spelled, if one does: then that is where its problem is, not in the file.
pub fn set_by_environment(key: &str) -> Option<String> {
    let twin = format!("OUTGROW__{}", key.replace('.', "__"));
    let names = env::vars_os().filter_map(|(name, _)| name.into_string().ok());
    { names }.find(|name| name.eq_ignore_ascii_case(&twin))
}

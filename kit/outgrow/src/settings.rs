//! Settings of a module's own, in its table of the configuration: `[modules.notifications] smtp = "…"`.
//!
//! A module says which keys it takes, and how they are read; whoever reads the configuration refuses all others, and
//! asks this one what is wrong with the rest before anything is opened.
//!
//! ```
//! use outgrow::settings::{Given, SettingsSpec, TakesSettings as _, WrongSetting};
//!
//! static SETTINGS: SettingsSpec<u32> = SettingsSpec { module: "parcels", keys: &["vans"], read };
//!
//! /// How many vans there are: one, unless more are said.
//! fn read(given: &Given) -> Result<u32, Vec<WrongSetting>> {
//!     let vans = given.get("vans").unwrap_or("1").parse();
//!     vans.map_err(|_| vec![WrongSetting::new("vans", "is no number", "write how many there are")])
//! }
//!
//! let given = |vans: &str| [("vans".to_owned(), vans.to_owned())].into_iter().collect::<Given>();
//! assert_eq!(read(&given("3")), Ok(3));
//! assert_eq!(SETTINGS.wrong(&given("three"))[0].what, "is no number");
//! ```

use std::{collections::BTreeMap, fmt};

/// What was set, by key. Any of it may be a secret: so it does not show.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Given(BTreeMap<String, String>);

impl Given {
    /// What this key was set to.
    pub fn get(&self, key: &str) -> Option<&str> {
        self.0.get(key).map(|value| &**value)
    }

    /// What was set.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(|key| &**key)
    }
}

impl FromIterator<(String, String)> for Given {
    fn from_iter<I: IntoIterator<Item = (String, String)>>(iter: I) -> Self {
        Self(iter.into_iter().collect())
    }
}

impl fmt::Debug for Given {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.keys()).finish()
    }
}

/// What is wrong with a setting. Without its value, which may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrongSetting {
    /// Which.
    pub key: &'static str,
    /// What is wrong, such as `is no number`.
    pub what: String,
    /// What to do.
    pub remedy: &'static str,
}

impl WrongSetting {
    /// This, with its remedy.
    pub fn new(key: &'static str, what: impl Into<String>, remedy: &'static str) -> Self {
        Self { key, what: what.into(), remedy }
    }
}

/// The settings of a module, and what they are read as.
#[derive(Debug)]
pub struct SettingsSpec<T> {
    /// Whose.
    pub module: &'static str,
    /// All there are.
    pub keys: &'static [&'static str],
    /// Reads them, or says all that is wrong. Nothing set must be fine: then the module does what it does by default.
    pub read: fn(&Given) -> Result<T, Vec<WrongSetting>>,
}

/// The same, whatever they are read as.
pub trait TakesSettings: fmt::Debug + Sync {
    /// Whose.
    fn module(&self) -> &'static str;

    /// All there are.
    fn keys(&self) -> &'static [&'static str];

    /// All that is wrong with these.
    fn wrong(&self, given: &Given) -> Vec<WrongSetting>;
}

impl<T: fmt::Debug> TakesSettings for SettingsSpec<T> {
    fn module(&self) -> &'static str {
        self.module
    }

    fn keys(&self) -> &'static [&'static str] {
        self.keys
    }

    fn wrong(&self, given: &Given) -> Vec<WrongSetting> {
        (self.read)(given).err().unwrap_or_default()
    }
}

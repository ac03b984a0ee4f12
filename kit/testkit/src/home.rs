//! A module's home that is thrown away, on either engine.

use std::sync::Arc;

use adapter_sql::{Home, Homes};
use outgrow::{ModuleSpec, SystemClock};
use outgrow_runtime::Tasks;

use crate::{FixedClock, SequentialIds, TestDatabase, TestDir};

/// The home of one module, migrated and open, with a fixed clock and sequential ids.
#[derive(Debug)]
pub struct TestHome {
    homes: Homes,
    home: Home,
    _kept: Kept,
}

#[derive(Debug)]
enum Kept {
    Folder { _dir: TestDir },
    Database { _database: TestDatabase },
}

impl TestHome {
    /// On SQLite, in a folder of its own.
    pub async fn sqlite(spec: &'static ModuleSpec) -> Self {
        let dir = TestDir::new();
        let url = format!("sqlite:{}", dir.join("data").display());
        Self::open(&url, spec, Kept::Folder { _dir: dir }).await
    }

    /// On PostgreSQL, in a database of its own.
    pub async fn postgres(spec: &'static ModuleSpec) -> Self {
        let database = TestDatabase::new().await;
        Self::open(&database.url(), spec, Kept::Database { _database: database }).await
    }

    #[expect(clippy::unwrap_used, reason = "a home that cannot be opened fails the test")]
    async fn open(url: &str, spec: &'static ModuleSpec, kept: Kept) -> Self {
        let url = url.parse().unwrap();
        adapter_sql::migrate(&url, None, &[spec], &SystemClock).await.unwrap();
        let (clock, ids) = (Arc::new(FixedClock::new()), Arc::new(SequentialIds::new()));
        let alone: &'static [&'static ModuleSpec] = Box::leak(Box::new([spec]));
        let homes = Homes::open(&url, Tasks::default(), clock, ids).await.unwrap().among(alone);
        let home = homes.home(spec).await.unwrap();
        Self { homes, home, _kept: kept }
    }

    /// The home.
    pub fn home(&self) -> Home {
        self.home.clone()
    }

    /// From now on nothing can be read or written.
    pub async fn close(&self) {
        self.homes.close().await;
    }
}

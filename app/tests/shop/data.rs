//! Where the data of a shop are: in files beside it, or in a database of its own. Opened here beside whoever hosts them.

use std::{path::PathBuf, sync::Arc};

use adapter_sql::{DataUrl, Home, Homes, Tx, migrate};
use outgrow::{CommitError, ModuleSpec, SystemClock, SystemIds};
use outgrow_runtime::Tasks;
use outgrow_testkit::{TestDatabase, until_async};
use tokio::{sync::oneshot, task::JoinHandle};

use crate::system::SOON;

#[derive(Debug)]
pub(crate) enum Data {
    /// On SQLite, in `data` below this folder.
    Folder(PathBuf),
    /// On PostgreSQL.
    Database(TestDatabase),
}

impl Data {
    /// In a database of its own, which these modules have been migrated in.
    pub(crate) async fn migrated(specs: &[&'static ModuleSpec]) -> Self {
        let data = Self::Database(TestDatabase::new().await);
        migrate(&data.url(), None, specs, &SystemClock).await.unwrap();
        data
    }

    /// Where they are, for somebody who may do everything.
    fn url(&self) -> DataUrl {
        match self {
            Self::Folder(folder) => "sqlite:data".parse::<DataUrl>().unwrap().beside(folder),
            Self::Database(database) => database.url().parse().unwrap(),
        }
    }

    /// The home of a module; a server whose connections are all taken is asked again, as shops do.
    pub(crate) async fn home(&self, spec: &'static ModuleSpec) -> Home {
        let (clock, ids) = (Arc::new(SystemClock), Arc::new(SystemIds));
        let homes = Homes::open(&self.url(), Tasks::default(), clock, ids).await.unwrap();
        until_async("there is room for a connection", SOON, async || match homes.home(spec).await {
            Err(error) if error.may_pass() => None,
            home => Some(home.unwrap()),
        })
        .await
    }

    /// Takes the only writer's place until told to give it back: in the store of a module on SQLite, in this one of its
    /// tables on PostgreSQL. Whatever the module is asked to change there waits.
    pub(crate) async fn hold(&self, spec: &'static ModuleSpec, table: &str) -> Held {
        let (give_back, asked) = oneshot::channel();
        let given_back = match self {
            Self::Folder(_) => {
                let home = self.home(spec).await;
                let (held, holding) = oneshot::channel();
                let given_back = tokio::spawn(async move {
                    let hold = move |tx: Tx| async move {
                        held.send(()).unwrap();
                        asked.await.unwrap();
                        tx.commit(()).await
                    };
                    let kept: Result<(), CommitError> = home.db().write(hold).await;
                    kept.unwrap();
                });
                holding.await.unwrap();
                given_back
            }
            Self::Database(database) => {
                let locked = database.lock(&format!("{}.{table}", spec.name)).await;
                tokio::spawn(async move {
                    asked.await.unwrap();
                    locked.release().await;
                })
            }
        };
        Held { give_back, given_back }
    }
}

/// What nobody else can write.
pub(crate) struct Held {
    give_back: oneshot::Sender<()>,
    given_back: JoinHandle<()>,
}

impl Held {
    pub(crate) async fn give_back(self) {
        self.give_back.send(()).unwrap();
        self.given_back.await.unwrap();
    }
}

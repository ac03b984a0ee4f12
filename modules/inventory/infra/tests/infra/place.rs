//! A home of its own for each test, and a client of the endpoints on it.

use std::sync::Arc;

use adapter_http::{About, Operations, Readiness, shell};
use adapter_sql::{Home, Homes};
use outgrow_runtime::Tasks;
use outgrow_testkit::{Edge, FixedClock, SequentialIds, TestDir};

pub(crate) struct Place {
    homes: Homes,
    _dir: TestDir,
}

impl Place {
    pub(crate) async fn sqlite() -> Self {
        let dir = TestDir::new();
        let url = format!("sqlite:{}", dir.join("data").display()).parse().unwrap();
        let (clock, ids) = (Arc::new(FixedClock::new()), Arc::new(SequentialIds::new()));
        Self { homes: Homes::open(&url, Tasks::default(), clock, ids).await.unwrap(), _dir: dir }
    }

    pub(crate) async fn home(&self) -> Home {
        self.homes.home(&inventory_infra::SPEC).await.unwrap()
    }

    /// From now on nothing can be read or written.
    pub(crate) async fn close(&self) {
        self.homes.close().await;
    }

    /// The endpoints of the module, in a shell of their own.
    pub(crate) async fn edge(&self) -> Edge {
        let endpoints = inventory_infra::endpoints(inventory_infra::build(self.home().await));
        let about =
            About { title: "Inventory".into(), version: "1".into(), description: "For tests.".into() };
        let operations = Operations::new(async || Readiness(vec![]), String::new);
        // Its keys must not be those of the requests that bring their own.
        let ids = Arc::new(SequentialIds::starting_at(1_000));
        Edge::new(shell(about, [endpoints], operations, ids))
    }
}

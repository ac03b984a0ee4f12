//! One query in one process, on each way that needs no carrier: what `cargo xtask bench` counts.
//!
//! `calls <way> <n>` makes n calls. The counting is valgrind's, from outside: of n and of 2n calls, so that whatever
//! is not a call cancels out, and no counter is in the way of what it counts. The request and the answer own nothing,
//! which makes the bare call as cheap, and every comparison with it as hard, as it can be.
#![expect(clippy::print_stdout, reason = "says what it did to who runs it by hand")]

use std::{env, error::Error, hint::black_box, sync::Arc, time::Duration};

use outgrow::{
    Answer, CallContext, Dispatch, Loopback, ModuleSpec, Port as _, Served, Unread, Wire, call::EDGE, port,
};
use outgrow_runtime::{Access, Door, Policies, Router, Target, router::Route};
use uuid::Uuid;

/// What is on hand.
#[port("stock.v1")]
trait Stock {
    /// What is on hand of one item.
    #[query]
    async fn level(&self, cx: &CallContext, request: LevelQuery) -> Answer<Level, StockRefusal>;
}

/// Which item.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
struct LevelQuery {
    #[wire(1)]
    item: u64,
}

/// How much of it.
#[derive(Clone, Copy, Debug, PartialEq, Wire)]
struct Level {
    #[wire(1)]
    on_hand: u64,
    #[wire(2)]
    held: u32,
}

/// Why not.
#[derive(Clone, Debug, PartialEq, Wire, thiserror::Error)]
enum StockRefusal {
    /// A newer version knows.
    #[error("{0}")]
    #[wire(other)]
    Other(Unread),
}

/// The module.
struct Shelf;

#[async_trait::async_trait]
impl Stock for Shelf {
    async fn level(&self, _cx: &CallContext, request: LevelQuery) -> Answer<Level, StockRefusal> {
        Ok(Level { on_hand: black_box(request.item), held: 1 })
    }
}

/// What the module that calls is doing.
#[port("ordering.v1")]
trait Ordering {
    /// Looks whether there is enough.
    #[query]
    async fn look(&self, cx: &CallContext, request: LevelQuery) -> Answer<Level, StockRefusal>;
}

/// The module that calls.
static ORDERING: ModuleSpec = ModuleSpec {
    name: "ordering",
    purpose: "Takes orders.",
    port: <dyn Ordering>::DESC,
    older: &[],
    needs: &[<dyn Stock>::DESC],
    publishes: &[],
    subscribes: &[],
    sagas: &[],
    migrations: &[],
};

fn policies() -> Policies {
    Policies::new(Access::to(<dyn Stock>::DESC, &[&ORDERING]))
}

/// The port, to be reached this way.
fn port(way: &str) -> Result<Arc<dyn Stock>, String> {
    let shelf: Arc<dyn Stock> = Arc::new(Shelf);
    Ok(match way {
        // What one would write without a framework, and the same once more, to see how well it is measured.
        "bare" | "bare-again" => shelf,
        "port" => <dyn Stock>::via(Router::bare(Some(shelf), Route::Local)),
        "policies" => <dyn Stock>::via(Router::new(Some(shelf), Route::Local, policies())),
        "loopback" => {
            let door: Arc<dyn Dispatch> = Arc::new(Door::new(Arc::new(Served(shelf)), policies()));
            let target = Target::new("loopback", Arc::new(Loopback(door)));
            <dyn Stock>::via(Router::new(None, Route::Remote(vec![target]), policies()))
        }
        other => return Err(format!("there is no way {other:?}")),
    })
}

async fn ask(stock: &dyn Stock, n: u64) -> Answer<u64, StockRefusal> {
    let cx = CallContext::new(EDGE, Uuid::from_u128(1)).for_principal("somebody");
    let mut cx = cx.within(Duration::from_mins(10));
    cx.enter(<dyn Ordering>::LOOK);
    let mut total = 0;
    for item in 0..n {
        let level = stock.level(&cx, LevelQuery { item: black_box(item) }).await?;
        total += level.on_hand + u64::from(level.held);
    }
    Ok(total)
}

fn main() -> Result<(), Box<dyn Error>> {
    // Cargo itself adds a `--bench`.
    let mut args = env::args().skip(1).filter(|arg| !arg.starts_with("--"));
    let (Some(way), Some(n)) = (args.next(), args.next()) else {
        println!("calls bare|bare-again|port|policies|loopback N; `cargo xtask bench` measures them all");
        return Ok(());
    };
    let port = black_box(port(&way)?);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let total = runtime.block_on(ask(&*port, n.parse()?))?;
    println!("{n} calls: {total}");
    Ok(())
}

//! The shop in one process, in turns with the bare program.

use outgrow_testkit::contest::{Contest, Contestants, Failure, Row};

use crate::{
    client::{Orders, Stock},
    system::{Engine, Split, System},
};

/// How often each order of the three is run.
const LAPS: usize = 3;

/// Orders, until the last is confirmed.
const ORDERS: Contest = Contest::Throughput { callers: 16, each: 15 };
/// Questions for what is in stock.
const STOCK: Contest = Contest::Throughput { callers: 16, each: 125 };

pub(crate) async fn measure(shop: &str, bare: &str) -> Result<Vec<Row>, Failure> {
    let mut rows = Vec::new();
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let name = |what: &str| format!("{} {what}", engine.name());
        let again = System::bare(bare, engine).await;
        let bare = System::bare(bare, engine).await;
        let shop = System::shop(shop, engine, Split::Not).await?;
        let (bare, shop, again) = (&bare.http, &shop.http, &again.http);
        let orders =
            Contestants { bare: Orders::of(bare), candidate: Orders::of(shop), again: Orders::of(again) };
        rows.extend(orders.compete(&name("orders"), ORDERS, LAPS).await?);
        let stock = [bare, shop, again].map(|http| Stock(http.clone()));
        let [bare, candidate, again] = stock;
        let stock = Contestants { bare, candidate, again };
        rows.extend(stock.compete(&name("stock"), STOCK, LAPS).await?);
    }
    Ok(rows)
}

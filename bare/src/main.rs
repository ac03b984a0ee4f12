//! The shop without the kit: axum, sqlx, and nothing in between. It is what `cargo xtask bench` compares the shop with.
//!
//! Statement for statement it does what the shop does for an order that comes to a good end: it looks for a remembered
//! answer, prices the lines, and keeps order, lines, answer and the beginning of its fulfilment in one transaction. Then
//! it takes the order, reserves its goods, has its total authorized and captured (with what is kept before and after
//! the provider is asked, and with the provider's own transactions), ships the goods, and confirms the order; after each
//! step it keeps that it is done. 64 orders at once, found again after a crash. What happens to an order goes through
//! an outbox and two inboxes: it is told once, and its history is kept. It stores them where the shop does (a file or a schema for each module, from
//! the same migrations), as durably, and answers with the same JSON.
//!
//! What it lacks is what the kit is for: no module has a boundary here, so none can ever leave. It is one process for
//! ever, so it needs no leases on what it delivers and handles. Nor does it have a way back (no payment is declined, and
//! no order cancelled), time budgets, limits, logs, documentation, or writes that a caller who leaves cannot cut short.
#![expect(
    clippy::duplicate_mod,
    reason = "written once and built for either engine, as its types tell them apart"
)]

mod body;
mod postgres;
mod sqlite;

use std::{env, error::Error};

use tokio::net::TcpListener;

type Failure = Box<dyn Error + Send + Sync>;

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let args: Vec<String> = env::args().skip(1).collect();
    let [data, http, skus] = &*args else {
        return Err("bare DATA HTTP SKUS, such as: bare sqlite:data 127.0.0.1:8080 100".into());
    };
    let (listener, skus) = (TcpListener::bind(http).await?, skus.parse()?);
    match data.strip_prefix("sqlite:") {
        Some(folder) => {
            sqlite::shop::serve(Box::pin(sqlite::open(folder.as_ref())).await?, skus, listener).await
        }
        None => postgres::shop::serve(Box::pin(postgres::open(data)).await?, skus, listener).await,
    }
}

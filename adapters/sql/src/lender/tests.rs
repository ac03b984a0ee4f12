//! Who gets which connection.

use std::time::Duration;

use sqlx::{Sqlite, sqlite::SqlitePoolOptions};
use tokio::task::yield_now;

use super::{Lender, Lent};

/// A lender of one connection, which is in a transaction.
async fn all_lent() -> (Lender<Sqlite>, Lent<Sqlite>) {
    let pool = SqlitePoolOptions::new().max_connections(1).connect("sqlite::memory:").await.unwrap();
    let lender = Lender::new("shelf", pool);
    let lent = lender.begin("begin").await.unwrap();
    (lender, lent)
}

#[tokio::test]
async fn who_waits_is_handed_what_is_given_back() {
    let (lender, first) = all_lent().await;
    let next = lender.clone();
    let waiting = tokio::spawn(async move { next.lend().await.unwrap().loan().began });
    yield_now().await; // there is one thread: it waits from here on
    first.commit().await.unwrap();
    // What comes from the pool is not known to have begun anything.
    assert_eq!(waiting.await.unwrap(), "begin");
}

#[tokio::test]
async fn who_is_lent_nothing_learns_whose_connections_are_lent() {
    let pool = SqlitePoolOptions::new().max_connections(1).acquire_timeout(Duration::from_millis(50));
    let lender = Lender::new("shelf", pool.connect("sqlite::memory:").await.unwrap());
    let _first = lender.lend().await.unwrap();
    let Err(error) = lender.lend().await.map(drop) else { panic!("there is only one") };
    assert_eq!(error.to_string(), "shelf: no connection to its database was to be had within 50ms");
}

#[tokio::test]
async fn who_left_is_handed_nothing() {
    let (lender, first) = all_lent().await;
    let next = lender.clone();
    let waiting = tokio::spawn(async move { next.lend().await.map(drop) });
    yield_now().await; // there is one thread: it waits from here on
    waiting.abort();
    assert!(waiting.await.unwrap_err().is_cancelled());
    first.commit().await.unwrap();
    assert_eq!(lender.lend().await.unwrap().loan().began, "begin");
}

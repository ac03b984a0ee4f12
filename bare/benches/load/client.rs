//! What is asked of a shop: to take orders, and to say what is in stock.

use std::{
    mem,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use hyper::StatusCode;
use outgrow_testkit::contest::{Client, Failure};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{http::Http, system::SKUS};

/// Between two looks at an order that is still open.
const PAUSE: Duration = Duration::from_millis(1);

/// Places orders of two lines each; settled when every one of them is confirmed.
#[derive(Clone)]
pub(crate) struct Orders {
    http: Http,
    placed: Arc<Mutex<Vec<String>>>,
}

impl Orders {
    pub(crate) fn of(http: &Http) -> Self {
        Self { http: http.clone(), placed: Arc::default() }
    }
}

/// Looks at an order until it is confirmed.
async fn confirmed(http: &Http, order: &str) -> Result<(), Failure> {
    let path = format!("/v1/orders/{order}");
    while !is_confirmed(&http.get(&path, StatusCode::OK).await?)? {
        sleep(PAUSE).await;
    }
    Ok(())
}

fn is_confirmed(order: &Value) -> Result<bool, Failure> {
    match order.get("status").and_then(Value::as_str) {
        Some("confirmed") => Ok(true),
        Some("placed") => Ok(false),
        _ => Err(format!("an order ended as {order}").into()),
    }
}

fn id(order: &Value) -> Result<&str, Failure> {
    Ok(order.get("id").and_then(Value::as_str).ok_or("an order without an id")?)
}

/// The nth order: two lines.
fn order(nth: u64) -> Value {
    let line = |sku: String, quantity: u32| json!({ "sku": sku, "quantity": quantity });
    let lines = [line(sku(2 * nth), 2), line(sku(2 * nth + 1), 1)];
    json!({ "customer": "ada", "lines": lines, "payment_token": "tok_ok" })
}

/// The nth SKU, spread so that orders which are placed together seldom want the same.
fn sku(nth: u64) -> String {
    format!("sku-{}", nth.wrapping_mul(7_919) % u64::from(SKUS))
}

impl Client for Orders {
    async fn call(&self, nth: u64) -> Result<(), Failure> {
        let placed = self.http.post("/v1/orders", &order(nth)).await?;
        self.placed.lock().unwrap_or_else(PoisonError::into_inner).push(id(&placed)?.to_owned());
        Ok(())
    }

    async fn settle(&self) -> Result<(), Failure> {
        let placed = mem::take(&mut *self.placed.lock().unwrap_or_else(PoisonError::into_inner));
        for order in placed {
            confirmed(&self.http, &order).await?;
        }
        Ok(())
    }
}

/// Places an order and looks at it until it is confirmed.
#[derive(Clone)]
pub(crate) struct Watched(pub(crate) Http);

impl Client for Watched {
    async fn call(&self, nth: u64) -> Result<(), Failure> {
        let placed = self.0.post("/v1/orders", &order(nth)).await?;
        confirmed(&self.0, id(&placed)?).await
    }
}

/// Places an order and is answered when it is confirmed: the edge looks, and pauses ever longer.
#[derive(Clone)]
pub(crate) struct Awaited(pub(crate) Http);

impl Client for Awaited {
    async fn call(&self, nth: u64) -> Result<(), Failure> {
        let outcome = self.0.post_preferring("/v1/orders", &order(nth), "wait=5").await?;
        if is_confirmed(&outcome)? { Ok(()) } else { Err("no outcome within five seconds".into()) }
    }
}

/// Asks what is in stock, of one SKU after the other.
#[derive(Clone)]
pub(crate) struct Stock(pub(crate) Http);

impl Client for Stock {
    async fn call(&self, nth: u64) -> Result<(), Failure> {
        let level = self.0.get(&format!("/v1/stock/{}", sku(nth)), StatusCode::OK).await?;
        let available = level.get("available").and_then(Value::as_u64);
        available.map(drop).ok_or_else(|| format!("no stock level: {level}").into())
    }
}

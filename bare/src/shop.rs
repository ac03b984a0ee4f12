//! The handlers, and what carries orders on behind them.

use std::{sync::Arc, time::Duration};

use axum::{
    Json, Router,
    body::Bytes,
    extract::{Path, State},
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse as _, Response},
    routing::{get, post},
    serve::ListenerExt as _,
};
use serde_json::Value;
use tokio::{
    net::TcpListener,
    sync::{Notify, Semaphore},
    time::timeout,
};
use uuid::Uuid;

use super::{
    fulfilment, stock,
    store::{Answer, Kept, PLACE, Store},
    telling,
};
use crate::{
    Failure,
    body::{Level, Money, Order, OrderLine, PlaceOrder, Problem, is_sku, key, new_id, unprocessable},
};

/// How many orders are carried on at once.
const AT_ONCE: usize = 64;

/// How long an order waits at most until it is looked for.
const PATIENCE: Duration = Duration::from_secs(1);

struct Shop {
    store: Store,
    /// There is an open order.
    open: Notify,
    /// There is an event to be delivered, one to be handled, a message to be sent.
    published: Notify,
    delivered: Notify,
    written: Notify,
}

/// Serves until the process ends.
pub(crate) async fn serve(store: Store, skus: u32, listener: TcpListener) -> Result<(), Failure> {
    store.fill(skus).await?;
    let [open, published, delivered, written] = std::array::from_fn(|_| Notify::new());
    let shop = Arc::new(Shop { store, open, published, delivered, written });
    drop(tokio::spawn(fulfil(Arc::clone(&shop))));
    for step in [Step::Deliver, Step::Hear, Step::Send] {
        drop(tokio::spawn(tell(Arc::clone(&shop), step)));
    }
    let router = Router::new()
        .route("/health/ready", get(async || StatusCode::OK))
        .route("/v1/orders", post(place))
        .route("/v1/orders/{id}", get(order))
        .route("/v1/stock/{sku}", get(level))
        .with_state(shop);
    let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
    Ok(axum::serve(listener, router).await?)
}

async fn place(State(shop): State<Arc<Shop>>, headers: HeaderMap, body: Bytes) -> Result<Response, Problem> {
    let (request, key) = (PlaceOrder::read(&headers, &body)?, key(&headers)?);
    let fingerprint = Uuid::new_v5(&Uuid::NAMESPACE_OID, &body);
    loop {
        if let Some((earlier, answer)) = shop.store.ordering.recall(PLACE, &key).await? {
            if earlier != fingerprint {
                return Err(unprocessable(&"this key was used before with another request"));
            }
            return Ok(created(answer));
        }
        let kept = price(&shop.store, &request).await?;
        let body = serde_json::to_vec(&kept.order)?;
        let answer = Answer { command: PLACE, key: key.clone(), fingerprint, body };
        match shop.store.place(&answer, &kept).await {
            Ok(()) => {
                shop.open.notify_one();
                shop.published.notify_one();
                return Ok(created(answer.body));
            }
            // The same command, at the same time: answer what it was answered.
            Err(sqlx::Error::Database(error)) if error.is_unique_violation() => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// The order at the prices of now.
async fn price(store: &Store, request: &PlaceOrder) -> Result<Kept, Problem> {
    let mut skus: Vec<&str> = request.lines.iter().map(|line| &*line.sku).collect();
    skus.sort_unstable();
    skus.dedup();
    let prices = store.prices(Value::from(skus)).await?;
    let (mut lines, mut total) = (Vec::with_capacity(request.lines.len()), None::<Money>);
    for line in &request.lines {
        let price = prices.iter().find(|(sku, ..)| *sku == line.sku);
        let (_, amount, currency) = price.ok_or_else(|| unprocessable(&"there is no such product"))?;
        let sum = amount.checked_mul(i64::from(line.quantity));
        let sum = sum.and_then(|sum| sum.checked_add(total.as_ref().map_or(0, |total| total.amount)));
        let sum = sum.ok_or_else(|| unprocessable(&"the total is too large"))?;
        if total.is_some_and(|total| total.currency != *currency) {
            return Err(unprocessable(&"an order has one currency"));
        }
        total = Some(Money { amount: sum, currency: currency.clone() });
        let unit_price = Money { amount: *amount, currency: currency.clone() };
        lines.push(OrderLine { sku: line.sku.clone(), quantity: line.quantity, unit_price });
    }
    let (customer, status) = (request.customer.clone(), "placed".to_owned());
    let total = total.ok_or_else(|| unprocessable(&"an order has 1 to 100 lines"))?;
    let order = Order { id: new_id(), customer, status, lines, total, reason: None };
    Ok(Kept { order, payment_token: request.payment_token.clone(), hold: new_id(), version: 0 })
}

fn created(body: Vec<u8>) -> Response {
    (StatusCode::CREATED, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

async fn order(State(shop): State<Arc<Shop>>, Path(id): Path<Uuid>) -> Result<Json<Order>, Problem> {
    let kept = shop.store.order(id).await?;
    let unknown = || Problem(StatusCode::NOT_FOUND, "there is no such order".to_owned());
    kept.map(|kept| Json(kept.order)).ok_or_else(unknown)
}

async fn level(State(shop): State<Arc<Shop>>, Path(sku): Path<String>) -> Result<Json<Level>, Problem> {
    is_sku(&sku)?;
    let level = stock::level(&shop.store, &sku).await?;
    level.map(Json).ok_or_else(|| Problem(StatusCode::NOT_FOUND, format!("{sku} was never received")))
}

/// Takes orders and carries them on, as many as there are hands; what a crash left, too.
#[expect(clippy::infinite_loop, reason = "it ends with the process")]
async fn fulfil(shop: Arc<Shop>) {
    let hands = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        let free = hands.available_permits();
        let taken = if free == 0 {
            Vec::new()
        } else {
            fulfilment::take(&shop.store, free).await.unwrap_or_default()
        };
        if taken.is_empty() {
            drop(timeout(PATIENCE, shop.open.notified()).await);
        }
        for order in taken {
            let (shop, hand) = (Arc::clone(&shop), Arc::clone(&hands).try_acquire_owned());
            drop(tokio::spawn(async move {
                // What fails is found again.
                drop(fulfilment::carry_on(&shop.store, order).await);
                shop.published.notify_one();
                drop(hand);
                shop.open.notify_one();
            }));
        }
    }
}

/// The three steps of telling.
#[derive(Clone, Copy)]
enum Step {
    Deliver,
    Hear,
    Send,
}

/// Takes one step again and again, and wakes the next.
#[expect(clippy::infinite_loop, reason = "it ends with the process")]
async fn tell(shop: Arc<Shop>, step: Step) {
    let (this, next) = match step {
        Step::Deliver => (&shop.published, Some(&shop.delivered)),
        Step::Hear => (&shop.delivered, Some(&shop.written)),
        Step::Send => (&shop.written, None),
    };
    loop {
        let done = match step {
            Step::Deliver => telling::deliver(&shop.store).await,
            Step::Hear => telling::hear(&shop.store).await,
            Step::Send => telling::send(&shop.store).await,
        };
        if done.unwrap_or(false) {
            next.into_iter().for_each(Notify::notify_one);
        } else {
            drop(timeout(PATIENCE, this.notified()).await);
        }
    }
}

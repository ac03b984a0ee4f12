//! A small story of orders, of every kind and outcome, that goes on however often its shop dies: whoever gets no answer
//! asks again, under the same key. Under load it begins anew all the time, whatever has become of those before.

use std::{
    net::SocketAddr,
    sync::atomic::{AtomicU32, Ordering},
    time::Duration,
};

use futures_util::future::join_all;
use outgrow_testkit::{Http, http::Reply, until_async};
use serde_json::{Value, json};
use tokio::time::sleep;

use crate::{
    oracle::Ran,
    system::{SOON, System},
};

/// What is ordered: how many, of what, how it is paid, and when it is called off, if it is.
const ORDERS: &[(u32, &str, &str, Option<When>)] = &[
    (1, "mug", "tok_ok", None),
    (2, "mug", "tok_ok", Some(When::AtOnce)),
    (1, "mug", "tok_ok", Some(When::Confirmed)),
    (1, "mug", "tok_declined", None),
    (1, "mug", "tok_timeout", None),
    (1, "mug", "tok_late", Some(When::Paying)),
    (99, "pot", "tok_ok", None),
];

/// How many of each there are: more mugs than are ever wanted, and fewer pots than in any order.
const RECEIVED: [(&str, u32); 2] = [("mug", 1_000_000), ("pot", 1)];

/// Between two asks of somebody who got no answer, or not the one they wait for.
const PAUSE: Duration = Duration::from_millis(20);

#[derive(Clone, Copy, PartialEq)]
enum When {
    AtOnce,
    /// When the provider was asked: what it sets aside late has to be let go.
    Paying,
    Confirmed,
}

/// How many stories begin, how long after each other.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    pub(crate) stories: u32,
    pub(crate) every: Duration,
}

impl Load {
    /// One, once.
    pub(crate) const ONE: Self = Self { stories: 1, every: Duration::ZERO };
}

/// Those who order.
pub(crate) struct Story {
    http: Http,
    begun: AtomicU32,
}

impl Story {
    /// To be played at this shop, which has all that it takes.
    pub(crate) async fn at(shop: &System) -> Self {
        for (sku, received) in RECEIVED {
            shop.sell(sku, 1250, received).await;
        }
        Self { http: shop.http(), begun: AtomicU32::new(0) }
    }

    /// From now on it is played there.
    pub(crate) fn moves_to(&mut self, address: SocketAddr) {
        self.http = Http::at(address);
    }

    /// Plays it once to its end, all orders at once.
    pub(crate) async fn play(&self) -> Ran {
        self.play_under(Load::ONE).await
    }

    /// Plays it over and over, and to the end of the last one.
    pub(crate) async fn play_under(&self, load: Load) -> Ran {
        let stories = (0..load.stories).map(|number| async move {
            sleep(load.every * number).await;
            self.once(self.begun.fetch_add(1, Ordering::Relaxed)).await
        });
        let orders: Vec<_> = join_all(stories).await.concat();
        let received = RECEIVED.map(|(sku, received)| (sku.to_owned(), received.into()));
        Ran { received: received.into(), ..Ran::default() }.accepted(&orders)
    }

    async fn once(&self, story: u32) -> Vec<String> {
        let orders = ORDERS.iter().enumerate().map(|(number, (quantity, sku, token, cancelled))| {
            let line = json!({"sku": sku, "quantity": quantity});
            let order = json!({"customer": "ada", "lines": [line], "payment_token": token});
            self.order(format!("{story}-{number}"), order, *cancelled)
        });
        join_all(orders).await
    }

    async fn order(&self, key: String, order: Value, cancelled: Option<When>) -> String {
        let placed = self.answered("/v1/orders", &format!("place-{key}"), &order, 201).await;
        let id = placed["id"].as_str().unwrap().to_owned();
        let order = format!("/v1/orders/{id}");
        match cancelled {
            Some(When::Paying) => self.shows(&format!("{order}/payment"), |_| true).await,
            Some(When::Confirmed) => self.shows(&order, |order| order["status"] == "confirmed").await,
            Some(When::AtOnce) | None => {}
        }
        if cancelled.is_some() {
            self.answered(&format!("{order}/cancellation"), &format!("cancel-{key}"), &json!({}), 200).await;
        }
        id
    }

    /// Looks until it is so.
    async fn shows(&self, path: &str, so: impl Fn(Value) -> bool) {
        again(&format!("{path} is as it should be"), async || {
            let reply = self.http.get(path).send().await.ok()?;
            (reply.status == 200 && so(reply.json())).then_some(reply)
        })
        .await;
    }

    /// Asks until it is answered.
    async fn answered(&self, path: &str, key: &str, body: &Value, status: u16) -> Value {
        let reply = again(&format!("{path} is answered"), async || {
            let asked = self.http.post(path).header("Idempotency-Key", key).json(body).send().await;
            asked.ok().filter(|reply| reply.status == status)
        })
        .await;
        reply.json()
    }
}

/// Asks again, with pauses: hundreds do so at once while a shop is away.
async fn again(what: &str, ask: impl AsyncFn() -> Option<Reply>) -> Reply {
    until_async(what, SOON, async || {
        let reply = ask().await;
        if reply.is_none() {
            sleep(PAUSE).await;
        }
        reply
    })
    .await
}

//! A small story of orders, of every kind and outcome, that goes on however often its shop dies: whoever gets no answer
//! asks again, under the same key.

use outgrow_testkit::{Http, until_async};
use serde_json::{Value, json};

use crate::{
    oracle::Ran,
    system::{SOON, System},
};

/// What is ordered: how many, how it is paid, and when it is called off, if it is.
const ORDERS: &[(u32, &str, Option<When>)] = &[
    (1, "tok_ok", None),
    (2, "tok_ok", Some(When::AtOnce)),
    (1, "tok_ok", Some(When::Confirmed)),
    (1, "tok_declined", None),
    (1, "tok_timeout", None),
    (1, "tok_late", Some(When::Paying)),
    (99, "tok_ok", None),
];

/// How much there is to order from: more than is wanted, but for one order.
const RECEIVED: u32 = 50;

#[derive(Clone, Copy, PartialEq)]
enum When {
    AtOnce,
    /// When the provider was asked: what it sets aside late has to be let go.
    Paying,
    Confirmed,
}

/// Those who order.
pub(crate) struct Story(Http);

impl Story {
    /// To be played at this shop, which has all that it takes.
    pub(crate) async fn at(shop: &System) -> Self {
        shop.sell("mug", 1250, RECEIVED).await;
        Self(shop.http())
    }

    /// Plays it to its end, all orders at once.
    pub(crate) async fn play(&self) -> Ran {
        let orders = ORDERS.iter().enumerate().map(|(number, (quantity, token, cancelled))| {
            let line = json!({"sku": "mug", "quantity": quantity});
            let order = json!({"customer": "ada", "lines": [line], "payment_token": token});
            self.order(number, order, *cancelled)
        });
        let orders = futures_util::future::join_all(orders).await;
        Ran::new("mug", RECEIVED.into()).accepted(&orders)
    }

    async fn order(&self, number: usize, order: Value, cancelled: Option<When>) -> String {
        let placed = self.answered("/v1/orders", &format!("place-{number}"), &order, 201).await;
        let id = placed["id"].as_str().unwrap().to_owned();
        let order = format!("/v1/orders/{id}");
        match cancelled {
            Some(When::Paying) => self.shows(&format!("{order}/payment"), |_| true).await,
            Some(When::Confirmed) => self.shows(&order, |order| order["status"] == "confirmed").await,
            Some(When::AtOnce) | None => {}
        }
        if cancelled.is_some() {
            self.answered(&format!("{order}/cancellation"), &format!("cancel-{number}"), &json!({}), 200)
                .await;
        }
        id
    }

    /// Looks until it is so.
    async fn shows(&self, path: &str, so: impl Fn(Value) -> bool) {
        until_async(&format!("{path} is as it should be"), SOON, async || {
            let reply = self.0.get(path).send().await.ok()?;
            (reply.status == 200 && so(reply.json())).then_some(())
        })
        .await;
    }

    /// Asks until it is answered.
    async fn answered(&self, path: &str, key: &str, body: &Value, status: u16) -> Value {
        until_async(&format!("{path} is answered"), SOON, async || {
            let asked = self.0.post(path).header("Idempotency-Key", key).json(body).send().await;
            asked.ok().filter(|reply| reply.status == status).map(|reply| reply.json())
        })
        .await
    }
}

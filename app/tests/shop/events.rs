//! What happens is told, and has its effect once: whoever listens, wherever, and however often it is killed.

use outgrow_testkit::until_async;
use serde_json::{Value, json};

use crate::{
    data::Data,
    oracle::{Ran, holds},
    system::{SOON, System, order},
};

const MAIL: &[(&str, &[&str])] = &[("mail", &["notifications"])];

/// How many orders arrive while the listener is killed, and how often that happens.
const ORDERS: usize = 24;
const KILLS: usize = 6;

/// Places an order, and returns its id.
async fn place(shop: &System, quantity: u32) -> String {
    let placed = shop.post("/v1/orders", &order("mug", quantity)).await;
    assert_eq!(placed.status, 201, "{}", placed.text());
    placed.json()["id"].as_str().unwrap().to_owned()
}

/// The outcomes that were told of an order, as often as they were, each with its id.
async fn told(shop: &System, id: &str) -> Option<Vec<(String, String)>> {
    let reply = shop.http().get(&format!("/v1/notifications?order={id}")).send().await.ok()?;
    let page = (reply.status == 200).then(|| reply.json())?;
    let text = |item: &Value, field: &str| item[field].as_str().unwrap().to_owned();
    Some(page["items"].as_array()?.iter().map(|item| (text(item, "outcome"), text(item, "id"))).collect())
}

/// Waits until these outcomes of an order were told, and returns their ids.
async fn is_told(shop: &System, id: &str, outcomes: &[&str]) -> Vec<String> {
    let told = until_async(&format!("{outcomes:?} of {id} are told"), SOON, async || {
        told(shop, id).await.filter(|told| told.len() >= outcomes.len())
    })
    .await;
    let (all, ids): (Vec<_>, Vec<_>) = told.into_iter().unzip();
    assert_eq!(all, outcomes, "order {id}");
    ids
}

/// An order that is confirmed and cancelled, and one that is rejected.
async fn every_outcome_is_told_once(shop: &System) {
    shop.sell("mug", 1250, 5).await;
    let kept = place(shop, 2).await;
    is_told(shop, &kept, &["confirmed"]).await;
    let refused = place(shop, 9).await;
    is_told(shop, &refused, &["rejected"]).await;
    let page = shop.get(&format!("/v1/notifications?order={refused}")).await.json();
    let item = &page["items"][0];
    assert_eq!((&item["to"], &item["subject"]), (&"ada".into(), &"Your order is rejected".into()));
    assert!(item["text"].as_str().unwrap().contains("only 3 of mug available"), "{item}");

    assert_eq!(shop.post(&format!("/v1/orders/{kept}/cancellation"), &json!({})).await.status, 200);
    is_told(shop, &kept, &["confirmed", "cancelled"]).await;
    holds(shop, &Ran::new("mug", 5).accepted(&[kept, refused])).await;
}

#[tokio::test]
async fn every_outcome_of_an_order_is_told_once() {
    every_outcome_is_told_once(&System::started(&[], "").await).await;
}

#[tokio::test]
async fn every_outcome_of_an_order_is_told_once_by_another_process() {
    every_outcome_is_told_once(&System::started(MAIL, "").await).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn on_postgresql_every_outcome_of_an_order_is_told_once() {
    every_outcome_is_told_once(&System::started_on_postgres(&[], "").await).await;
    every_outcome_is_told_once(&System::started_on_postgres(MAIL, "").await).await;
}

/// A message follows from the event it tells of, and says so: its letter is logged under that id.
async fn a_listener_that_is_down_is_told_when_it_comes_up(mut shop: System) {
    shop.start("main");
    shop.serves("main").await;
    shop.sell("mug", 1250, 5).await;
    let id = place(&shop, 2).await;
    shop.order_becomes(&id, "confirmed").await;
    assert_eq!(shop.get(&format!("/v1/notifications?order={id}")).await.status, 503, "nobody can tell");

    shop.start("mail");
    let message = is_told(&shop, &id, &["confirmed"]).await.remove(0);
    shop.process("mail").line_with(&message, SOON);
    holds(&shop, &Ran::new("mug", 5).accepted(&[id])).await;
}

#[tokio::test]
async fn a_listener_that_is_down_when_it_happens_is_told_when_it_comes_up() {
    a_listener_that_is_down_is_told_when_it_comes_up(System::split(MAIL, "")).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn on_postgresql_a_listener_that_is_down_when_it_happens_is_told_when_it_comes_up() {
    let shop = System::split_on_postgres(MAIL, "").await;
    shop.migrate();
    a_listener_that_is_down_is_told_when_it_comes_up(shop).await;
}

/// Orders arrive while `victim` is killed and started again and again; each outcome is told once for all that.
async fn killed_while_orders_arrive(mut shop: System, victim: &str) {
    shop.sell("mug", 1250, 1_000).await;
    let mut orders = Vec::new();
    for round in 0..KILLS {
        let first = orders.len();
        for _ in 0..ORDERS / KILLS {
            orders.push(place(&shop, 1).await);
        }
        // The first of every other round was told; the others are somewhere on their way.
        if round % 2 == 0 {
            is_told(&shop, &orders[first], &["confirmed"]).await;
        }
        shop.process(victim).kill();
        shop.start(victim);
        shop.serves(victim).await;
    }
    for id in &orders {
        is_told(&shop, id, &["confirmed"]).await;
    }
    holds(&shop, &Ran::new("mug", 1_000).accepted(&orders)).await;
}

#[tokio::test]
async fn a_listener_that_is_killed_again_and_again_tells_every_outcome_once() {
    killed_while_orders_arrive(System::started(MAIL, "").await, "mail").await;
}

#[tokio::test]
async fn a_publisher_that_is_killed_again_and_again_tells_every_outcome_once() {
    killed_while_orders_arrive(System::started(MAIL, "").await, "main").await;
}

#[tokio::test]
async fn a_whole_shop_that_is_killed_again_and_again_tells_every_outcome_once() {
    killed_while_orders_arrive(System::started(&[], "").await, "main").await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn on_postgresql_whoever_is_killed_again_and_again_every_outcome_is_told_once() {
    for victim in ["mail", "main"] {
        killed_while_orders_arrive(System::started_on_postgres(MAIL, "").await, victim).await;
    }
}

#[tokio::test]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn over_rabbitmq_whoever_is_killed_again_and_again_every_outcome_is_told_once() {
    for victim in ["mail", "main"] {
        killed_while_orders_arrive(System::started_over_rabbitmq(MAIL).await, victim).await;
    }
}

#[tokio::test]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn over_rabbitmq_a_listener_that_was_never_there_is_told_when_it_comes_up() {
    let mut shop = System::split(MAIL, "");
    shop.reach_over_rabbitmq();
    a_listener_that_is_down_is_told_when_it_comes_up(shop).await;
}

#[tokio::test]
#[ignore = "needs RabbitMQ: cargo xtask test"]
async fn a_listener_that_moves_away_from_rabbitmq_tells_what_was_left_there() {
    let mut shop = System::started_over_rabbitmq(MAIL).await;
    shop.sell("mug", 1250, 5).await;
    shop.process("mail").kill();
    let id = place(&shop, 2).await;
    shop.order_becomes(&id, "confirmed").await;
    until_async("the broker has it", SOON, async || {
        let left = "select count(*) as n from outgrow_deliveries";
        let rows = shop.data.home(&ordering_infra::SPEC).await.db().query(left).all().await.unwrap();
        rows[0].get::<i64>("n").unwrap() == 0
    })
    .await;
    shop.process("main").kill();
    shop.leave_rabbitmq();
    for service in ["main", "mail"] {
        shop.start(service);
        shop.serves(service).await;
    }
    is_told(&shop, &id, &["confirmed"]).await;
    holds(&shop, &Ran::new("mug", 5).accepted(&[id])).await;
}

/// As long as this stands, nobody can keep that a message was sent; how often that was tried is counted.
pub(crate) const NOTHING_IS_KEPT: &str = "
    create sequence notifications.tried minvalue 0;
    grant all on sequence notifications.tried to public;
    create function notifications.refuse() returns trigger language plpgsql as
    $$ begin perform nextval('notifications.tried'); raise exception 'not now'; end $$;
    create trigger refuse before update on notifications.messages
    for each row execute function notifications.refuse()";

/// Changes the database of a shop that is on PostgreSQL.
pub(crate) async fn alter(shop: &System, statements: &str) {
    match &shop.data {
        Data::Database(database) => database.alter(statements).await,
        Data::Folder(_) => panic!("it is on PostgreSQL"),
    }
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn killed_between_sending_and_keeping_it_sends_the_same_message_again_and_tells_it_once() {
    let mut shop = System::started_on_postgres(MAIL, "").await;
    shop.sell("mug", 1250, 5).await;
    alter(&shop, NOTHING_IS_KEPT).await;
    let id = place(&shop, 2).await;
    let home = shop.data.home(&notifications_infra::SPEC).await;
    let tried = home.db();
    let tried = async || {
        let rows = tried.query("select last_value as n from notifications.tried").all().await.unwrap();
        rows[0].get::<i64>("n").unwrap() >= 2
    };
    until_async("it was tried to keep it", SOON, tried).await;
    let letters = |shop: &mut System| {
        let lines = shop.process("mail").stderr();
        lines.into_iter().filter(|line| line.contains("a letter")).collect::<Vec<_>>()
    };
    let sent = letters(&mut shop);
    assert_eq!(sent.len(), 1, "a living process does not send again what it cannot keep");
    assert_eq!(told(&shop, &id).await, Some(vec![]));

    shop.process("mail").kill();
    alter(&shop, "drop trigger refuse on notifications.messages").await;
    shop.start("mail");
    let message = is_told(&shop, &id, &["confirmed"]).await.remove(0);
    holds(&shop, &Ran::new("mug", 5).accepted(&[id])).await;
    let again = letters(&mut shop);
    assert!(
        again.len() == 1 && again[0].contains(&message) && sent[0].contains(&message),
        "{sent:?} {again:?}"
    );
}

//! What has happened can be read again as long as the outboxes keep it, by people and by programs.

use outgrow_testkit::until_async;
use serde_json::{Value, json};

use crate::{
    sagas::said,
    system::{SOON, System, order},
};

const STREAM: &str = "ordering.v1.OrderEvent";

/// What happens to an order, as two modules tell.
const KINDS: [&str; 4] = [
    "ordering.v1.order_placed",
    "payments.v1.payment_authorized",
    "payments.v1.payment_captured",
    "ordering.v1.order_confirmed",
];

/// The lines of the archive that these arguments ask for.
fn lines(shop: &System, args: &[&str]) -> Vec<String> {
    let said = said(shop, &[&["events", "archive"], args].concat());
    said.lines().map(ToOwned::to_owned).collect()
}

fn events(shop: &System, args: &[&str]) -> Vec<Value> {
    let lines = lines(shop, &[args, &["--json"]].concat());
    lines.iter().map(|line| serde_json::from_str(line).unwrap()).collect()
}

async fn placed(shop: &System) -> String {
    let placed = shop.post("/v1/orders", &order("mug", 1)).await.json();
    let id = placed["id"].as_str().unwrap().to_owned();
    shop.order_becomes(&id, "confirmed").await;
    id
}

async fn what_has_happened_can_be_read(mut shop: System) {
    assert_eq!(lines(&shop, &[]), ["nothing of that is kept"]);
    assert_eq!(lines(&shop, &["--json"]), [""; 0]);
    shop.sell("mug", 1250, 5).await;
    let (first, second) = (placed(&shop).await, placed(&shop).await);
    let everybody_has_it = async || lines(&shop, &[]).iter().all(|line| !line.contains("waits for"));
    until_async("everybody has it", SOON, everybody_has_it).await;

    let all = events(&shop, &[]);
    let told: Vec<_> = all.iter().map(|event| (&event["subject"], &event["type"])).collect();
    let kinds = KINDS.map(Value::from);
    let keys = [json!(first), json!(second)];
    let expected: Vec<_> = keys.iter().flat_map(|key| kinds.iter().map(move |kind| (key, kind))).collect();
    assert_eq!(told, expected, "of all modules, in the order it happened");
    assert_eq!(
        ["specversion", "source", "stream", "sequence"].map(|name| all[3][name].clone()),
        ["1.0", "outgrow/ordering", STREAM, "00000000000000000002"].map(Value::from),
    );
    assert_eq!(all[3]["data"]["total"], json!({ "amount": 1250, "currency": "EUR" }));

    let text = |event: &Value, name: &str| event[name].as_str().unwrap().to_owned();
    let line = |event: &Value, number: u32| {
        let [time, kind, key, id] = ["time", "type", "subject", "id"].map(|name| text(event, name));
        format!("{time} {kind} {key} #{number}, {id}")
    };
    let [placed, authorized, captured, confirmed] =
        [(4, 1), (5, 1), (6, 2), (7, 2)].map(|(at, n)| line(&all[at], n));
    assert_eq!(lines(&shop, &["--key", &second]), [&*placed, &authorized, &captured, &confirmed]);
    assert_eq!(lines(&shop, &["--key", &second, "--stream", STREAM]), [&*placed, &confirmed]);
    assert_eq!(lines(&shop, &["--stream", STREAM, "--limit", "1"]), [confirmed]);
    assert_eq!(events(&shop, &["--since", &text(&all[1], "time"), "--limit", "2"]), all[1..3]);

    shop.process("mail").kill();
    let third = self::placed(&shop).await;
    let waits = lines(&shop, &["--key", &third, "--stream", STREAM]);
    assert!(
        waits.len() == 2 && waits.iter().all(|line| line.contains(", waits for notifications")),
        "{waits:?}"
    );

    let output = shop.command(&["events", "archive", "--stream", "ordering.v1.Oder"]).output().unwrap();
    let why = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(64));
    assert!(
        why.contains("no module publishes `ordering.v1.Oder`; there are payments.v1.PaymentEvent, ordering"),
        "{why}"
    );
    let limit = shop.command(&["events", "archive", "--limit", "10001"]).output().unwrap();
    assert_eq!(limit.status.code(), Some(64));
}

const MAIL: &[(&str, &[&str])] = &[("mail", &["notifications"])];

#[tokio::test]
async fn what_has_happened_is_in_the_archive_and_who_still_has_to_get_it() {
    what_has_happened_can_be_read(System::started(MAIL, "").await).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn on_postgresql_what_has_happened_is_in_the_archive_and_who_still_has_to_get_it() {
    what_has_happened_can_be_read(System::started_on_postgres(MAIL, "").await).await;
}

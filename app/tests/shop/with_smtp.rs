//! Letters at a real mail server: each outcome is told in one, whoever dies, and a second one can be told by its id.

use outgrow_testkit::{TestMail, until_async};
use serde_json::{Value, json};

use crate::{
    events::{NOTHING_IS_KEPT, alter},
    system::{SOON, System},
};

const MAIL: &[(&str, &[&str])] = &[("mail", &["notifications"])];

/// The settings that bring letters to this server.
fn letters_to(mail: &TestMail) -> String {
    let url = mail.url("ada:secret@");
    format!("\n[modules.notifications]\nsmtp = \"{url}\"\nfrom = \"shop@example.org\"\n")
}

/// Places an order of somebody, and returns its id.
async fn placed(shop: &System, customer: &str) -> String {
    let lines = json!([{"sku": "mug", "quantity": 2}]);
    let order = json!({"customer": customer, "lines": lines, "payment_token": "tok_ok"});
    let placed = shop.post("/v1/orders", &order).await;
    assert_eq!(placed.status, 201, "{}", placed.text());
    placed.json()["id"].as_str().unwrap().to_owned()
}

/// What is told of an order under this name, once there is anything.
async fn told(shop: &System, order: &str, what: &str) -> Value {
    until_async(&format!("{what} of {order}"), SOON, async || {
        let page = shop.get(&format!("/v1/notifications?order={order}")).await.json();
        page[what].as_array()?.first().cloned()
    })
    .await
}

#[tokio::test]
#[ignore = "needs an SMTP server: cargo xtask test"]
async fn a_letter_arrives_under_the_id_of_its_message() {
    let mail = TestMail::new();
    let shop = System::started(&[], &letters_to(&mail)).await;
    shop.sell("mug", 1250, 5).await;
    let order = placed(&shop, "ada@example.org").await;
    let message = told(&shop, &order, "items").await;
    let letters = mail.letters();
    let [letter] = &letters[..] else { panic!("{letters:?}") };
    let id = message["id"].as_str().unwrap();
    assert_eq!(letter["Message-ID"], format!("<{id}@example.org>"));
    assert_eq!((&letter["To"], &letter["From"]), (&json!("ada@example.org"), &json!("shop@example.org")));
    assert_eq!((&letter["Subject"], &letter["login"]), (&message["subject"], &json!("ada")));
    assert!(letter["text"].as_str().unwrap().contains(&order), "{letter}");
}

#[tokio::test]
#[ignore = "needs an SMTP server: cargo xtask test"]
async fn a_letter_that_is_refused_for_good_is_shown_with_the_reason() {
    let mail = TestMail::new();
    let shop = System::started(&[], &letters_to(&mail)).await;
    shop.sell("mug", 1250, 5).await;
    for (customer, why) in [("nobody@example.org", "no such mailbox"), ("ada", "`ada` is no address")] {
        let order = placed(&shop, customer).await;
        let message = told(&shop, &order, "undeliverable").await;
        assert!(message["reason"].as_str().unwrap().contains(why), "{message}");
        assert_eq!((&message["to"], &message["outcome"]), (&json!(customer), &json!("confirmed")));
    }
    assert_eq!(mail.letters().len(), 0);
}

#[tokio::test]
#[ignore = "needs an SMTP server and PostgreSQL: cargo xtask test"]
async fn killed_between_sending_and_keeping_it_sends_the_same_letter_again_under_the_same_id() {
    let mail = TestMail::new();
    let mut shop = System::started_on_postgres(MAIL, &letters_to(&mail)).await;
    shop.sell("mug", 1250, 5).await;
    alter(&shop, NOTHING_IS_KEPT).await;
    let order = placed(&shop, "ada@example.org").await;
    let arrived = async |count| {
        until_async(&format!("{count} letters"), SOON, async || {
            (mail.letters().len() >= count).then_some(())
        })
        .await;
    };
    arrived(1).await;
    shop.process("mail").kill();
    alter(&shop, "drop trigger refuse on notifications.messages").await;
    shop.start("mail");
    let message = told(&shop, &order, "items").await;
    let (letters, id) = (mail.letters(), message["id"].as_str().unwrap());
    assert_eq!(letters.len(), 2, "{letters:?}");
    assert_eq!(letters[0], letters[1], "the same letter, to the letter");
    assert_eq!(letters[0]["Message-ID"], format!("<{id}@example.org>"));
}

//! `shop payments rebuild`: what is shown of payments is made anew while the shop runs.

use outgrow::{CallContext, Money};
use outgrow_testkit::{SequentialIds, TestDir};
use payments_contract::{AuthorizePayment, CapturePayment, PaymentId};
use serde_json::json;

use crate::{command_line, system::System};

async fn payments_are_shown_anew_while_the_shop_runs(shop: &System) {
    let home = shop.data.home(&payments_infra::SPEC).await;
    let (payments, payment) = (payments_infra::build(home.clone()), PaymentId(SequentialIds::nth(1)));
    let cx = |key: &str| CallContext::new("tests", SequentialIds::nth(2)).with_key(key.parse().unwrap());
    let amount = Money { amount: 1250, currency: "EUR".parse().unwrap() };
    let authorize = AuthorizePayment { payment, token: "tok_ok".parse().unwrap(), amount };
    payments.authorize(&cx("authorize"), authorize).await.unwrap();
    payments.capture(&cx("capture"), CapturePayment { payment }).await.unwrap();
    let path = format!("/v1/orders/{payment}/payment");
    let right = shop.get(&path).await.json();
    assert_eq!((&right["status"], &right["captured"]["amount"]), (&json!("captured"), &json!(1250)));

    let spoil = async |mut tx: adapter_sql::Tx| {
        tx.query("update payment_overview set status = 'voided', captured = 0").changed_one().await?;
        tx.commit(()).await
    };
    home.db().write(spoil).await.unwrap();
    assert_eq!(shop.get(&path).await.json()["status"], "voided");

    let output = shop.command(&["payments", "rebuild"]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), "1 payment shown anew\n");
    assert_eq!(shop.get(&path).await.json(), right);
}

#[tokio::test]
async fn payments_are_shown_anew() {
    payments_are_shown_anew_while_the_shop_runs(&System::started(&[], "").await).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn on_postgresql_payments_are_shown_anew() {
    payments_are_shown_anew_while_the_shop_runs(&System::started_on_postgres(&[], "").await).await;
}

#[test]
fn where_main_does_not_host_payments_it_says_so() {
    let dir = TestDir::new();
    let apart = "[services.money]\nmodules = [\"payments\"]\naddress = \"grpc://127.0.0.1:7101\"\n";
    dir.write("outgrow.toml", apart);
    let (code, stdout, stderr) = command_line::run(&dir, &["payments", "rebuild"]);
    assert_eq!((code, &*stdout), (64, ""));
    assert!(stderr.contains("another service hosts payments") && stderr.contains("to go on"), "{stderr}");
}

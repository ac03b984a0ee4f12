//! `shop import`: a file of products, whole or with every bad line told; interrupted anywhere, finished by the same
//! command.

use std::fmt::Write as _;

use outgrow_testkit::{Passing, Process, TestDir, until_async};
use serde_json::{Value, json};

use crate::{
    command_line, crashes,
    system::{SOON, System},
};

const SPLIT: &[(&str, &[&str])] = &[("stock", &["inventory"])];

/// `shop import` with these arguments, in the folder of this shop: how it ends, and what it says to whom.
fn import(shop: &System, args: &[&str]) -> (i32, String, String) {
    ended(importing(shop, args))
}

fn importing(shop: &System, args: &[&str]) -> Process {
    Process::start(&mut shop.command(&[&["import"], args].concat()))
}

/// How it ended, and what it said. How far it was now and then is left out.
fn ended(mut importing: Process) -> (i32, String, String) {
    let code = importing.exit(SOON).code().unwrap();
    let text = |lines: Vec<String>| lines.iter().fold(String::new(), |text, line| format!("{text}{line}\n"));
    let mut complained = importing.stderr();
    complained.retain(|line| {
        !(line.ends_with(" products") && line.starts_with(|first: char| first.is_ascii_digit()))
    });
    (code, text(importing.stdout()), text(complained))
}

/// So many products, `p-1` and so on; of each, ten times its number have come.
fn many(products: u32) -> String {
    let mut file = "sku,name,price,currency,stock\n".to_owned();
    for number in 1..=products {
        writeln!(file, "p-{number},Product {number},{number},EUR,{}", number * 10).unwrap();
    }
    file
}

async fn products(shop: &System) -> Vec<Value> {
    let (mut products, mut path) = (Vec::new(), "/v1/products?limit=100".to_owned());
    loop {
        let page = shop.get(&path).await.json();
        products.extend(page["items"].as_array().unwrap().iter().cloned());
        let Some(next) = page["next"].as_str() else { return products };
        path = format!("/v1/products?limit=100&after={next}");
    }
}

/// Whether all that [`many`] says is there, exactly once.
async fn has_many(shop: &System, number: u32) {
    let ours = products(shop)
        .await
        .iter()
        .filter(|product| product["sku"].as_str().unwrap().starts_with("p-"))
        .count();
    assert_eq!(ours, usize::try_from(number).unwrap());
    for number in 1..=number {
        let come = u64::from(number) * 10;
        assert_eq!(shop.stock(&format!("p-{number}")).await, (come, 0, come), "p-{number}");
    }
}

#[tokio::test]
async fn a_file_is_imported_whoever_wrote_it() {
    let mut shop = System::split(&[], "");
    let spreadsheet = "\u{feff}stock,name,sku,price,currency\r\n5,\"Mug, \"\"blue\"\"\",mug,1250,EUR\r\n\r\n 0 , Pot , pot ,3400,EUR";
    shop.dir.write("products.csv", spreadsheet);
    let (code, said, complained) = import(&shop, &["products.csv"]);
    assert_eq!((code, &*said, &*complained), (0, "products.csv: 2 products imported\n", ""));

    shop.start("main");
    shop.ready().await;
    let price = |amount| json!({"amount": amount, "currency": "EUR"});
    let mug = json!({"sku": "mug", "name": "Mug, \"blue\"", "price": price(1250)});
    assert_eq!(products(&shop).await, [mug, json!({"sku": "pot", "name": "Pot", "price": price(3400)})]);
    assert_eq!(shop.stock("mug").await, (5, 0, 5));
    assert_eq!(shop.get("/v1/stock/pot").await.status, 404, "none has come");

    assert_eq!(import(&shop, &["products.csv"]), (code, said, complained), "again");
    assert_eq!(shop.stock("mug").await, (5, 0, 5), "the same file is the same delivery");
    shop.dir.write("more.csv", "sku,name,price,currency,stock\nmug,\"Mug, \"\"blue\"\"\",1250,EUR,2\n");
    assert_eq!(import(&shop, &["more.csv"]).0, 0, "it is published as the file says");
    assert_eq!(shop.stock("mug").await, (7, 0, 7), "another file is another delivery");
}

const BAD: &str = "\
sku,name,price,currency,stock
mug,Mug,1250,EUR,5
mug blue,Mug,12.50,eur,-1
pot,,0,EUR,1000001

jug,Jug,1100,EUR
mug,Mug,1250,EUR,5
cup,\"Cup,900,EUR,3
tea,Tea \u{7},690,EUR,many
jar,Jar,700,EUR,7
";

const WHY: &str = "  line 3, column 1 (sku): \"mug blue\": a SKU has 1 to 40 of the characters A-Z, a-z, 0-9, `.`, `_` and `-`
  line 3, column 3 (price): \"12.50\": a price is a whole number of minor units: 1250 for 12.50
  line 3, column 4 (currency): \"eur\": a currency is three capital letters, such as EUR
  line 3, column 5 (stock): \"-1\": a stock is a whole number, 0 to 1000000
  line 4, column 2 (name): \"\": a product's name has 1 to 200 characters, none of them a control character
  line 4, column 3 (price): \"0\": the amount of a price is 1 to 100000000000, not 0
  line 4, column 5 (stock): \"1000001\": a stock is a whole number, 0 to 1000000
  line 6: has 4 columns, not 5
  line 7, column 1 (sku): mug is on line 2 already
  line 8: opens a quote and does not close it
  line 9, column 2 (name): \"Tea \\u{7}\": a product's name has 1 to 200 characters, none of them a control character
  line 9, column 5 (stock): \"many\": a stock is a whole number, 0 to 1000000
";

#[tokio::test]
async fn every_bad_line_is_told_and_nothing_is_sent_unless_the_good_are_wanted() {
    let mut shop = System::split(&[], "");
    shop.dir.write("bad.csv", BAD);
    let (code, said, complained) = import(&shop, &["bad.csv"]);
    let told = format!(
        "error: bad.csv: 6 bad lines, nothing was sent\n{WHY}\
         to go on, correct the file, or import the good lines (2) with --keep-good\n"
    );
    assert_eq!((code, &*said, complained), (65, "", told));
    shop.start("main");
    shop.ready().await;
    assert!(products(&shop).await.is_empty());

    let (code, said, complained) = import(&shop, &["--keep-good", "bad.csv"]);
    let told =
        format!("error: bad.csv: 2 products imported, 6 lines left out\n{WHY}to go on, correct these lines");
    assert_eq!((code, &*said), (65, ""));
    assert!(complained.starts_with(&told), "{complained}");
    assert_eq!(products(&shop).await.len(), 2);
    assert_eq!((shop.stock("mug").await.0, shop.stock("jar").await.0), (5, 7));
}

#[test]
fn of_very_many_problems_a_hundred_are_told_and_the_others_counted() {
    let shop = System::split(&[], "");
    shop.dir.write("bad.csv", many(150).replace("EUR", "euro"));
    let (code, _, complained) = import(&shop, &["bad.csv"]);
    assert_eq!((code, complained.matches("column 4 (currency)").count()), (65, 100), "{complained}");
    assert!(
        complained.contains(": 150 bad lines,") && complained.contains("\n  and 50 more\n"),
        "{complained}"
    );
}

#[test]
fn a_file_that_is_no_table_of_products_is_told_to_be_none() {
    let (shop, good) = (System::split(&[], ""), "sku,name,price,currency,stock");
    for (file, code, says) in [
        ("", 65, format!("is empty: its first line is to be {good}")),
        ("sku;name;price;currency;stock\n", 65, "there is no column sku\n".to_owned()),
        ("sku,name,prize,currency,stock\n", 65, "line 1: \"prize\" is none of our columns".to_owned()),
        ("\n\nsku,name,price,stock,sku\n", 65, "line 3: there are several columns sku".to_owned()),
        ("s\0k\0u\0", 65, "to go on, the first line is to be sku,name".to_owned()),
        (good, 0, String::new()),
    ] {
        shop.dir.write("products.csv", file);
        let (ended, said, complained) = import(&shop, &["products.csv"]);
        assert_eq!((ended, complained.contains(&says)), (code, true), "{file}\n{complained}");
        assert_eq!(said, if code == 0 { "products.csv: 0 products imported\n" } else { "" });
    }
    let (code, _, complained) = import(&shop, &["nothing.csv"]);
    assert_eq!((code, complained.contains("cannot read nothing.csv")), (64, true), "{complained}");
    let (code, _, complained) = import(&shop, &["."]);
    assert_eq!((code, complained.contains(". is not a file")), (64, true), "{complained}");
    assert_eq!(import(&shop, &[]).0, 64, "which file?");
    assert_eq!(command_line::run(&TestDir::new(), &["--http", "127.0.0.1:1", "import", "x"]).0, 64);
}

#[tokio::test]
async fn a_product_that_is_published_otherwise_stays_so_and_is_told() {
    let shop = System::started(&[], "").await;
    shop.sell("mug", 1250, 5).await;
    shop.sell("jug", 1100, 1).await;
    let all_there_can_be = async |mut tx: adapter_sql::Tx| {
        tx.query("update items set on_hand = $1 where sku = 'jug'")
            .bind(i64::from(u32::MAX))
            .changed_one()
            .await?;
        tx.commit(()).await
    };
    shop.data.home(&inventory_infra::SPEC).await.db().write(all_there_can_be).await.unwrap();
    shop.dir.write(
        "products.csv",
        "sku,name,price,currency,stock\nmug,Mug,1300,EUR,7\npot,Pot,3400,EUR,1\njug,jug,1100,EUR,2\n",
    );
    let (code, said, complained) = import(&shop, &["products.csv"]);
    assert_eq!((code, &*said), (65, ""), "{complained}");
    for part in [
        "products.csv: 1 product imported, 2 lines left out\n",
        "line 2: mug is published already as \"mug\" for 1250 EUR, and stays so; nothing was received\n",
        "line 4: more of jug than can be counted\n",
    ] {
        assert!(complained.contains(part), "{part}\n{complained}");
    }
    assert_eq!(shop.get("/v1/products/mug").await.json()["price"]["amount"], 1250);
    assert_eq!((shop.stock("mug").await.0, shop.stock("pot").await.0), (5, 1));
}

#[tokio::test]
async fn killed_in_the_middle_it_is_finished_by_running_it_again() {
    let mut shop = System::started(&[], "").await;
    shop.dir.write("products.csv", many(300));
    let mut importing = importing(&shop, &["products.csv"]);
    until_async("some are there", SOON, async || shop.get("/v1/stock/p-20").await.status == 200).await;
    let held = shop.data.hold(&inventory_infra::SPEC, "items").await;
    importing.line_with("of 300 products", SOON);
    importing.kill();
    held.give_back().await;
    let there = products(&shop).await.len();
    assert!((20..300).contains(&there), "in the middle, not after {there}");

    assert_eq!(
        import(&shop, &["products.csv"]),
        (0, "products.csv: 300 products imported\n".to_owned(), String::new())
    );
    has_many(&shop, 300).await;
    shop.process("main").kill();
    assert_eq!(import(&shop, &["products.csv"]).0, 0, "nobody has to serve");
    shop.start("main");
    shop.ready().await;
    has_many(&shop, 300).await;
}

#[tokio::test]
async fn a_file_that_is_changed_meanwhile_is_told_to_be() {
    let shop = System::started(SPLIT, "").await;
    shop.dir.write("products.csv", many(2));
    let held = shop.data.hold(&inventory_infra::SPEC, "items").await;
    let importing = importing(&shop, &["products.csv"]);
    until_async("it is being imported", SOON, async || crashes::executes(&shop).await).await;
    shop.dir.write("products.csv", many(3));
    held.give_back().await;
    let (code, said, complained) = ended(importing);
    let told = "error: products.csv was changed while it was imported; run it again";
    assert_eq!((code, &*said, complained.starts_with(told)), (65, "", true), "{complained}");
}

// The network between them goes on while a process is waited for.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn modules_are_called_where_they_are_and_one_that_is_away_stops_it() {
    let mut shop = System::split(SPLIT, "");
    let network = shop.reach_through_proxy("stock").await;
    shop.start("stock");
    shop.start("main");
    shop.ready().await;
    shop.dir.write("products.csv", many(20));
    let stopped = |importing: Process, how: &str| {
        let (code, said, complained) = ended(importing);
        assert_eq!((code, &*said), (69, ""), "{complained}");
        let start = format!("error: products.csv: line 2: {how}: ");
        let end = "\n  0 of 20 products are imported\n\
                   to go on, run the same command again: what is done is not done twice\n";
        assert!(complained.starts_with(&start) && complained.ends_with(end), "{complained}");
    };
    // The command has arrived; its effect is committed, and the answer does not come back.
    let held = shop.data.hold(&inventory_infra::SPEC, "items").await;
    let first = importing(&shop, &["products.csv"]);
    until_async("it executes", SOON, async || crashes::executes(&shop).await).await;
    network.let_pass(Passing::Requests);
    held.give_back().await;
    stopped(first, "in doubt: expired");
    network.let_pass(Passing::Both);
    assert_eq!(shop.stock("p-1").await, (10, 0, 10));
    drop(network);
    stopped(importing(&shop, &["products.csv"]), "not executed: unreachable");

    // Another way to it.
    shop.set("OUTGROW__SERVICES__STOCK__ADDRESS", &format!("grpc://{}", shop.grpc["stock"]));
    assert_eq!(import(&shop, &["products.csv"]).0, 0);
    shop.process("main").kill();
    shop.start("main");
    shop.ready().await;
    has_many(&shop, 20).await;
}

#[tokio::test]
async fn it_does_not_crowd_out_the_shop_that_is_served_meanwhile() {
    let shop = System::started(&[], "").await;
    shop.sell("mug", 1250, 1).await;
    shop.dir.write("products.csv", many(200));
    let mut importing = importing(&shop, &["products.csv"]);
    let mut received = 0;
    while importing.is_running() {
        let reply = shop.post("/v1/stock/mug/receipts", &json!({"quantity": 1})).await;
        assert_eq!(reply.status, 201, "{}", reply.text());
        received += 1;
    }
    assert!(importing.exit(SOON).success());
    assert!(received > 0);
    assert_eq!(shop.stock("mug").await.0, 1 + received);
    has_many(&shop, 200).await;
}

#[tokio::test]
#[ignore = "needs PostgreSQL: cargo xtask test"]
async fn on_postgresql_it_waits_for_nobody_and_says_what_is_missing() {
    let mut shop = System::split_on_postgres(&[], "").await;
    shop.dir.write("products.csv", many(20));
    let (code, _, complained) = import(&shop, &["products.csv"]);
    assert_eq!((code, complained.contains("run `shop migrate`")), (69, true), "{complained}");
    shop.migrate();
    shop.start("main");
    shop.ready().await;
    assert_eq!(import(&shop, &["products.csv"]).0, 0);
    has_many(&shop, 20).await;
}

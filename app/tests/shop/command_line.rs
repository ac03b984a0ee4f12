//! The command line: what it says, where, and with which exit code.

use std::{process::Output, time::Duration};

use outgrow_testkit::{LoopbackAddr, Process, TestDir};
use serde_json::Value;

use crate::system::{SOON, System, shop};

pub(crate) fn run(dir: &TestDir, args: &[&str]) -> (i32, String, String) {
    let Output { status, stdout, stderr } = shop().current_dir(dir.path()).args(args).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (status.code().unwrap(), text(stdout), text(stderr))
}

const SPLIT: &str = "[services.stock]\nmodules = [\"inventory\"]\naddress = \"grpc://127.0.0.1:7101\"\n";

#[test]
fn a_wrong_setting_of_a_module_is_told_with_its_remedy_and_without_its_secrets() {
    let wrong = |table: &str| {
        let dir = TestDir::new();
        dir.write("outgrow.toml", format!("[modules.notifications]\n{table}"));
        let (code, _, stderr) = run(&dir, &["check"]);
        assert!(!stderr.contains("hunter2"), "{stderr}");
        (code, stderr)
    };
    for (table, says) in [
        (
            "smtp = \"smtp://ada:hunter2@mail.example.org\"\nfrom = \"shop@example.org\"",
            "modules.notifications.smtp: would send its password unencrypted: add `?tls=required`, or use `smtps://`; \
             write where the mail server is, or leave it out",
        ),
        ("smtp = \"smtps://ada:hunter2@mail.example.org\"", "modules.notifications.from: is missing"),
        ("from = \"shop@example.org\"", "modules.notifications.from: means nothing without `smtp`"),
        ("smtp = 25", "modules.notifications.smtp: is a number, not text"),
        (
            "sendmail = \"hunter2\"",
            "modules.notifications.sendmail: is not a setting; use one of: smtp, from, url,",
        ),
    ] {
        let (code, stderr) = wrong(table);
        assert_eq!((code, stderr.contains(says)), (64, true), "{says}\n{stderr}");
    }
    let (code, stderr) = wrong("smtp = \"hunter2\"\nfrom = \"shop\"");
    assert_eq!((code, stderr.contains("2 problems")), (64, true), "{stderr}");
    let fine = "smtp = \"smtps://ada:hunter2@mail.example.org\"\nfrom = \"shop@example.org\"";
    assert_eq!(wrong(fine), (0, String::new()));
}

#[test]
fn check_finds_every_problem_at_once() {
    let dir = TestDir::new();
    dir.write(
        "outgrow.toml",
        "colour = \"blue\"\n[data]\nurl = 7\n[services.a]\nmodules = [\"inventory\", \"inventroy\"]\n\
         [services.b]\nmodules = [\"inventory\"]\naddress = \"pigeon://roof\"\nhttp = \"nowhere\"\n",
    );
    let (code, stdout, stderr) = run(&dir, &["check"]);
    assert_eq!((code, &*stdout), (64, ""));
    let expected = [
        "7 problems",
        "colour: is not a setting; use one of: data, services, modules",
        "data.url: is a number, not text",
        "services.a.modules: there is no module `inventroy`; use one of: catalog, inventory, payments, ordering, notifications",
        "services.b.modules: module `inventory` is already hosted by `a`",
        "services.b.address: nothing here carries `pigeon://roof`",
        "services.b.http: cannot be `nowhere`",
        "services.a.address: missing, and others need it",
    ];
    for part in expected {
        assert!(stderr.contains(part), "{part}\n{stderr}");
    }
    assert!(stderr.lines().skip(1).all(|line| line.contains("outgrow.toml: ")), "each says where:\n{stderr}");
}

#[test]
fn check_finds_what_could_only_fail_when_it_serves() {
    let dir = TestDir::new();
    dir.write(
        "outgrow.toml",
        "[data]\nurl = \"mysql://x\"\n[modules.catalog]\nurl = \"nonsense\"\n[services.stock]\n\
         modules = [\"inventory\"]\naddress = \"grpc://stock\"\nlisten = \"grpc://0.0.0.0\"\n",
    );
    let (code, _, stderr) = run(&dir, &["check"]);
    assert_eq!(
        (code, stderr.lines().next()),
        (64, Some("error: 4 problems in the configuration")),
        "{stderr}"
    );
    for key in ["data.url: ", "modules.catalog.url: ", "services.stock.address: ", "services.stock.listen: "]
    {
        assert!(stderr.contains(key), "{key}\n{stderr}");
    }
    assert_eq!(run(&dir, &["serve"]).0, 64, "and it does not serve");
    assert!(!dir.join("data").exists(), "nothing was opened");
}

#[test]
fn homes_that_could_not_be_opened_are_found_before_they_are() {
    let dir = TestDir::new();
    for (file, says) in [
        ("[data]\nurl = \"postgres://a@b/Shop\"\n", "data.url: `Shop_catalog` cannot be the name of a role"),
        (
            "[modules.catalog]\nurl = \"postgres://a@b/Shop\"\n",
            "modules.catalog.url: `Shop_catalog` cannot be the name of a role",
        ),
        (
            "[data]\nadmin_url = \"postgres://a@b/shop\"\n",
            "data.admin_url: is of another engine than data.url",
        ),
        (
            "[modules.inventory]\nadmin_url = \"postgres://a@b/shop\"\n",
            "modules.inventory.admin_url: means nothing without `url`; add modules.inventory.url",
        ),
        ("[modules.inventry]\n", "modules.inventry: there is no module `inventry`"),
    ] {
        dir.write("outgrow.toml", file);
        let (code, _, stderr) = run(&dir, &["check"]);
        assert_eq!((code, stderr.contains(says)), (64, true), "{says}\n{stderr}");
        assert!(stderr.starts_with("error: 1 problem "), "said once: {stderr}");
    }
}

#[tokio::test]
async fn asked_to_end_while_it_starts_it_ends_well() {
    for _ in 0..5 {
        let mut shop = System::split(&[], "");
        shop.start("main");
        shop.process("main").line_with("try:", SOON);
        shop.process("main").terminate();
        assert!(shop.process("main").exit(SOON).success());
    }
}

#[test]
fn a_sound_configuration_is_said_to_be_so() {
    let dir = TestDir::new();
    assert_eq!(run(&dir, &["check"]).0, 0, "no file is sound");
    dir.write("outgrow.toml", SPLIT);
    let (code, stdout, _) = run(&dir, &["check"]);
    assert_eq!((code, stdout.contains("nothing wrong")), (0, true), "{stdout}");
}

#[test]
fn the_environment_wins_over_the_file_and_is_named_when_it_is_wrong() {
    let dir = TestDir::new();
    dir.write("outgrow.toml", SPLIT);
    let mut command = shop();
    command.current_dir(dir.path()).arg("check").env("OUTGROW__SERVICES__MAIN__HTTP", "nowhere");
    let output = command.output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(64));
    assert!(stderr.contains("OUTGROW__SERVICES__MAIN__HTTP"), "{stderr}");

    let mut command = shop();
    command.current_dir(dir.path()).arg("check").env("OUTGROW__services__main__http", "nowhere");
    let stderr = String::from_utf8(command.output().unwrap().stderr).unwrap();
    assert!(stderr.contains("OUTGROW__services__main__http"), "as it is spelled: {stderr}");
    let output = shop().current_dir(dir.path()).arg("check").env("OUTGROW_CONFIG", "").output().unwrap();
    assert!(output.status.success(), "a variable that is set to nothing says nothing");
}

#[test]
fn two_listeners_at_one_address_are_found_before_they_meet() {
    let dir = TestDir::new();
    let stock = |rest: &str| format!("[services.stock]\nmodules = [\"inventory\"]\n{rest}");
    for (file, says) in [
        (
            stock("address = \"grpc://127.0.0.1:7101\"\nhttp = \"127.0.0.1:7101\"\n"),
            "services.stock.address: `services.stock.http` listens at 127.0.0.1:7101 already",
        ),
        (
            stock("address = \"grpc://127.0.0.1:7101\"\nhttp = \"127.0.0.1:8080\"\n"),
            "services.stock.http: `services.main.http` listens at 127.0.0.1:8080 already",
        ),
        (
            stock(
                "address = [\"rabbitmq\", \"grpc://127.0.0.1:8080\"]\n[broker]\nurl = \"amqp://127.0.0.1\"\n",
            ),
            "services.stock.address: `services.main.http` listens at 127.0.0.1:8080 already",
        ),
        (stock("address = \"grpc://127.0.0.1:0\"\n"), "nobody can know which port `grpc://127.0.0.1:0` is"),
        (stock("address = 7\n"), "services.stock.address: holds a number, not text"),
    ] {
        dir.write("outgrow.toml", file);
        let (code, _, stderr) = run(&dir, &["check"]);
        assert_eq!((code, stderr.contains(says)), (64, true), "{says}\n{stderr}");
        assert!(stderr.starts_with("error: 1 problem "), "said once: {stderr}");
    }
    dir.write("outgrow.toml", stock("address = \"grpc://stock:7101\"\nhttp = \"0.0.0.0:8080\"\n[services.main]\nhttp = \"0.0.0.0:8080\"\n"));
    assert_eq!(run(&dir, &["check"]).0, 0, "on machines of their own they do not meet");
}

#[test]
fn a_service_needs_a_name_that_can_be_one() {
    let dir = TestDir::new();
    for name in ["", "a b", "Stock", "über", "7up", &"x".repeat(41)] {
        dir.write("outgrow.toml", format!("[services.\"{name}\"]\n"));
        let (code, _, stderr) = run(&dir, &["check"]);
        assert_eq!(
            (code, stderr.contains("cannot be the name of a service")),
            (64, true),
            "{name}: {stderr}"
        );
    }
    dir.write("outgrow.toml", "[services.stock-2]\n");
    assert_eq!(run(&dir, &["check"]).0, 0);
}

#[test]
fn topology_shows_who_is_where_and_who_calls_whom() {
    let (dir, nowhere) = (TestDir::new(), LoopbackAddr::new().free());
    let stock = format!("[services.stock]\nmodules = [\"inventory\"]\naddress = \"grpc://{nowhere}\"\n");
    dir.write(
        "outgrow.toml",
        format!("{stock}listen = \"grpc://0.0.0.0:7101\"\nhttp = \"127.0.0.1:8081\"\n[services.spare]\n"),
    );
    let (code, stdout, _) = run(&dir, &["topology"]);
    assert_eq!(code, 0);
    let golden = format!(
        "\
outgrow.toml

service       module        http                    address
main          catalog       127.0.0.1:8080
              payments
              ordering
              notifications
spare         (none yet)    -
stock         inventory     127.0.0.1:8081          grpc://{nowhere}, listens at grpc://0.0.0.0:7101

from          to            placement
edge          catalog       local
edge          inventory     grpc
edge          payments      local
edge          ordering      local
edge          notifications local
ordering      catalog       local
ordering      inventory     grpc

port                        address                     now
inventory.v1.Inventory      {:<28}nobody answers
",
        format!("grpc://{nowhere}")
    );
    assert_eq!(stdout, golden);
    let json: Value = serde_json::from_str(&run(&dir, &["topology", "--json"]).1).unwrap();
    let stock = serde_json::json!({
        "modules": ["inventory"],
        "http": "127.0.0.1:8081",
        "address": [format!("grpc://{nowhere}")],
        "listen": "grpc://0.0.0.0:7101",
    });
    assert_eq!(json["services"]["stock"], stock);
    assert_eq!(json["calls"][1]["placement"], "grpc");
    assert_eq!(json["contracts"][0]["contract"], "unreachable");
}

#[test]
fn wrong_usage_ends_with_64_and_says_what_is_right() {
    let dir = TestDir::new();
    let (code, _, stderr) = run(&dir, &["serve", "stok"]);
    assert_eq!(code, 64);
    assert!(stderr.contains("there is no service `stok`") && stderr.contains("main"), "{stderr}");
    assert_eq!(run(&dir, &["sevre"]).0, 64);
    assert_eq!(run(&dir, &["--http", "127.0.0.1:1", "check"]).0, 64);
    assert_eq!(run(&dir, &["--config", "none.toml", "check"]).0, 64);
    dir.write("outgrow.toml", "data = [");
    let (code, _, stderr) = run(&dir, &["check"]);
    assert_eq!((code, stderr.contains("outgrow.toml")), (64, true), "{stderr}");
}

#[test]
fn help_has_examples_everywhere() {
    let dir = TestDir::new();
    let commands = [
        "",
        "serve",
        "check",
        "topology",
        "contracts",
        "contracts export",
        "contracts check",
        "migrate",
        "import",
        "payments",
        "payments rebuild",
    ];
    for command in commands {
        let args: Vec<_> = command.split_whitespace().chain(["--help"]).collect();
        let (code, stdout, _) = run(&dir, &args);
        assert_eq!((code, stdout.contains("Examples:")), (0, true), "{args:?}\n{stdout}");
    }
}

#[test]
fn it_has_the_name_of_its_application() {
    let dir = TestDir::new();
    assert!(run(&dir, &["--version"]).1.starts_with("shop "));
    assert!(run(&dir, &["--help"]).1.contains("A small shop"));
}

#[tokio::test]
async fn it_says_where_everything_is_and_what_to_try() {
    let mut shop = System::started(&[("stock", &["inventory"])], "").await;
    let main = shop.main;
    let said = shop.process("main").stdout().join("\n");
    for part in
        ["catalog       local", "inventory     grpc", &format!("try: curl -s http://{main}/v1/products")]
    {
        assert!(said.contains(part), "{part}\n{said}");
    }
}

#[tokio::test]
async fn asked_to_end_it_ends_well() {
    let mut shop = System::started(&[("stock", &["inventory"])], "").await;
    for service in ["stock", "main"] {
        shop.process(service).terminate();
        assert!(shop.process(service).exit(Duration::from_secs(20)).success(), "{service}");
    }
}

#[tokio::test]
async fn a_taken_port_ends_it_at_once_and_is_named() {
    let mut taken = System::started(&[], "").await;
    let dir = TestDir::new();
    for args in [&["serve", "--http"][..], &["--http"]] {
        let (code, _, stderr) = run(&dir, &[args, &[&taken.main.to_string()]].concat());
        assert_eq!((code, stderr.contains(&taken.main.to_string())), (69, true), "{stderr}");
    }
    assert!(taken.process("main").is_running());
}

#[test]
fn data_that_is_not_what_it_should_be_ends_it_with_65() {
    let dir = TestDir::new();
    assert_eq!(run(&dir, &["migrate"]).0, 0);
    let (code, stdout, _) = run(&dir, &["migrate"]);
    assert_eq!((code, stdout.contains("inventory: up to date")), (0, true), "{stdout}");
    dir.write(
        "data/ordering.db",
        "this is not a database, and long enough to be told from an empty one".repeat(100),
    );
    let (code, _, stderr) = run(&dir, &["migrate"]);
    assert_eq!((code, stderr.contains("ordering")), (65, true), "{stderr}");
}

#[test]
fn an_empty_shop_is_filled_with_a_sample_once() {
    let (dir, http) = (TestDir::new(), LoopbackAddr::new().free().to_string());
    for start in 0..2 {
        let mut process = Process::start(shop().current_dir(dir.path()).args(["serve", "--http", &http]));
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let client = outgrow_testkit::Http::at(&http);
        let stock = runtime.block_on(outgrow_testkit::until_async("the sample is there", SOON, async || {
            let products = client.get("/v1/products").send().await.ok()?.json();
            let stock = client.get("/v1/stock/kettle-last").send().await.ok()?;
            (products["items"].as_array()?.len() == 5 && stock.status == 200).then(|| stock.json())
        }));
        assert_eq!(stock["on_hand"], 1, "start {start}");
        process.terminate();
        assert!(process.exit(SOON).success());
    }
}

#[tokio::test]
async fn the_sample_waits_for_whom_it_needs_and_nobody_waits_for_the_sample() {
    let mut shop = System::split(&[("stock", &["inventory"])], "");
    shop.set("OUTGROW__DATA__SAMPLE", "true");
    shop.start("main");
    shop.serves("main").await;
    shop.process("main").line_with("the sample catalogue is not loaded yet", SOON);
    assert_eq!(shop.get("/v1/products").await.json()["items"], serde_json::json!([]), "stock comes first");
    shop.start("stock");
    let filled = async || shop.get("/v1/products").await.json()["items"].as_array().unwrap().len() == 5;
    outgrow_testkit::until_async("the sample is there", SOON, filled).await;
}

#[tokio::test]
async fn topology_and_readiness_say_who_answers_and_by_which_contract() {
    let mut shop = System::started(&[("stock", &["inventory"])], "").await;
    let now = |shop: &System| {
        let (code, stdout, _) = run(&shop.dir, &["topology", "--json"]);
        let json: Value = serde_json::from_str(&stdout).unwrap();
        (code, json["contracts"].as_array().unwrap().clone())
    };
    let (code, contracts) = now(&shop);
    let all: Vec<_> = contracts.iter().map(|it| (&it["port"], &it["contract"])).collect();
    assert_eq!(code, 0);
    for port in ["catalog.v1.Catalog", "inventory.v1.Inventory", "ordering.v1.Ordering"] {
        assert!(all.iter().any(|(name, contract)| *name == port && *contract == "same"), "{all:?}");
    }
    shop.process("stock").kill();
    let (_, contracts) = now(&shop);
    let stock = contracts.iter().find(|it| it["port"] == "inventory.v1.Inventory").unwrap();
    assert_eq!(stock["contract"], "unreachable");
    let components = shop.get("/health/ready").await.json()["components"].clone();
    let peer = components.as_array().unwrap().iter().find(|it| it["peer"] == true).unwrap().clone();
    assert_eq!(
        (&peer["up"], peer["name"].as_str().unwrap().starts_with("inventory.v1 at ")),
        (&Value::Bool(false), true)
    );
}

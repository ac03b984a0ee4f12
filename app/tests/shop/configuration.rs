//! What is wrong with a configuration is found before anything is opened, all of it at once, each with its remedy.

use outgrow_testkit::TestDir;

use crate::{command_line::run, system::shop};

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

//! What every migration keeps to, so that both engines always have the same schema.

use std::{
    collections::{BTreeMap, BTreeSet},
    iter,
};

use super::{
    breach::{self, Breach, CONTRIBUTING},
    tree::{File, TREE, Tree},
};

const ENGINES: [&str; 2] = ["sqlite", "postgres"];

/// The one file that is no migration: the table in which applied migrations are written down.
const LEDGER: &str = "ledger.sql";

/// Every migration with a wrong name or place, every gap in the numbers, every engine that lacks what another has.
fn disorder(tree: &Tree) -> Vec<Breach> {
    let mut breaches = Vec::new();
    let mut homes: BTreeMap<&str, BTreeMap<&str, BTreeSet<&str>>> = BTreeMap::new();
    for file in tree.files("migrations/", ".sql").filter(|file| !is_ledger(file)) {
        match file.path.split('/').collect::<Vec<_>>()[..] {
            [_, home, engine, name] if ENGINES.contains(&engine) && well_named(name) => {
                homes.entry(home).or_default().entry(engine).or_default().insert(name);
            }
            _ => breaches.push(against_rule(
                &file.path,
                "it is not <home>/{sqlite,postgres}/NNNN_words.sql".to_owned(),
            )),
        }
    }
    for (home, engines) in homes {
        let all: BTreeSet<&str> = engines.values().flatten().copied().collect();
        for engine in ENGINES {
            let missing =
                all.iter().filter(|name| !engines.get(engine).is_some_and(|names| names.contains(*name)));
            breaches.extend(missing.map(|name| {
                against_rule(&format!("migrations/{home}/{engine}"), format!("{name} is missing"))
            }));
        }
        let numbered = (1..).zip(&all).filter(|(number, name)| !name.starts_with(&format!("{number:04}_")));
        breaches.extend(numbered.take(1).map(|(number, name)| {
            against_rule(&format!("migrations/{home}"), format!("{name} should have the number {number:04}"))
        }));
    }
    breaches
}

/// Every table without a comment, and every keyword in capitals.
fn unkempt(tree: &Tree) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for file in tree.files("migrations/", ".sql") {
        for table in uncommented(&file.text) {
            breaches.push(against_rule(&file.path, format!("the table {table} has no comment")));
        }
        if let Some(word) =
            statements(&file.text).split_whitespace().find(|it| it.contains(char::is_uppercase))
        {
            breaches.push(against_rule(&file.path, format!("{word} is not in lower case")));
        }
    }
    breaches
}

/// What a process of the release before would not survive.
const CONTRACTING: [&str; 7] =
    ["drop table", "drop column", "drop schema", "rename", "set not null", "set data type", "drop view"];

/// Every change of a table that takes something away, in a file that does not say so.
fn unannounced(tree: &Tree) -> Vec<Breach> {
    let mut breaches = Vec::new();
    for file in tree.files("migrations/", ".sql") {
        let name = file.path.rsplit_once('/').map_or("", |(_, name)| name);
        if name.get(4..).is_some_and(|words| words.starts_with("_contract_")) {
            continue;
        }
        let sql = statements(&file.text);
        for statement in sql.split(';') {
            let words = statement.split_whitespace().collect::<Vec<_>>().join(" ");
            let changes = words.starts_with("drop ") || words.starts_with("alter table ");
            let says = |what: &str| format!(" {words} ").contains(&format!(" {what} "));
            let retypes = (says("alter column") && says("type")).then_some(&"type");
            // Whoever writes without knowing of the column, or of the rule, would be refused.
            let required = says("add column") && says("not null") && !says("default");
            let required = required.then_some(&"add column … not null");
            let ruled = (says("add constraint") && !says("not valid")).then_some(&"add constraint");
            let taken = CONTRACTING.iter().find(|taken| says(taken)).or(retypes).or(required).or(ruled);
            if let Some(taken) = taken.filter(|_| changes) {
                breaches.push(Breach {
                    place: file.path.clone(),
                    what: format!("old processes would not survive `{taken}`"),
                    law: "migrations/README.md",
                    remedy: "expand first; take away in a later release, in a file called NNNN_contract_words.sql",
                });
            }
        }
    }
    breaches
}

fn against_rule(place: &str, what: String) -> Breach {
    Breach {
        place: place.to_owned(),
        what,
        law: CONTRIBUTING,
        remedy: "numbers rise by one, both engines have the same files, SQL is in lower case, and each table has a \
                 comment: `comment on table`, or for SQLite a line beside `create table`",
    }
}

fn is_ledger(file: &File) -> bool {
    file.path.starts_with("migrations/kit/") && file.path.ends_with(&format!("/{LEDGER}"))
}

/// `0001_words_like_these.sql`.
fn well_named(name: &str) -> bool {
    let word =
        |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit());
    name.strip_suffix(".sql").and_then(|stem| stem.split_once('_')).is_some_and(|(number, words)| {
        number.len() == 4 && number.chars().all(|c| c.is_ascii_digit()) && words.split('_').all(word)
    })
}

/// The tables that have neither `comment on table` nor a comment on the line above or below `create table`.
fn uncommented(sql: &str) -> Vec<&str> {
    let lines: Vec<&str> = iter::once("").chain(sql.lines().map(str::trim)).chain(iter::once("")).collect();
    let mut tables = Vec::new();
    for around in lines.windows(3) {
        let Some(rest) = around[1].strip_prefix("create table ") else { continue };
        let rest = rest.strip_prefix("if not exists ").unwrap_or(rest);
        let table = rest.split([' ', '(']).next().unwrap_or_default();
        let commented = around[0].starts_with("--") || around[2].starts_with("--");
        if !commented && !sql.contains(&format!("comment on table {table} is")) {
            tables.push(table);
        }
    }
    tables
}

/// The SQL without comments and without what stands in quotes.
fn statements(sql: &str) -> String {
    let code = sql
        .lines()
        .map(|line| line.split_once("--").map_or(line, |(code, _)| code))
        .collect::<Vec<_>>()
        .join("\n");
    code.split(['\'', '"']).step_by(2).collect()
}

#[test]
fn both_engines_have_the_same_migrations_without_gaps() {
    assert!(
        TREE.files("migrations/", ".sql")
            .any(|file| file.path.starts_with("migrations/ordering/sqlite/0001_"))
    );
    breach::none(&disorder(&TREE));
}

#[test]
fn every_table_has_a_comment_and_sql_is_in_lower_case() {
    assert!(TREE.files("migrations/", ".sql").any(|file| file.text.contains("create table ")));
    breach::none(&unkempt(&TREE));
}

#[test]
fn what_old_processes_would_not_survive_is_called_a_contraction() {
    breach::none(&unannounced(&TREE));
}

#[test]
fn a_planted_contraction_is_found() {
    let tree = Tree::planted(&[
        ("migrations/a/sqlite/0002_more.sql", "alter table items add column type text; -- drop nothing"),
        (
            "migrations/a/postgres/0002_free.sql",
            "alter table items alter column a drop not null; drop index items_a; alter table items add column n bigint \
             not null default 0; alter table items add constraint c check (n > 0) not valid;",
        ),
        ("migrations/a/sqlite/0003_less.sql", "alter table items\n    drop column type;\ndrop table old;"),
        (
            "migrations/a/postgres/0003_rules.sql",
            "alter table items add column n bigint not null;\nalter table items add constraint c check (n > 0);",
        ),
        ("migrations/a/sqlite/0004_other.sql", "alter table items rename column a to b;"),
        ("migrations/a/sqlite/0005_strict.sql", "alter table items alter column a set not null;"),
        ("migrations/a/postgres/0005_wide.sql", "alter table items alter column a type bigint;"),
        ("migrations/a/sqlite/0006_contract_items.sql", "alter table items drop column type;"),
    ]);
    breach::found(
        &unannounced(&tree),
        &[
            "migrations/a/sqlite/0003_less.sql: old processes would not survive `drop column`",
            "migrations/a/sqlite/0003_less.sql: old processes would not survive `drop table`",
            "migrations/a/postgres/0003_rules.sql: old processes would not survive `add column … not null`",
            "migrations/a/postgres/0003_rules.sql: old processes would not survive `add constraint`",
            "migrations/a/sqlite/0004_other.sql: old processes would not survive `rename`",
            "migrations/a/sqlite/0005_strict.sql: old processes would not survive `set not null`",
            "migrations/a/postgres/0005_wide.sql: old processes would not survive `type`",
        ],
    );
}

#[test]
fn planted_disorder_is_found() {
    let tree = Tree::planted(&[
        ("migrations/a/sqlite/0001_items.sql", ""),
        ("migrations/a/postgres/0001_items.sql", ""),
        ("migrations/a/postgres/0003_holds.sql", ""),
        ("migrations/a/postgres/2_Holds.sql", ""),
        ("migrations/a/mysql/0001_items.sql", ""),
        ("migrations/a/sqlite/ledger.sql", ""),
        ("migrations/kit/sqlite/ledger.sql", ""),
    ]);
    breach::found(
        &disorder(&tree),
        &[
            "migrations/a/postgres/2_Holds.sql: it is not <home>/{sqlite,postgres}/NNNN_words.sql",
            "migrations/a/mysql/0001_items.sql: it is not <home>/{sqlite,postgres}/NNNN_words.sql",
            "migrations/a/sqlite/ledger.sql: it is not <home>/{sqlite,postgres}/NNNN_words.sql",
            "migrations/a/sqlite: 0003_holds.sql is missing",
            "migrations/a: 0003_holds.sql should have the number 0002",
        ],
    );
}

#[test]
fn planted_unkempt_sql_is_found() {
    let good = [
        "-- What is asked.\ncreate table orders (\n    id blob\n);",
        "create table items (\n    -- What we Have.\n    sku text collate \"C\" check (sku <> 'A')\n);",
        "create table holds (\n    id uuid\n);\ncomment on table holds is 'What is Held.';",
    ];
    let tree = Tree::planted(&[
        ("migrations/a/sqlite/0001_good.sql", &good.join("\n")),
        ("migrations/a/sqlite/0002_bare.sql", "create table bare (\n    id blob\n);"),
        ("migrations/a/sqlite/0003_loud.sql", "drop TABLE bare;"),
    ]);
    breach::found(
        &unkempt(&tree),
        &[
            "migrations/a/sqlite/0002_bare.sql: the table bare has no comment",
            "migrations/a/sqlite/0003_loud.sql: TABLE is not in lower case",
        ],
    );
}

//! A file of products: its header, and what its lines say.

use std::{
    collections::HashMap,
    fmt::Display,
    fs::File,
    path::{Path, PathBuf},
};

use anyhow::anyhow;
use catalog_contract::{AMOUNTS, CatalogRefusal, PublishProduct, Sku};
use inventory_contract::{Quantity, ReceiveStock};
use outgrow::Money;
use outgrow_cli::Failed;

use super::{
    lines::Lines,
    problem::{Problem, Problems},
};

/// What every line says, in this order unless the header has another.
const COLUMNS: [&str; 5] = ["sku", "name", "price", "currency", "stock"];

/// The most lines of a file: their SKUs are remembered, to find those that come twice.
const MOST: usize = 1_000_000;

/// How much of a value is shown, in characters.
const SHOWN: usize = 40;

/// A file of products, being read.
pub(super) struct Table {
    file: PathBuf,
    lines: Lines<File>,
    /// Where each of our columns stands.
    places: [usize; COLUMNS.len()],
    /// On which line each SKU was.
    seen: HashMap<Sku, u64>,
}

/// What a line asks for.
pub(super) struct Row {
    pub(super) line: u64,
    pub(super) product: PublishProduct,
    /// None if nothing has come.
    pub(super) goods: Option<ReceiveStock>,
}

impl Table {
    /// Opens a file and reads its header.
    pub(super) fn open(file: &Path) -> Result<Self, Failed> {
        let cannot =
            |why| Failed::usage(anyhow::Error::new(why).context(format!("cannot read {}", file.display())));
        let input = File::open(file).map_err(cannot)?;
        if !input.metadata().map_err(cannot)?.is_file() {
            return Err(Failed::usage(anyhow!("{} is not a file: it has to be read twice", file.display())));
        }
        let mut lines = Lines::of(input);
        let header = lines.next().map_err(cannot)?;
        let Some(header) = header else {
            let what = format!("is empty: its first line is to be {}", COLUMNS.join(","));
            return Err(Failed::data(anyhow!("{} {what}", file.display())));
        };
        let number = header.number;
        let places = match header.columns {
            Ok(names) => places(&names),
            Err(why) => Err(vec![why.to_owned()]),
        };
        let places = places.map_err(|reasons| {
            let mut problems = Problems::default();
            problems.add(reasons.into_iter().map(|reason| Problem::of_line(number, reason)).collect());
            let go_on = format!("the first line is to be {}, in any order", COLUMNS.join(","));
            Failed::data(anyhow!(
                "{}: a bad header, nothing was sent\n{problems}\nto go on, {go_on}",
                file.display()
            ))
        })?;
        Ok(Self { file: file.to_owned(), lines, places, seen: HashMap::new() })
    }

    /// What the next line asks for, or everything that is wrong with it; none at the end.
    pub(super) fn next(&mut self) -> Result<Option<Result<Row, Vec<Problem>>>, Failed> {
        let line = self.lines.next().map_err(|why| {
            Failed::other(anyhow::Error::new(why).context(format!("cannot read {}", self.file.display())))
        })?;
        let Some(line) = line else { return Ok(None) };
        if self.seen.len() >= MOST {
            return Err(Failed::data(anyhow!(
                "{} has more than {MOST} lines: divide it",
                self.file.display()
            )));
        }
        let number = line.number;
        Ok(Some(match line.columns {
            Err(why) => Err(vec![Problem::of_line(number, why)]),
            Ok(columns) if columns.len() != COLUMNS.len() => {
                let (has, wants) = (columns.len(), COLUMNS.len());
                Err(vec![Problem::of_line(number, format!("has {has} columns, not {wants}"))])
            }
            Ok(columns) => Reading { line: number, columns, places: &self.places, problems: Vec::new() }
                .row(&mut self.seen),
        }))
    }

    /// The hash of the file, once all of it was read.
    pub(super) fn hash(&self) -> String {
        self.lines.hash()
    }
}

/// Where our columns stand by this header, or all that is wrong with it.
fn places(names: &[&[u8]]) -> Result<[usize; COLUMNS.len()], Vec<String>> {
    let names: Vec<_> = names.iter().map(|name| String::from_utf8_lossy(name).trim().to_owned()).collect();
    let mut reasons = Vec::new();
    let places = COLUMNS.map(|column| {
        let mut at = names.iter().enumerate().filter(|(_, name)| *name == column).map(|(at, _)| at);
        let (first, second) = (at.next(), at.next());
        if first.is_none() {
            reasons.push(format!("there is no column {column}"));
        }
        if second.is_some() {
            reasons.push(format!("there are several columns {column}"));
        }
        first.unwrap_or_default()
    });
    let unknown = names.iter().filter(|name| !COLUMNS.contains(&&***name));
    reasons.extend(unknown.map(|name| format!("{} is none of our columns", shown(name))));
    if reasons.is_empty() { Ok(places) } else { Err(reasons) }
}

/// One line, being read column by column.
struct Reading<'a> {
    line: u64,
    columns: Vec<&'a [u8]>,
    places: &'a [usize; COLUMNS.len()],
    problems: Vec<Problem>,
}

impl Reading<'_> {
    fn row(mut self, seen: &mut HashMap<Sku, u64>) -> Result<Row, Vec<Problem>> {
        let sku = self.read("sku", str::parse::<Sku>);
        let stocked = sku.as_ref().and_then(|sku| self.read("sku", |_| sku.as_str().parse()));
        let name = self.read("name", str::parse);
        let amount = self.read("price", amount);
        let currency = self.read("currency", str::parse);
        let quantity = self.read("stock", quantity);
        if let Some(sku) = &sku {
            let first = *seen.entry(sku.clone()).or_insert(self.line);
            if first != self.line {
                self.problem("sku", format!("{sku} is on line {first} already"));
            }
        }
        match (sku, stocked, name, amount, currency, quantity) {
            (Some(sku), Some(stocked), Some(name), Some(amount), Some(currency), Some(quantity))
                if self.problems.is_empty() =>
            {
                let goods = quantity.map(|quantity| ReceiveStock { sku: stocked, quantity });
                let product = PublishProduct { sku, name, price: Money { amount, currency } };
                Ok(Row { line: self.line, product, goods })
            }
            _ => Err(self.problems),
        }
    }

    /// What stands in a column; none if that is a problem.
    fn read<T, E: Display>(
        &mut self,
        column: &'static str,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Option<T> {
        let text = self.columns.get(self.place(column)).copied().unwrap_or_default();
        let Ok(text) = str::from_utf8(text) else {
            self.problem(column, "is not UTF-8".to_owned());
            return None;
        };
        let text = text.trim();
        match parse(text) {
            Ok(value) => Some(value),
            Err(why) => {
                self.problem(column, format!("{}: {why}", shown(text)));
                None
            }
        }
    }

    fn problem(&mut self, column: &'static str, reason: String) {
        let column = Some((self.place(column) + 1, column));
        self.problems.push(Problem { line: self.line, column, reason });
    }

    fn place(&self, column: &str) -> usize {
        let ours = COLUMNS.iter().position(|name| *name == column);
        ours.and_then(|ours| self.places.get(ours)).copied().unwrap_or_default()
    }
}

fn amount(text: &str) -> Result<i64, String> {
    let amount =
        text.parse().map_err(|_not_a_number| "a price is a whole number of minor units: 1250 for 12.50")?;
    if AMOUNTS.contains(&amount) {
        Ok(amount)
    } else {
        Err(CatalogRefusal::PriceOutOfRange { amount }.to_string())
    }
}

/// How many have come, if any.
fn quantity(text: &str) -> Result<Option<Quantity>, &'static str> {
    match text.parse() {
        Ok(0) => Ok(None),
        Ok(number) => Quantity::try_from(number).map(Some).map_err(|_too_much| STOCK),
        Err(_not_a_number) => Err(STOCK),
    }
}

const STOCK: &str = "a stock is a whole number, 0 to 1000000";

/// A value as it stands there, for people: not too long, and harmless to a terminal.
fn shown(text: &str) -> String {
    let start: String = text.chars().take(SHOWN).collect();
    let more = if start.len() < text.len() { "…" } else { "" };
    format!("\"{}{more}\"", start.escape_debug())
}

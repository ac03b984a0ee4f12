//! Sends what a line asks for through the ports, wherever the modules are.

use std::fmt::Display;

use catalog_contract::{CatalogRefusal, Product, ProductQuery, PublishProduct};
use inventory_contract::ReceiveStock;
use outgrow::{CallContext, CallError, IdempotencyKey};

use super::{problem::Problem, table::Row};
use crate::compose::Ports;

/// Sends the lines of one file.
pub(super) struct Sender {
    ports: Ports,
    cx: CallContext,
    hash: String,
}

/// Why an import cannot go on now.
pub(super) struct Stopped(pub(super) String);

/// What was said of a line: it is done, or why not.
type Said = Result<(), String>;

impl Sender {
    /// For the file of this hash, on behalf of whom `cx` says.
    pub(super) fn new(ports: Ports, cx: CallContext, hash: String) -> Self {
        Self { ports, cx, hash }
    }

    /// Does what a line asks for; the inner error is what it was refused for.
    ///
    /// # Errors
    /// When nobody knows, or when nobody was there: the same line is to be sent again.
    pub(super) async fn send(&self, row: Row) -> Result<Result<(), Vec<Problem>>, Stopped> {
        let Row { line, product, goods } = row;
        let stopped = |why| Stopped(format!("line {line}: {why}"));
        let cx = self.cx.clone().with_key(self.key(line).map_err(stopped)?);
        let mut said = self.publish(&cx, product).await.map_err(stopped)?;
        if let (Ok(()), Some(goods)) = (&said, goods) {
            said = self.receive(&cx, goods).await.map_err(stopped)?;
        }
        Ok(said.map_err(|reason| vec![Problem::of_line(line, reason)]))
    }

    /// The key of the commands of a line: the same whenever the same file is imported.
    fn key(&self, line: u64) -> Result<IdempotencyKey, String> {
        let key = format!("import/{}/{line}", self.hash);
        key.parse().map_err(|error| format!("{key}: {error}"))
    }

    async fn publish(&self, cx: &CallContext, product: PublishProduct) -> Result<Said, String> {
        let sku = product.sku.clone();
        match self.ports.catalog.publish(cx, product.clone()).await {
            Ok(_) => return Ok(Ok(())),
            Err(CallError::Refused(CatalogRefusal::AlreadyPublished { .. })) => {}
            Err(failure) => return said(failure),
        }
        match self.ports.catalog.product(cx, ProductQuery { sku }).await {
            Ok(known) => Ok(says_the_same(&known, &product)),
            Err(failure) => said(failure),
        }
    }

    async fn receive(&self, cx: &CallContext, goods: ReceiveStock) -> Result<Said, String> {
        match self.ports.inventory.receive(cx, goods).await {
            Ok(_) => Ok(Ok(())),
            Err(failure) => said(failure),
        }
    }
}

/// A product that is published already is left as it is. If that is not what the line says, somebody has to decide.
fn says_the_same(known: &Product, line: &PublishProduct) -> Said {
    let Product { sku, name, price } = known;
    if (name, price) == (&line.name, &line.price) {
        return Ok(());
    }
    Err(format!("{sku} is published already as \"{name}\" for {price}, and stays so; nothing was received"))
}

/// A refusal is said of the line; any other failure leaves it open.
fn said<E: Display>(failure: CallError<E>) -> Result<Said, String> {
    match failure {
        CallError::Refused(refusal) => Ok(Err(refusal.to_string())),
        open @ (CallError::NotExecuted(_) | CallError::InDoubt(_)) => Err(open.to_string()),
    }
}

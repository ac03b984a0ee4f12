//! A transaction, with an event in it or without.

use adapter_sql::{Db, Tx};
use outgrow::{IdGen as _, SystemIds};
use outgrow_testkit::contest::{Client, Failure};

use crate::shelf::{Place, pack, packed, told};

/// Who packs parcels.
#[derive(Clone)]
pub(crate) struct Writer {
    db: Db,
    tells: bool,
}

impl Writer {
    pub(crate) fn silent(place: &Place) -> Self {
        Self { db: place.shelf.db(), tells: false }
    }

    pub(crate) fn telling(place: &Place) -> Self {
        Self { db: place.shelf.db(), tells: true }
    }
}

impl Client for Writer {
    async fn call(&self, _: u64) -> Result<(), Failure> {
        if !self.tells {
            return Ok(packed(&self.db).await?);
        }
        let parcel = SystemIds.uuid();
        let event = told(parcel)?;
        let write = async move |mut tx: Tx| {
            pack(&mut tx, parcel).await?;
            tx.publish(&event)?;
            tx.commit(()).await
        };
        Ok(self.db.write(write).await?)
    }
}

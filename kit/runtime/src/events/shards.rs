//! Shards: a home's events, divided by the hash of their keys, so that several processes can share the work and each
//! key is worked on by one of them.
//!
//! A shard is worked on by whoever holds its lease, for as long as the store's clock says. Two who both believe they
//! hold it (one was stopped for a while) do the same work twice, which is harmless: what counts are conditions in the
//! transactions themselves.

use std::{pin::pin, sync::Arc, time::Duration};

use futures_util::future::{Either, select};
use outgrow::StoreError;
use tokio::{
    sync::Mutex,
    time::{Instant, sleep},
};
use uuid::Uuid;

use super::Leases;

/// How many there are. It is kept in every row, so it never changes.
pub const SHARDS: u16 = 16;

/// How long a lease lasts: that long the work of a dead process lies still.
const TERM: Duration = Duration::from_secs(3);

/// How old a lease may be before it is renewed.
const FRESH: Duration = Duration::from_secs(1);

/// How soon whoever does not hold all of them asks for the others again: theirs may have run out, and until somebody
/// takes them their events wait.
const FREE: Duration = Duration::from_millis(250);

/// The shard of a key (FNV-1a: G. Fowler, L. C. Noll, K.-P. Vo, 1991). It is kept in every row, so it never changes.
pub fn shard(key: &str) -> u16 {
    let hash = key.bytes().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    });
    u16::try_from((hash ^ hash >> 32) % u64::from(SHARDS)).unwrap_or_default()
}

/// A shard that is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Which shard.
    pub shard: u16,
    /// How often it has changed hands: who holds it at an older term does not hold it any more.
    pub term: u64,
}

/// The shards that this process works on, for one kind of work in one home.
pub struct Shards {
    leases: Arc<dyn Leases>,
    work: &'static str,
    holder: Uuid,
    held: Mutex<Option<(Instant, Vec<Lease>)>>,
}

impl std::fmt::Debug for Shards {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Shards({})", self.work)
    }
}

impl Shards {
    /// The shards of `work`, held by `holder`: a process and its start.
    pub fn new(leases: Arc<dyn Leases>, work: &'static str, holder: Uuid) -> Self {
        Self { leases, work, holder, held: Mutex::default() }
    }

    /// Does some work on what is held, and goes on holding it as long as that takes.
    ///
    /// Both go on side by side: the work may have what renewing waits for, such as the only writer of a home.
    pub(super) async fn hold_during<W: Future>(&self, work: W) -> W::Output {
        let renew = async {
            loop {
                sleep(FRESH).await;
                drop(self.held().await); // if it is lost, the work is done twice
            }
        };
        match select(pin!(work), pin!(renew)).await {
            Either::Left((done, _)) => done,
            Either::Right((never, _)) => never,
        }
    }

    /// What is held now: taken or renewed if need be.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub async fn held(&self) -> Result<Vec<Lease>, StoreError> {
        let mut held = self.held.lock().await;
        if let Some((at, leases)) = &*held
            && at.elapsed() < if leases.len() < usize::from(SHARDS) { FREE } else { FRESH }
        {
            return Ok(leases.clone());
        }
        let at = Instant::now();
        let leases = self.leases.take(self.work, self.holder, TERM).await?;
        *held = Some((at, leases.clone()));
        Ok(leases)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

    use tokio::time::timeout;

    use super::*;

    #[derive(Default)]
    struct Counted {
        taken: AtomicU32,
        writer: Mutex<()>,
        /// How many others hold.
        others: u16,
    }

    #[async_trait::async_trait]
    impl Leases for Counted {
        async fn take(&self, _: &'static str, _: Uuid, _: Duration) -> Result<Vec<Lease>, StoreError> {
            let _writing = self.writer.lock().await;
            self.taken.fetch_add(1, Relaxed);
            Ok((self.others..SHARDS).map(|shard| Lease { shard, term: 1 }).collect())
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_worked_on_is_held_however_long_that_takes() {
        let counted = Arc::new(Counted::default());
        let leases: Arc<dyn Leases> = Arc::<Counted>::clone(&counted);
        let shards = Shards::new(leases, "relay", Uuid::nil());
        shards.held().await.unwrap();
        shards.hold_during(sleep(Duration::from_secs(10))).await;
        let taken = counted.taken.load(Relaxed);
        assert!((9..=11).contains(&taken), "renewed {taken} times in ten seconds");
    }

    #[tokio::test(start_paused = true)]
    async fn who_does_not_hold_all_asks_sooner_for_what_others_may_have_left() {
        for (others, asked) in [(0, 1), (1, 2), (SHARDS, 2)] {
            let counted = Arc::new(Counted { others, ..Counted::default() });
            let leases: Arc<dyn Leases> = Arc::<Counted>::clone(&counted);
            let shards = Shards::new(leases, "relay", Uuid::nil());
            shards.held().await.unwrap();
            sleep(FREE).await;
            shards.held().await.unwrap();
            assert_eq!(counted.taken.load(Relaxed), asked, "others hold {others}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn who_renews_waits_for_the_work_and_not_the_work_for_them() {
        let counted = Arc::new(Counted::default());
        let leases: Arc<dyn Leases> = Arc::<Counted>::clone(&counted);
        let shards = Shards::new(leases, "worker", Uuid::nil());
        let work = async {
            let _writing = counted.writer.lock().await;
            sleep(3 * FRESH).await;
        };
        timeout(4 * FRESH, shards.hold_during(work)).await.expect("the work was kept from going on");
    }
}

//! The one connection to a peer.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use outgrow::BoxFuture;
use outgrow_runtime::link::{Connect, Link};
use outgrow_testkit::until_async;

/// A peer that is there or not; its connections are numbers.
#[derive(Clone, Default)]
struct Peer {
    there: Arc<AtomicBool>,
    attempts: Arc<AtomicUsize>,
}

#[derive(Clone)]
struct Connection(usize, Arc<AtomicBool>);

impl Connect for Peer {
    type Connection = Connection;

    fn connect(&self) -> BoxFuture<'_, Result<Connection, Arc<str>>> {
        Box::pin(async {
            let number = self.attempts.fetch_add(1, Ordering::SeqCst);
            tokio::task::yield_now().await;
            let there = self.there.load(Ordering::SeqCst);
            if there { Ok(Connection(number, Arc::clone(&self.there))) } else { Err("nobody".into()) }
        })
    }

    fn is_closed(connection: &Connection) -> bool {
        !connection.1.load(Ordering::SeqCst)
    }
}

fn attempts(peer: &Peer) -> usize {
    peer.attempts.load(Ordering::SeqCst)
}

#[tokio::test]
async fn after_a_failed_attempt_callers_fail_at_once_for_a_while() {
    let peer = Peer::default();
    let link = Link::new(peer.clone());
    assert_eq!(link.connection().await.map(|_| ()).unwrap_err(), "nobody".into());
    for _ in 0..100 {
        link.connection().await.map(|_| ()).unwrap_err();
    }
    let made = attempts(&peer);
    assert!(made < 20, "a dead peer is hammered: {made} attempts for 101 calls");
    until_async("it is tried again", Duration::from_secs(5), async || {
        link.connection().await.map(|_| ()).unwrap_err();
        attempts(&peer) > made
    })
    .await;
}

#[tokio::test]
async fn all_share_one_connection_until_it_is_gone() {
    let peer = Peer::default();
    peer.there.store(true, Ordering::SeqCst);
    let link = Link::new(peer.clone());
    let asked: Vec<_> = (0..50)
        .map(|_| {
            tokio::spawn({
                let link = Arc::clone(&link);
                async move { link.connection().await.map(|it| it.0) }
            })
        })
        .collect();
    for connection in asked {
        assert_eq!(connection.await.unwrap(), Ok(0));
    }
    peer.there.store(false, Ordering::SeqCst);
    link.connection().await.map(|_| ()).unwrap_err();
    peer.there.store(true, Ordering::SeqCst);
    let again =
        until_async("it is made again", Duration::from_secs(5), async || link.connection().await).await;
    assert!(again.0 >= 2);
}

//! A stretch of network between two processes, under the test's control.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::watch::{Receiver, Sender, channel},
    task::AbortHandle,
};

/// What the network lets pass. What it does not is kept, and passes later.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passing {
    /// Everything.
    Both,
    /// What clients say; no answer comes back.
    Requests,
    /// Nothing.
    Nothing,
}

/// Carries TCP connections to one place. It is gone, with its connections, when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    passing: Sender<Passing>,
    withheld: Arc<AtomicUsize>,
    carried: Arc<Mutex<Vec<AbortHandle>>>,
    task: AbortHandle,
}

impl Proxy {
    /// Carries everything that arrives at `from` to `to`, whether or not somebody is there yet.
    ///
    /// # Errors
    /// When nobody can listen at `from`.
    pub async fn start(from: SocketAddr, to: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(from).await?;
        let (passing, watched) = channel(Passing::Both);
        let withheld = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&withheld);
        let carried = Arc::<Mutex<Vec<AbortHandle>>>::default();
        let listed = Arc::clone(&carried);
        let task = tokio::spawn(async move {
            let mut all = tokio::task::JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let one = all.spawn(carry(client, to, watched.clone(), Arc::clone(&counted)));
                listed.lock().unwrap_or_else(PoisonError::into_inner).push(one);
            }
        });
        Ok(Self { passing, withheld, carried, task: task.abort_handle() })
    }

    /// From now on, only this passes.
    pub fn let_pass(&self, passing: Passing) {
        self.passing.send_replace(passing);
    }

    /// Ends it, with its connections, as dropping it does.
    pub fn cut(&self) {
        self.task.abort();
    }

    /// Cuts one connection, counted from 0 in the order in which they came.
    pub fn cut_one(&self, nth: usize) {
        if let Some(one) = self.carried.lock().unwrap_or_else(PoisonError::into_inner).get(nth) {
            one.abort();
        }
    }

    /// How many bytes have come that may not pass.
    pub fn withheld(&self) -> usize {
        self.withheld.load(Ordering::SeqCst)
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One connection, until either side has had enough.
async fn carry(
    client: TcpStream,
    to: SocketAddr,
    passing: Receiver<Passing>,
    withheld: Arc<AtomicUsize>,
) -> io::Result<()> {
    let server = TcpStream::connect(to).await?;
    server.set_nodelay(true)?;
    client.set_nodelay(true)?;
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        ended = pump(from_client, to_server, passing.clone(), |now| now != Passing::Nothing, &withheld) => ended,
        ended = pump(from_server, to_client, passing, |now| now == Passing::Both, &withheld) => ended,
    }
}

/// Carries bytes one way while they may pass.
async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut passing: Receiver<Passing>,
    may: impl Fn(Passing) -> bool,
    withheld: &AtomicUsize,
) -> io::Result<()> {
    let mut some = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut some).await?;
        withheld.fetch_add(read, Ordering::SeqCst);
        let gone = passing.wait_for(|passing| may(*passing)).await.is_err();
        withheld.fetch_sub(read, Ordering::SeqCst);
        if gone || read == 0 {
            return Ok(());
        }
        to.write_all(some.get(..read).unwrap_or_default()).await?;
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;
    use crate::LoopbackAddr;

    const SHORT: Duration = Duration::from_millis(20);
    const LONG: Duration = Duration::from_secs(10);

    /// A client and a server who are connected through a proxy.
    async fn connected() -> (Proxy, TcpStream, TcpStream) {
        let host = LoopbackAddr::new();
        let (from, to) = (host.free(), host.free());
        let server = TcpListener::bind(to).await.unwrap();
        let proxy = Proxy::start(from, to).await.unwrap();
        let client = TcpStream::connect(from).await.unwrap();
        (proxy, client, server.accept().await.unwrap().0)
    }

    async fn passes(from: &mut TcpStream, to: &mut TcpStream) -> bool {
        from.write_all(b"x").await.unwrap();
        timeout(SHORT, to.read_u8()).await.is_ok()
    }

    #[tokio::test]
    async fn what_may_not_pass_comes_later() {
        let (proxy, mut client, mut server) = connected().await;
        assert!(passes(&mut client, &mut server).await && passes(&mut server, &mut client).await);
        proxy.let_pass(Passing::Requests);
        assert!(passes(&mut client, &mut server).await && !passes(&mut server, &mut client).await);
        proxy.let_pass(Passing::Nothing);
        assert!(!passes(&mut client, &mut server).await);
        proxy.let_pass(Passing::Both);
        for held in [&mut server, &mut client] {
            assert_eq!(timeout(LONG, held.read_u8()).await.unwrap().unwrap(), b'x');
        }
    }

    #[tokio::test]
    async fn who_leaves_is_missed_on_the_other_side() {
        let (proxy, client, mut server) = connected().await;
        drop(client);
        assert_eq!(timeout(LONG, server.read(&mut [0; 8])).await.unwrap().unwrap(), 0);
        drop(proxy);

        let (proxy, mut client, _server) = connected().await;
        drop(proxy);
        assert!(timeout(LONG, client.read(&mut [0; 8])).await.is_ok(), "the network itself is gone");
    }
}

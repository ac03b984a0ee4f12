//! A stretch of network between two processes, under the test's control.

use std::{
    io,
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, copy, sink},
    net::{TcpListener, TcpStream},
    sync::watch::{Receiver, Sender, channel},
    task::{AbortHandle, yield_now},
    time::sleep,
};

/// What the network lets pass. What it does not is kept, and passes later.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Passing {
    /// Everything.
    #[default]
    Both,
    /// What clients say; no answer comes back.
    Requests,
    /// What the other end says; nothing reaches it.
    Answers,
    /// Nothing.
    Nothing,
}

/// How connections end, when the network ends them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    /// Both ends are told so in anger (RST).
    Reset,
    /// Clients are not told: what they say is swallowed, and nothing comes back.
    HalfOpen,
}

/// What it is like, now.
#[derive(Clone, Copy, Debug, Default)]
struct Weather {
    passing: Passing,
    /// How long every piece takes.
    delay: Duration,
    /// The largest piece, in bytes.
    piece: Option<usize>,
    /// Counts how often all connections were to end, and how the last time.
    ended: (u32, Option<Ending>),
}

/// Carries TCP connections to one place. It is gone, with its connections, when it is dropped.
#[derive(Debug)]
pub struct Proxy {
    weather: Sender<Weather>,
    to: Arc<Mutex<SocketAddr>>,
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
        let (weather, watched) = channel(Weather::default());
        let (withheld, to) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(to)));
        let (counted, leads_to) = (Arc::clone(&withheld), Arc::clone(&to));
        let carried = Arc::<Mutex<Vec<AbortHandle>>>::default();
        let listed = Arc::clone(&carried);
        let task = tokio::spawn(async move {
            let mut all = tokio::task::JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let to = *leads_to.lock().unwrap_or_else(PoisonError::into_inner);
                let one = all.spawn(carry(client, to, watched.clone(), Arc::clone(&counted)));
                listed.lock().unwrap_or_else(PoisonError::into_inner).push(one);
            }
        });
        Ok(Self { weather, to, withheld, carried, task: task.abort_handle() })
    }

    /// From now on, only this passes.
    pub fn let_pass(&self, passing: Passing) {
        self.weather.send_modify(|weather| weather.passing = passing);
    }

    /// From now on every piece takes so long, each way, one after the other.
    pub fn delay(&self, delay: Duration) {
        self.weather.send_modify(|weather| weather.delay = delay);
    }

    /// From now on everything comes in pieces of so many bytes at most.
    pub fn slice(&self, bytes: usize) {
        self.weather.send_modify(|weather| weather.piece = Some(bytes.max(1)));
    }

    /// Resets every connection there is: both ends hear of it at once. New ones can be made.
    pub fn reset(&self) {
        self.end_all(Ending::Reset);
    }

    /// Leaves every connection there is half open: the far end is gone, and clients do not hear of it. New ones can be
    /// made.
    pub fn half_open(&self) {
        self.end_all(Ending::HalfOpen);
    }

    /// New connections lead there from now on: somebody came back at another address.
    pub fn lead_to(&self, to: SocketAddr) {
        *self.to.lock().unwrap_or_else(PoisonError::into_inner) = to;
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

    fn end_all(&self, how: Ending) {
        self.weather.send_modify(|weather| weather.ended = (weather.ended.0.saturating_add(1), Some(how)));
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// One connection, until either side has had enough.
async fn carry(
    mut client: TcpStream,
    to: SocketAddr,
    mut weather: Receiver<Weather>,
    withheld: Arc<AtomicUsize>,
) -> io::Result<()> {
    let (before, _) = weather.borrow().ended;
    let mut server = TcpStream::connect(to).await?;
    server.set_nodelay(true)?;
    client.set_nodelay(true)?;
    let ended = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let (there, back) = (weather.clone(), weather.clone());
        tokio::select! {
            ended = weather.wait_for(|now| now.ended.0 != before) => ended.ok().and_then(|now| now.ended.1),
            ended = pump(from_client, to_server, there, Passing::Requests, &withheld) => return ended,
            ended = pump(from_server, to_client, back, Passing::Answers, &withheld) => return ended,
        }
    };
    match ended {
        Some(Ending::Reset) => {
            client.set_zero_linger()?;
            server.set_zero_linger()?;
        }
        Some(Ending::HalfOpen) => {
            drop(server);
            copy(&mut client, &mut sink()).await?;
        }
        None => {}
    }
    Ok(())
}

/// Carries bytes one way while they may pass.
async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut weather: Receiver<Weather>,
    way: Passing,
    withheld: &AtomicUsize,
) -> io::Result<()> {
    let mut some = vec![0; 16 * 1024];
    loop {
        let read = from.read(&mut some).await?;
        withheld.fetch_add(read, Ordering::SeqCst);
        let now = weather.wait_for(|now| now.passing == Passing::Both || now.passing == way).await;
        let now = now.map(|now| *now);
        withheld.fetch_sub(read, Ordering::SeqCst);
        let (Ok(now), 1..) = (now, read) else { return Ok(()) };
        for piece in some.get(..read).unwrap_or_default().chunks(now.piece.unwrap_or(read)) {
            if !now.delay.is_zero() {
                sleep(now.delay).await;
            }
            to.write_all(piece).await?;
            if now.piece.is_some() {
                // What was written leaves on its own, before the next is.
                yield_now().await;
            }
        }
    }
}

#[cfg(test)]
mod tests {
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
    async fn each_way_is_held_up_by_itself() {
        let (proxy, mut client, mut server) = connected().await;
        proxy.let_pass(Passing::Answers);
        assert!(!passes(&mut client, &mut server).await && passes(&mut server, &mut client).await);
        assert_eq!(proxy.withheld(), 1);
    }

    #[tokio::test]
    async fn what_is_delayed_comes_whole_and_late() {
        let (proxy, mut client, mut server) = connected().await;
        proxy.delay(5 * SHORT);
        let begun = std::time::Instant::now();
        client.write_all(b"there").await.unwrap();
        let mut there = [0; 5];
        timeout(LONG, server.read_exact(&mut there)).await.unwrap().unwrap();
        assert_eq!(&there, b"there");
        assert!(begun.elapsed() >= 5 * SHORT, "{:?}", begun.elapsed());
    }

    #[tokio::test]
    async fn what_is_sliced_comes_whole_and_in_pieces() {
        let (proxy, mut client, mut server) = connected().await;
        proxy.slice(3);
        proxy.delay(Duration::from_millis(1));
        client.write_all(b"in pieces").await.unwrap();
        let (mut pieces, mut some) = (Vec::<Vec<u8>>::new(), [0; 16]);
        while pieces.concat().len() < 9 {
            let read = timeout(LONG, server.read(&mut some)).await.unwrap().unwrap();
            pieces.push(some[..read].to_vec());
        }
        assert_eq!(pieces.concat(), b"in pieces");
        assert_eq!(pieces[0], b"in ", "{pieces:?}");
    }

    #[tokio::test]
    async fn a_reset_is_heard_at_both_ends_and_new_connections_can_be_made() {
        let host = LoopbackAddr::new();
        let (from, to) = (host.free(), host.free());
        let listener = TcpListener::bind(to).await.unwrap();
        let proxy = Proxy::start(from, to).await.unwrap();
        let mut client = TcpStream::connect(from).await.unwrap();
        let (mut server, _) = listener.accept().await.unwrap();
        assert!(passes(&mut client, &mut server).await, "it is carried");
        proxy.reset();
        for end in [&mut client, &mut server] {
            let heard = timeout(LONG, end.read_u8()).await.unwrap().unwrap_err();
            assert_eq!(heard.kind(), io::ErrorKind::ConnectionReset);
        }
        let mut client = TcpStream::connect(from).await.unwrap();
        let (mut server, _) = listener.accept().await.unwrap();
        assert!(passes(&mut client, &mut server).await);
    }

    #[tokio::test]
    async fn who_is_half_open_is_told_nothing_while_the_far_end_is_gone() {
        let (proxy, mut client, mut server) = connected().await;
        assert!(passes(&mut client, &mut server).await, "it is carried");
        proxy.half_open();
        assert_eq!(timeout(LONG, server.read(&mut [0; 8])).await.unwrap().unwrap(), 0);
        client.write_all(b"anybody?").await.unwrap();
        assert!(timeout(SHORT, client.read_u8()).await.is_err());
    }

    #[tokio::test]
    async fn new_connections_lead_where_somebody_came_back() {
        let host = LoopbackAddr::new();
        let (from, first, second) = (host.free(), host.free(), host.free());
        let proxy = Proxy::start(from, first).await.unwrap();
        let listener = TcpListener::bind(second).await.unwrap();
        proxy.lead_to(second);
        let mut client = TcpStream::connect(from).await.unwrap();
        let (mut server, _) = listener.accept().await.unwrap();
        assert!(passes(&mut client, &mut server).await);
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

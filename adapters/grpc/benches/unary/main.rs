//! A call over gRPC: of a port, and of the same in bare tonic.
//!
//! Every server has a thread and a runtime of its own, and all clients share another: two cores are enough. They take
//! turns in one go, so that whatever else the machine does meets them all; what counts is how each round of the port
//! compares with the bare one of the same round. The second bare pair is the control: it should compare as 1.00.
//!
//! One line a row, for `cargo xtask bench`: its name, the figure, the bare one, and the median of their ratios.
#![expect(clippy::print_stdout, reason = "its figures are what it is for")]

mod bare;
mod pairs;
mod ported;

use std::{error::Error, net::SocketAddr, sync::mpsc, thread};

use tokio::runtime::{self, Runtime};

use pairs::{Contest, Contestants};

type Failure = Box<dyn Error + Send + Sync>;

/// One way to have a basket priced.
trait Client: Clone + Send + Sync + 'static {
    /// Makes the `nth` call, with a request of its own; returns the total of the answer.
    fn quote(&self, nth: u64) -> impl Future<Output = Result<u64, Failure>> + Send;
}

/// What every request holds: a customer, and so much of each of these.
const CUSTOMER: &str = "0193a5d0-5b1c-7000-8000-00805f9b34fb";
const LINES: [(&str, u32); 3] = [("TEA-EARL-GREY-250G", 2), ("MUG-BLUE-350ML", 1), ("SPOON-OAK-SMALL", 6)];

/// What the callee does, on either side: it adds up.
fn price(quantity: u32) -> u64 {
    u64::from(quantity) * 250
}

fn main() -> Result<(), Failure> {
    if !bare::request(0).eq(&ported::request(0)) {
        return Err("the two sides do not send the same bytes".into());
    }
    let servers = (apart(bare::serve)?, apart(ported::serve)?, apart(bare::serve)?);
    runtime()?.block_on(async {
        let bare = bare::Tonic::connect(servers.0).await?;
        let port = ported::Ported::connect(servers.1)?;
        let again = bare::Tonic::connect(servers.2).await?;
        let contestants = Contestants { bare, port, again };
        for contest in [Contest::Latency, Contest::Throughput] {
            for row in contestants.compete(contest).await? {
                println!("{row}");
            }
        }
        Ok(())
    })
}

fn runtime() -> Result<Runtime, Failure> {
    Ok(runtime::Builder::new_current_thread().enable_all().build()?)
}

/// Runs a server in a thread and a runtime of its own until the process ends. Returns where it listens.
#[expect(clippy::print_stderr, reason = "nobody waits for the thread")]
fn apart<F>(serve: impl FnOnce(mpsc::Sender<SocketAddr>) -> F + Send + 'static) -> Result<SocketAddr, Failure>
where
    F: Future<Output = Result<(), Failure>>,
{
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        if let Err(error) = runtime().and_then(|runtime| runtime.block_on(serve(tell))) {
            eprintln!("a server failed: {error}");
        }
    });
    Ok(told.recv()?)
}

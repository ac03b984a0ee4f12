//! A call over gRPC: of a port, and of the same in bare tonic.
//!
//! Every server has a thread and a runtime of its own, and all clients share another: two cores are enough. They take
//! turns in one go; the second bare pair is the control, and should compare as 1.00.
//!
//! One line a row, for `cargo xtask bench`: its name, the figure, the bare one, and the median of their ratios.
#![expect(clippy::print_stdout, reason = "its figures are what it is for")]

mod bare;
mod ported;
mod pricing;

use outgrow_testkit::contest::{Contest, Contestants, Failure, apart, one_thread};

/// How often each order of the three is run.
const LAPS: usize = 9;

fn main() -> Result<(), Failure> {
    pricing::twin::sends_the_same()?;
    let servers = (apart(bare::serve)?, apart(ported::serve)?, apart(bare::serve)?);
    one_thread()?.block_on(async {
        let bare = bare::Tonic::connect(servers.0).await?;
        let candidate = ported::connect(servers.1)?;
        let again = bare::Tonic::connect(servers.2).await?;
        let contestants = Contestants { bare, candidate, again };
        for (name, contest) in [
            ("latency", Contest::Latency { calls: 1_000 }),
            ("throughput", Contest::Throughput { callers: 64, each: 60 }),
        ] {
            for row in contestants.compete(name, contest, LAPS).await? {
                println!("{row}");
            }
        }
        Ok(())
    })
}

//! Benchmarks that compare: three take turns, and what counts is how they compare in each round.
//!
//! Whatever else the machine does meets all three of a round alike, so the ratios within rounds, and their median, can
//! be trusted where a figure by itself cannot. One of the three is the bare one once more: how it compares with itself
//! tells how far the other comparison can be trusted.
#![expect(clippy::float_arithmetic, reason = "comparing is dividing")]

use std::{
    error::Error,
    fmt,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use tokio::{
    runtime::{self, Runtime},
    task::JoinSet,
};

/// Why a benchmark cannot go on.
pub type Failure = Box<dyn Error + Send + Sync>;

/// Every order of three: nobody always comes first, or always after the same.
const ORDERS: [[usize; 3]; 6] = [[0, 1, 2], [2, 1, 0], [1, 2, 0], [0, 2, 1], [2, 0, 1], [1, 0, 2]];

/// After this no further lap is begun.
const ENOUGH: Duration = Duration::from_secs(30);

/// One who is compared. Clones share what they can share.
pub trait Client: Clone + Send + Sync + 'static {
    /// Makes the `nth` call, with a request of its own.
    fn call(&self, nth: u64) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Waits until all that its calls have begun has ended: this counts, too.
    fn settle(&self) -> impl Future<Output = Result<(), Failure>> + Send {
        async { Ok(()) }
    }
}

/// What is compared, and what each does in a turn.
#[derive(Clone, Copy, Debug)]
pub enum Contest {
    /// The median of so many calls, one after the other, in microseconds.
    Latency {
        /// How many.
        calls: u64,
    },
    /// Calls per second.
    Throughput {
        /// Of so many callers at once.
        callers: u64,
        /// How many each of them makes.
        each: u64,
    },
}

/// Those who are compared with the bare one: the candidate, and the control.
#[derive(Clone, Copy, Debug)]
pub struct Contestants<B, C> {
    /// Without what is to be judged.
    pub bare: B,
    /// With it.
    pub candidate: C,
    /// The bare one again.
    pub again: B,
}

/// How one of them compares with the bare one. Written as `name figure bare ratio`, separated by tabs; `name figure` if
/// there is nothing to compare it with.
#[derive(Clone, Debug)]
pub struct Row {
    name: String,
    figure: f64,
    /// What it is compared with, and the ratio to it.
    bare: Option<(f64, f64)>,
}

impl<B: Client, C: Client> Contestants<B, C> {
    /// All rounds: the row `<name> control`, and the row `<name>` of the candidate.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn compete(&self, name: &str, contest: Contest, laps: usize) -> Result<[Row; 2], Failure> {
        let turn = async |who| match who {
            0 => contest.score(&self.bare).await,
            1 => contest.score(&self.candidate).await,
            _ => contest.score(&self.again).await,
        };
        Ok(Row::both(name, &in_turns(laps, turn).await?))
    }
}

impl Row {
    /// One that was compared in another way.
    pub fn new(name: impl Into<String>, figure: f64, bare: f64, ratio: f64) -> Self {
        Self { name: name.into(), figure, bare: Some((bare, ratio)) }
    }

    /// One that stands alone.
    pub fn alone(name: impl Into<String>, figure: f64) -> Self {
        Self { name: name.into(), figure, bare: None }
    }

    /// The control, and the candidate, over these rounds of the bare one, the candidate and the bare one again.
    pub fn both(name: &str, rounds: &[[f64; 3]]) -> [Self; 2] {
        let all = |of: fn(&[f64; 3]) -> f64| median(rounds.iter().map(of).collect());
        let row = |name, figure, ratio| Self::new(name, all(figure), all(|[bare, ..]| *bare), all(ratio));
        [
            row(format!("{name} control"), |[.., again]| *again, |[bare, _, again]| again / bare),
            row(name.to_owned(), |[_, candidate, _]| *candidate, |[bare, candidate, _]| candidate / bare),
        ]
    }
}

/// What each of three scored in each round. A lap is six rounds, one for each order of the three; one round before the
/// first does not count. Where laps take long there are fewer: none is begun after half a minute.
///
/// # Errors
/// When a turn fails.
pub async fn in_turns<S: Default>(
    laps: usize,
    turn: impl AsyncFnMut(usize) -> Result<S, Failure>,
) -> Result<Vec<[S; 3]>, Failure> {
    in_turns_within(ENOUGH, laps, turn).await
}

async fn in_turns_within<S: Default>(
    enough: Duration,
    laps: usize,
    mut turn: impl AsyncFnMut(usize) -> Result<S, Failure>,
) -> Result<Vec<[S; 3]>, Failure> {
    let begun = Instant::now();
    let mut rounds = Vec::new();
    for who in 0..3 {
        turn(who).await?;
    }
    for lap in 0..laps {
        if lap > 0 && begun.elapsed() >= enough {
            break;
        }
        for order in ORDERS {
            let mut scores = <[S; 3]>::default();
            for who in order {
                let score = turn(who).await?;
                if let Some(place) = scores.get_mut(who) {
                    *place = score;
                }
            }
            rounds.push(scores);
        }
    }
    Ok(rounds)
}

impl Contest {
    /// What one of them scores in one turn.
    ///
    /// # Errors
    /// When a call fails.
    pub async fn score<C: Client>(self, client: &C) -> Result<f64, Failure> {
        match self {
            Self::Latency { calls } => latency(client, calls).await,
            Self::Throughput { callers, each } => Ok(crowd(client, callers, each).await?.per_second()),
        }
    }
}

async fn latency<C: Client>(client: &C, calls: u64) -> Result<f64, Failure> {
    let mut micros = Vec::new();
    for nth in 0..calls {
        let begun = Instant::now();
        client.call(nth).await?;
        micros.push(begun.elapsed().as_secs_f64() * 1e6);
    }
    client.settle().await?;
    Ok(median(micros))
}

/// What many callers at once have seen.
#[derive(Clone, Debug, Default)]
pub struct Crowd {
    /// How long it took, until all was settled.
    pub took: Duration,
    /// What each call took, in microseconds.
    pub micros: Vec<f64>,
}

/// Lets so many callers make so many calls each.
///
/// # Errors
/// When a call fails.
pub async fn crowd<C: Client>(client: &C, callers: u64, each: u64) -> Result<Crowd, Failure> {
    let begun = Instant::now();
    let mut busy = JoinSet::new();
    for caller in 0..callers {
        let client = client.clone();
        busy.spawn(async move {
            let mut micros = Vec::new();
            for nth in 0..each {
                let begun = Instant::now();
                client.call(caller * each + nth).await?;
                micros.push(begun.elapsed().as_secs_f64() * 1e6);
            }
            Ok::<_, Failure>(micros)
        });
    }
    let mut micros = Vec::new();
    while let Some(caller) = busy.join_next().await {
        micros.extend(caller??);
    }
    client.settle().await?;
    Ok(Crowd { took: begun.elapsed(), micros })
}

impl Crowd {
    /// How many of its calls there were in a second.
    pub fn per_second(&self) -> f64 {
        u32::try_from(self.micros.len()).map_or(f64::INFINITY, f64::from) / self.took.as_secs_f64()
    }
}

/// The one in the middle; of an even number, the upper of the two.
pub fn median(figures: Vec<f64>) -> f64 {
    quantile(figures, 0.5)
}

/// The smallest figure that is above this share of them; not a number if there is none.
#[expect(
    clippy::as_conversions,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "a place in a list that fits in memory"
)]
pub fn quantile(mut figures: Vec<f64>, share: f64) -> f64 {
    figures.sort_by(f64::total_cmp);
    let place = (figures.len() as f64 * share) as usize;
    figures.get(place).or(figures.last()).copied().unwrap_or(f64::NAN)
}

/// A runtime of one thread.
///
/// # Errors
/// When the system has none to give.
pub fn one_thread() -> Result<Runtime, Failure> {
    Ok(runtime::Builder::new_current_thread().enable_all().build()?)
}

/// Runs a server in a thread and a runtime of its own until the process ends. Returns what it tells when it serves.
///
/// # Errors
/// When it ends before.
#[expect(clippy::print_stderr, reason = "nobody waits for the thread")]
pub fn apart<T, F>(serve: impl FnOnce(mpsc::Sender<T>) -> F + Send + 'static) -> Result<T, Failure>
where
    T: Send + 'static,
    F: Future<Output = Result<(), Failure>>,
{
    let (tell, told) = mpsc::channel();
    thread::spawn(move || {
        if let Err(error) = one_thread().and_then(|runtime| runtime.block_on(serve(tell))) {
            eprintln!("a server failed: {error}");
        }
    });
    Ok(told.recv()?)
}

impl fmt::Display for Row {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { name, figure, bare } = self;
        match bare {
            Some((bare, ratio)) => write!(f, "{name}\t{figure}\t{bare}\t{ratio}"),
            None => write!(f, "{name}\t{figure}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{
        collections::BTreeSet,
        sync::{
            Arc,
            atomic::{AtomicU64, Ordering},
        },
    };

    use super::*;

    #[tokio::test]
    async fn in_a_lap_everybody_comes_at_every_place_after_everybody_else() {
        let mut turns = Vec::new();
        let rounds = in_turns(1, async |who| {
            turns.push(who);
            Ok(who + 1)
        });
        assert_eq!(rounds.await.unwrap(), [[1, 2, 3]; 6], "each score at the place of who scored it");
        let (warm_up, lap) = turns.split_at(3);
        assert_eq!(warm_up, [0, 1, 2]);
        assert_eq!(lap.chunks(3).collect::<BTreeSet<_>>().len(), 6, "every order once");
    }

    #[tokio::test]
    async fn where_laps_take_long_there_is_one_at_least() {
        let rounds = in_turns_within(Duration::ZERO, 9, async |_| Ok(()));
        assert_eq!(rounds.await.unwrap().len(), 6);
        let rounds = in_turns_within(Duration::MAX, 9, async |_| Ok(()));
        assert_eq!(rounds.await.unwrap().len(), 54);
    }

    #[derive(Clone, Default)]
    struct Counting {
        calls: Arc<AtomicU64>,
        settled_at: Arc<AtomicU64>,
    }

    impl Client for Counting {
        async fn call(&self, nth: u64) -> Result<(), Failure> {
            assert!(nth < 6);
            self.calls.fetch_add(1, Ordering::Relaxed);
            Ok(())
        }

        async fn settle(&self) -> Result<(), Failure> {
            self.settled_at.store(self.calls.load(Ordering::Relaxed), Ordering::Relaxed);
            Ok(())
        }
    }

    #[tokio::test]
    async fn a_turn_makes_all_calls_and_ends_when_they_are_settled() {
        for contest in [Contest::Latency { calls: 6 }, Contest::Throughput { callers: 3, each: 2 }] {
            let client = Counting::default();
            assert!(contest.score(&client).await.unwrap() > 0.0);
            assert_eq!(client.settled_at.load(Ordering::Relaxed), 6);
        }
    }

    #[test]
    fn what_counts_is_the_median_of_the_ratios_within_rounds() {
        let rounds = [[10.0, 90.0, 10.0], [100.0, 110.0, 100.0], [50.0, 60.0, 55.0]];
        let [control, row] = Row::both("latency", &rounds).map(|row| row.to_string());
        assert_eq!(control, "latency control\t55\t50\t1");
        assert_eq!(row, "latency\t90\t50\t1.2", "not the ratio of the medians, 1.8");
        assert_eq!(Row::alone("start", 7.5).to_string(), "start\t7.5");
    }

    #[test]
    fn quantiles_are_figures_that_were_measured() {
        let figures = || (1..=100).map(f64::from).collect::<Vec<_>>();
        let close = |one: f64, other: f64| (one - other).abs() < f64::EPSILON;
        assert!(close(median(vec![9.0, 1.0, 2.0]), 2.0));
        assert!(close(quantile(figures(), 0.99), 100.0));
        assert!(close(quantile(figures(), 1.0), 100.0));
        assert!(median(Vec::new()).is_nan());
    }
}

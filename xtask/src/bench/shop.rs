//! The release binary as a user meets it: how long until it is ready, what it takes when idle, how large it is.
//!
//! Each start is one on an empty system, as the first one is: it creates the homes of all modules and fills them with
//! the sample. Ready is what `/health/ready` says.
#![expect(clippy::float_arithmetic, reason = "units are converted")]

use std::{
    fs,
    io::{Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use anyhow::{Context as _, bail};

use super::table::{Row, Target, Unit};

/// Starts; the median counts. Odd, so that there is one.
const STARTS: u32 = 7;

/// From ready to idle: the sample is loaded long before.
const SETTLE: Duration = Duration::from_secs(2);

/// A start that takes longer has failed.
const PATIENCE: Duration = Duration::from_secs(20);

const KIB_PER_MIB: f64 = 1024.0;

pub(crate) fn measure(shop: &Path) -> anyhow::Result<Vec<Row>> {
    let starts =
        (0..STARTS).map(|nth| Shop::start(shop, nth)?.observe()).collect::<anyhow::Result<Vec<_>>>()?;
    let (ready, memory): (Vec<f64>, Vec<f64>) = starts.into_iter().unzip();
    let size = f64::from(u32::try_from(fs::metadata(shop)?.len() / 1024)?) / KIB_PER_MIB;
    let row = |what: &str, unit, figure, most| Row {
        what: what.to_owned(),
        unit,
        figure,
        bare: None,
        target: Some(Target::AtMost(most)),
    };
    Ok(vec![
        row("first start, until ready", Unit::Milliseconds, median(ready), 300.0),
        row("memory when idle (resident)", Unit::Mebibytes, median(memory), 30.0),
        row("size, stripped", Unit::Mebibytes, size, 25.0),
    ])
}

fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or(f64::NAN)
}

/// A running shop on an empty folder of its own; ended and cleared away when dropped.
struct Shop {
    child: Child,
    http: SocketAddr,
    begun: Instant,
    dir: PathBuf,
}

impl Shop {
    fn start(shop: &Path, nth: u32) -> anyhow::Result<Self> {
        let dir = std::env::temp_dir().join(format!("outgrow-bench-{}-{nth}", std::process::id()));
        fs::create_dir_all(&dir)?;
        let http = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?;
        let mut command = Command::new(shop);
        command.args(["serve", "--http", &http.to_string()]).current_dir(&dir);
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let begun = Instant::now();
        let child = command.spawn().context("the shop could not be started")?;
        Ok(Self { child, http, begun, dir })
    }

    /// Milliseconds until it was ready, and MiB in memory once it has nothing more to do.
    fn observe(&mut self) -> anyhow::Result<(f64, f64)> {
        while !ready(self.http) {
            if let Some(status) = self.child.try_wait()? {
                bail!("the shop ended before it was ready: {status}");
            }
            if self.begun.elapsed() > PATIENCE {
                bail!("the shop was not ready within {PATIENCE:?}");
            }
            thread::sleep(Duration::from_millis(1));
        }
        let ready = self.begun.elapsed().as_secs_f64() * 1e3;
        thread::sleep(SETTLE);
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))
            .context("memory is read from /proc, which only Linux has")?;
        let memory = resident(&status).context("/proc tells nothing of VmRSS")?;
        Ok((ready, memory / KIB_PER_MIB))
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        let ended = self.child.kill().and_then(|()| self.child.wait().map(drop));
        if let Err(error) = ended.and_then(|()| fs::remove_dir_all(&self.dir)) {
            println!("{} is left behind: {error}", self.dir.display());
        }
    }
}

/// Whether `/health/ready` answers 200.
fn ready(http: SocketAddr) -> bool {
    let asked = TcpStream::connect(http).and_then(|mut stream| {
        stream.write_all(b"GET /health/ready HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer)?;
        Ok(answer)
    });
    asked.is_ok_and(|answer| answer.starts_with("HTTP/1.1 200 "))
}

/// `VmRSS`, in KiB.
fn resident(status: &str) -> Option<f64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    line.trim().strip_suffix(" kB")?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn resident_memory_is_read_as_linux_writes_it() {
        assert_eq!(resident("VmHWM:\t   20480 kB\nVmRSS:\t   18432 kB\nRssAnon:\t 1 kB\n"), Some(18_432.0));
        assert_eq!(resident("Name:\tshop\n"), None);
    }

    #[test]
    fn the_median_is_the_one_in_the_middle() {
        assert!((median(vec![9.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
    }
}

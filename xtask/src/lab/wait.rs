//! Waiting for something outside this process, with a limit.
#![expect(
    clippy::disallowed_methods,
    reason = "the lab waits for other programs, which give nothing to poll on"
)]

use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail};

use super::interrupt::interrupted;

/// How often to look.
const STEP: Duration = Duration::from_millis(10);

/// Seconds since this kernel started.
pub fn uptime() -> Result<f64> {
    let text = std::fs::read_to_string("/proc/uptime")?;
    let word = text.split(' ').next().context("/proc/uptime is empty")?;
    Ok(word.parse()?)
}

/// Asks again and again until there is an answer; `what` completes "waited 5 s for …".
pub fn until<T>(
    what: &str,
    limit: Duration,
    mut ask: impl FnMut() -> Result<Option<T>>,
) -> Result<T> {
    let start = Instant::now();
    loop {
        interrupted()?;
        if let Some(answer) = ask()? {
            return Ok(answer);
        }
        if start.elapsed() > limit {
            bail!("waited {limit:?} for {what}");
        }
        thread::sleep(STEP);
    }
}

/// Lets time pass; ends early with an error when the user asks for the end.
pub fn pause(time: Duration) -> Result<()> {
    let start = Instant::now();
    while start.elapsed() < time {
        interrupted()?;
        thread::sleep(time.saturating_sub(start.elapsed()).min(STEP));
    }
    Ok(())
}

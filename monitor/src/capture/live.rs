//! Live capture: loads the kernel programs, keeps them on the interfaces, and turns their records into Frames.

use std::io;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, poll};
use rustix::time::Timespec;

use super::clock::Clock;
use super::interfaces::Interface;
use crate::frame::{FrameSink, InterfaceId, Timestamp};

mod checkup;
mod config;
mod counters;
mod error;
mod frames;
mod keeper;
mod kernel;
mod log;
mod news;
mod passed;
mod readings;
mod ring;
mod schedule;
mod settings;
mod trial;
mod watched;

pub(super) use checkup::Round;
pub use config::LiveConfig;
pub use counters::{Counters, Snapshot};
pub use error::LiveError;
use keeper::{Keeper, Notice};
pub(super) use kernel::{load_programs, try_tcx};
pub use settings::Settings;
pub(super) use trial::try_hooks;
pub use watched::Watched;

/// How long the ring may wait before it is drained; the kernel wakes us earlier only where it fills.
const DRAIN_EVERY: Duration = Duration::from_millis(10);
/// How often counts are read from the kernel.
const COUNT_EVERY: Duration = Duration::from_millis(100);

/// Kernel programs that are loaded and attached; they leave the interfaces when this is dropped.
pub struct Live {
    keeper: Keeper,
    reader: Reader,
    settings: Option<Settings>,
}

/// Takes what the kernel programs send.
struct Reader {
    ring: ring::Ring,
    counts: counters::Counts,
    notices: Receiver<Notice>,
    log: Option<log::KernelLog>,
    clock: Clock,
}

impl Live {
    /// Loads the programs and attaches them. Nothing is captured before [`Live::run`] asks, but the ring already fills.
    pub fn open(config: &LiveConfig) -> Result<Self, LiveError> {
        let mut programs = kernel::load(config)?;
        let settings = Settings::take(&mut programs, config)?;
        let passed = Arc::new(passed::Passed::take(&mut programs)?);
        let (sender, notices) = mpsc::channel();
        let reader = Reader {
            ring: ring::Ring::take(&mut programs, config.ring_bytes)?,
            counts: counters::Counts::take(&mut programs, Arc::clone(&passed))?,
            notices,
            log: config
                .kernel_log
                .then(|| log::KernelLog::start(&mut programs))
                .transpose()?,
            clock: Clock::start(),
        };
        let mut keeper = Keeper::new(programs, passed, config, sender)?;
        keeper.attach_first(config)?;
        Ok(Self {
            keeper,
            reader,
            settings: Some(settings),
        })
    }

    /// The counts of the kernel programs, readable from any thread while [`Live::run`] runs.
    pub fn counters(&self) -> Counters {
        self.reader.counts.handle(self.keeper.watched())
    }

    /// What the kernel programs follow, changeable from any thread while [`Live::run`] runs; only once.
    pub fn take_settings(&mut self) -> Option<Settings> {
        self.settings.take()
    }

    /// The interfaces that are watched.
    pub fn interfaces(&self) -> impl Iterator<Item = &Interface> {
        self.keeper.interfaces()
    }

    /// Gives up every privilege that is no longer needed. Call it before other threads start.
    pub fn drop_privileges(&self) -> Result<(), super::privileges::PrivilegeError> {
        super::privileges::refuse_beside_other_threads()?;
        self.drop_privileges_of_this_thread()
    }

    /// The same for the calling thread alone, whatever other threads there are.
    #[doc(hidden)]
    pub fn drop_privileges_of_this_thread(&self) -> Result<(), super::privileges::PrivilegeError> {
        let counts = &self.reader.counts;
        super::privileges::keep(self.keeper.uses_clsact(), || counts.try_to_read())
    }

    /// Feeds the sink until `stop` is set. Blocks the calling thread all the while; another one follows the interfaces.
    pub fn run(&mut self, sink: &mut dyn FrameSink, stop: &AtomicBool) -> Result<(), LiveError> {
        let Self { keeper, reader, .. } = self;
        let over = AtomicBool::new(false);
        thread::scope(|scope| {
            let keeping = thread::Builder::new().name("tlsmon-links".to_owned());
            let keeping = keeping.spawn_scoped(scope, || keeper.run(&over));
            keeping.map_err(LiveError::Thread)?;
            let result = reader.run(sink, stop);
            over.store(true, Ordering::Relaxed);
            result
        })
    }
}

impl Reader {
    /// Waits at most 10 ms at a time.
    fn run(&mut self, sink: &mut dyn FrameSink, stop: &AtomicBool) -> Result<(), LiveError> {
        let mut count_next = self.clock.now();
        while !stop.load(Ordering::Relaxed) {
            self.wait().map_err(LiveError::Wait)?;
            self.clock.follow();
            self.drain(sink);
            let now = self.clock.now();
            if is_due(&mut count_next, now, COUNT_EVERY) {
                self.count(sink);
            }
            sink.tick(now);
        }
        self.drain(sink);
        self.count(sink);
        Ok(())
    }

    /// Until the kernel programs have much to say, or it is time to listen anyway.
    fn wait(&self) -> io::Result<()> {
        let timeout = Timespec {
            tv_sec: 0,
            tv_nsec: i64::from(DRAIN_EVERY.subsec_nanos()),
        };
        match poll(
            &mut [PollFd::new(&self.ring, PollFlags::IN)],
            Some(&timeout),
        ) {
            Err(error) if error != rustix::io::Errno::INTR => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn drain(&mut self, sink: &mut dyn FrameSink) {
        for notice in self.notices.try_iter() {
            match notice {
                Notice::Named(index, name) => sink.interface(InterfaceId(index), &name),
                Notice::Left(index) => sink.left(InterfaceId(index)),
            }
        }
        self.ring.drain(self.clock, sink);
    }

    fn count(&mut self, sink: &mut dyn FrameSink) {
        if let Some(log) = &mut self.log {
            log.flush();
        }
        self.counts.update(self.ring.take_fill());
        for (reason, count) in self.counts.take_losses() {
            sink.lost("kernel", reason, count);
        }
    }
}

/// Whether `due` has come, or lies further ahead than it ever should: then the clock was set back.
fn is_due(due: &mut Timestamp, now: Timestamp, every: Duration) -> bool {
    let is_due = *due <= now || due.since(now) > every;
    if is_due {
        *due = now.plus(every);
    }
    is_due
}

/// What the handles of other threads share with the one that runs.
type Shared<T> = Arc<Mutex<T>>;

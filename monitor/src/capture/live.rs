//! Live capture: loads the kernel programs, keeps them on the interfaces, and turns their records into Frames.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use aya::Ebpf;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::time::Timespec;

use super::attach::{Attacher, Change};
use super::clock::Clock;
use super::interfaces::{Interface, Selection};
use super::netlink::Watch;
use crate::frame::{FrameSink, InterfaceId, Timestamp};

mod config;
mod counters;
mod error;
mod frames;
mod kernel;
mod log;
mod ring;
mod settings;

pub use config::LiveConfig;
pub use counters::{Counters, Snapshot};
pub use error::LiveError;
pub(super) use kernel::{load_programs, try_tcx};
pub use settings::Settings;

/// How long the ring may wait before it is drained; the kernel wakes us earlier only where it fills.
const DRAIN_EVERY: Duration = Duration::from_millis(10);
/// How often counts are read from the kernel.
const COUNT_EVERY: Duration = Duration::from_millis(100);
/// How soon after a change of the host's interfaces they are looked at again; a burst of changes costs one look.
const SETTLE: Duration = Duration::from_millis(50);
/// How often they are looked at without a change, for events get lost.
const RECONCILE_EVERY: Duration = Duration::from_secs(30);

/// Kernel programs that are loaded and attached; they leave the interfaces when this is dropped.
pub struct Live {
    programs: Ebpf,
    log: Option<log::KernelLog>,
    ring: ring::Ring,
    counts: counters::Counts,
    settings: Option<Settings>,
    attacher: Attacher,
    selection: Selection,
    watch: Watch,
    clock: Clock,
    pending: Vec<Change>,
}

impl Live {
    /// Loads the programs and attaches them. Nothing is captured before [`Live::run`] asks, but the ring already fills.
    pub fn open(config: &LiveConfig) -> Result<Self, LiveError> {
        let selection = Selection::new(&config.interfaces)?;
        let mut programs = kernel::load(config)?;
        let settings = Settings::take(&mut programs, config)?;
        let ring = ring::Ring::take(&mut programs, config.ring_bytes)?;
        let counts = counters::Counts::take(&mut programs)?;
        let watch = Watch::open().map_err(LiveError::Watch)?;
        let log = config
            .kernel_log
            .then(|| log::KernelLog::start(&mut programs))
            .transpose()?;
        let mut live = Self {
            programs,
            log,
            ring,
            counts,
            settings: Some(settings),
            attacher: Attacher::new(config.attach),
            selection,
            watch,
            clock: Clock::start(),
            pending: Vec::new(),
        };
        live.attach_first(config)?;
        Ok(live)
    }

    /// The counts of the kernel programs, readable from any thread while [`Live::run`] runs.
    pub fn counters(&self) -> Counters {
        self.counts.handle()
    }

    /// What the kernel programs follow, changeable from any thread while [`Live::run`] runs; only once.
    pub fn take_settings(&mut self) -> Option<Settings> {
        self.settings.take()
    }

    /// The interfaces that are watched.
    pub fn interfaces(&self) -> impl Iterator<Item = &Interface> {
        self.attacher.interfaces()
    }

    /// Gives up every privilege that is no longer needed. Call it before other threads start.
    pub fn drop_privileges(&self) -> Result<(), super::privileges::PrivilegeError> {
        super::privileges::refuse_beside_other_threads()?;
        self.drop_privileges_of_this_thread()
    }

    /// The same for the calling thread alone, whatever other threads there are.
    #[doc(hidden)]
    pub fn drop_privileges_of_this_thread(&self) -> Result<(), super::privileges::PrivilegeError> {
        let (_, clsact) = self.attacher.counts();
        super::privileges::keep(clsact > 0, || self.counts.is_readable())
    }

    /// Feeds the sink until `stop` is set. Waits at most 10 ms at a time, and blocks the calling thread all the while.
    pub fn run(&mut self, sink: &mut dyn FrameSink, stop: &AtomicBool) -> Result<(), LiveError> {
        let mut schedule = Schedule::start(self.clock.now());
        self.announce(sink);
        while !stop.load(Ordering::Relaxed) {
            self.wait().map_err(LiveError::Wait)?;
            self.clock.follow();
            self.ring.drain(self.clock, sink);
            let now = self.clock.now();
            if self.watch.changed() {
                schedule.reconcile_soon(now);
            }
            if schedule.is_time_to_reconcile(now) {
                self.reconcile(sink)?;
            }
            if schedule.is_time_to_count(now) {
                self.count(sink);
            }
            sink.tick(now);
        }
        self.ring.drain(self.clock, sink);
        self.count(sink);
        Ok(())
    }

    /// Until the kernel programs or the interfaces have something to say, or it is time to look anyway.
    fn wait(&self) -> io::Result<()> {
        let timeout = Timespec {
            tv_sec: 0,
            tv_nsec: i64::from(DRAIN_EVERY.subsec_nanos()),
        };
        let mut sources = [
            PollFd::new(&self.ring, PollFlags::IN),
            PollFd::new(&self.watch, PollFlags::IN),
        ];
        match poll(&mut sources, Some(&timeout)) {
            Err(error) if error != rustix::io::Errno::INTR => Err(error.into()),
            _ => Ok(()),
        }
    }

    fn attach_first(&mut self, config: &LiveConfig) -> Result<(), LiveError> {
        let wanted = self.selection.find().map_err(LiveError::Interfaces)?;
        if wanted.is_empty() {
            return Err(LiveError::NoInterface {
                patterns: config.interfaces.clone(),
            });
        }
        self.pending = self.attacher.reconcile(&mut self.programs, wanted);
        if self.attacher.counts() != (0, 0) {
            return Ok(());
        }
        let failed = self.pending.drain(..).find_map(|change| match change {
            Change::Failed(interface, source) => Some(LiveError::Attach {
                interface: interface.name,
                source: Box::new(source),
            }),
            _ => None,
        });
        Err(failed.unwrap_or_else(|| LiveError::NoInterface {
            patterns: config.interfaces.clone(),
        }))
    }

    fn reconcile(&mut self, sink: &mut dyn FrameSink) -> Result<(), LiveError> {
        let wanted = self.selection.find().map_err(LiveError::Interfaces)?;
        self.pending = self.attacher.reconcile(&mut self.programs, wanted);
        self.announce(sink);
        Ok(())
    }

    fn announce(&mut self, sink: &mut dyn FrameSink) {
        for change in self.pending.drain(..) {
            match change {
                Change::Watched(interface, by) => {
                    tracing::info!(interface = interface.name, ?by, "watching");
                    sink.interface(InterfaceId(interface.index), &interface.name);
                }
                Change::Restored(interface, by) => {
                    tracing::warn!(
                        interface = interface.name,
                        ?by,
                        "something had removed or overtaken the programs: put back"
                    );
                }
                Change::Left(interface) => {
                    tracing::info!(interface = interface.name, "no longer watching");
                }
                Change::Failed(interface, error) => {
                    tracing::warn!(interface = interface.name, %error, "cannot attach");
                }
            }
        }
    }

    fn count(&mut self, sink: &mut dyn FrameSink) {
        if let Some(log) = &mut self.log {
            log.flush();
        }
        self.counts
            .update(self.ring.take_fill(), self.attacher.counts());
        for (reason, count) in self.counts.take_losses() {
            sink.lost("kernel", reason, count);
        }
    }
}

impl Drop for Live {
    fn drop(&mut self) {
        self.attacher.detach_all(&mut self.programs);
    }
}

/// When the things that are not done at every turn are done next.
struct Schedule {
    reconcile: Timestamp,
    count: Timestamp,
}

impl Schedule {
    fn start(now: Timestamp) -> Self {
        Self {
            reconcile: now.plus(RECONCILE_EVERY),
            count: now,
        }
    }

    fn reconcile_soon(&mut self, now: Timestamp) {
        self.reconcile = self.reconcile.min(now.plus(SETTLE));
    }

    fn is_time_to_reconcile(&mut self, now: Timestamp) -> bool {
        is_due(&mut self.reconcile, now, RECONCILE_EVERY)
    }

    fn is_time_to_count(&mut self, now: Timestamp) -> bool {
        is_due(&mut self.count, now, COUNT_EVERY)
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
type Shared<T> = Arc<std::sync::Mutex<T>>;

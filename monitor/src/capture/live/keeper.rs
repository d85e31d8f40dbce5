//! Keeps the programs on the interfaces that are wanted, on a thread of its own: the kernel lets nobody attach or detach
//! without waiting some milliseconds for all its CPUs, and a node may start hundreds of pods at once.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Sender;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use aya::Ebpf;
use rustix::event::{PollFd, PollFlags, poll};
use rustix::time::Timespec;

use super::checkup::Checkup;
use super::passed::Passed;
use super::readings::readings;
use super::schedule::Schedule;
use super::watched::NAMED;
use super::{LiveConfig, LiveError, Shared, Watched, kernel, news};
use crate::capture::attach::{Attacher, Change, Way};
use crate::capture::clock::monotonic;
use crate::capture::interfaces::{Found, Interface, MOST, Selection};
use crate::capture::netlink::{self, Watch};
use crate::capture::preflight::chain;

/// How long a request to stop may wait.
const LISTEN: Duration = Duration::from_millis(50);
/// How long attaching may take before capture begins; the rest is attached meanwhile.
const FIRST: Duration = Duration::from_secs(2);
/// After so long a list of interfaces is read anew where something has changed.
const FRESH: Duration = Duration::from_secs(1);

/// What whoever reads the packets must know of the interfaces.
#[derive(Debug)]
pub(super) enum Notice {
    /// This index means this name from now on.
    Named(u32, String),
    /// It means nothing any more.
    Left(u32),
}

/// The programs and their places.
pub(super) struct Keeper {
    programs: Ebpf,
    attacher: Attacher,
    selection: Selection,
    watch: Watch,
    passed: Arc<Passed>,
    checkup: Checkup,
    check_every: Duration,
    watched: Shared<Watched>,
    notices: Sender<Notice>,
    /// Attaching took too long to be done before capture began.
    is_behind: bool,
}

impl Keeper {
    /// Takes the loaded programs; nothing is attached yet.
    pub(super) fn new(
        programs: Ebpf,
        passed: Arc<Passed>,
        config: &LiveConfig,
        notices: Sender<Notice>,
    ) -> Result<Self, LiveError> {
        Ok(Self {
            programs,
            attacher: Attacher::new(config.attach),
            selection: Selection::new(&config.interfaces)?,
            watch: Watch::open().map_err(LiveError::Watch)?,
            passed,
            checkup: Checkup::default(),
            check_every: config.check_every,
            watched: Shared::default(),
            notices,
            is_behind: false,
        })
    }

    /// What there is to say about the interfaces, readable from any thread.
    pub(super) fn watched(&self) -> Shared<Watched> {
        Arc::clone(&self.watched)
    }

    /// The interfaces that are watched.
    pub(super) fn interfaces(&self) -> impl Iterator<Item = &Interface> {
        self.attacher.interfaces()
    }

    /// Whether it takes `CAP_NET_ADMIN` to go on.
    pub(super) fn uses_clsact(&self) -> bool {
        self.attacher.uses_clsact()
    }

    /// Attaches the programs; an error where that is not possible anywhere.
    pub(super) fn attach_first(&mut self, config: &LiveConfig) -> Result<(), LiveError> {
        let found = self.selection.find().map_err(LiveError::Interfaces)?;
        if found.interfaces.is_empty() {
            return self.begin_without(config);
        }
        let begun = now();
        let mut failed = None;
        self.note_left_out(found.left_out);
        for interface in found.interfaces {
            if now().saturating_sub(begun) > FIRST {
                self.is_behind = true;
                break;
            }
            if let Some(Change::Failed(interface, source)) = self.settle(interface) {
                failed.get_or_insert(LiveError::Attach {
                    interface: interface.name,
                    source: Box::new(source),
                });
            }
        }
        let is_anywhere = self.attacher.interfaces().next().is_some();
        failed.filter(|_| !is_anywhere).map_or(Ok(()), Err)
    }

    /// There may be no pod yet; but what attaching will take, decides which privileges are given up.
    fn begin_without(&mut self, config: &LiveConfig) -> Result<(), LiveError> {
        if !self.selection.may_be_empty() {
            return Err(LiveError::NoInterface {
                patterns: config.interfaces.clone(),
            });
        }
        if config.attach != Way::Auto {
            return Ok(());
        }
        let way = match kernel::try_tcx(&mut self.programs) {
            Ok(true) => Way::Tcx,
            Ok(false) => Way::Clsact,
            Err(error) => {
                return Err(LiveError::Attach {
                    interface: "lo".to_owned(),
                    source: Box::new(error),
                });
            }
        };
        self.attacher = Attacher::new(way);
        Ok(())
    }

    /// Follows the interfaces of this host until `stop` is set.
    pub(super) fn run(&mut self, stop: &AtomicBool) {
        let mut schedule = Schedule::start(now(), self.check_every);
        if self.is_behind {
            schedule.look_soon(now());
        }
        while !stop.load(Ordering::Relaxed) {
            self.wait();
            if self.watch.changed() {
                schedule.look_soon(now());
            }
            if schedule.is_time_to_look(now()) {
                self.look(&mut schedule, stop);
            }
            if schedule.is_time_to_check(now()) {
                self.check();
            }
        }
    }

    /// Until something changes, or it is time to look anyway.
    fn wait(&self) {
        let timeout = Timespec {
            tv_sec: 0,
            tv_nsec: i64::from(LISTEN.subsec_nanos()),
        };
        // A signal or a lack of memory only makes the wait shorter.
        let _ = poll(
            &mut [PollFd::new(&self.watch, PollFlags::IN)],
            Some(&timeout),
        );
    }

    /// Makes the attached interfaces those that are wanted.
    fn look(&mut self, schedule: &mut Schedule, stop: &AtomicBool) {
        let begun = now();
        let found = self.selection.find();
        let took = now().saturating_sub(begun);
        let done = match found {
            Ok(found) => found.whole & self.follow(found, schedule, stop),
            Err(error) => {
                tracing::warn!(%error, "cannot list the interfaces of this host: trying again");
                false
            }
        };
        schedule.looked(now(), took, done);
    }

    /// Sees to one interface after the other; gives whether it came to the last. It stops where the list is out of date or
    /// something else is due.
    fn follow(&mut self, found: Found, schedule: &Schedule, stop: &AtomicBool) -> bool {
        let begun = now();
        for change in self.attacher.leave(&mut self.programs, &found) {
            self.tell(&change);
        }
        self.note_left_out(found.left_out);
        self.publish();
        for interface in found.interfaces {
            let is_stale = now().saturating_sub(begun) > FRESH && self.watch.changed();
            if is_stale || schedule.is_check_due(now()) || stop.load(Ordering::Relaxed) {
                return false;
            }
            self.settle(interface);
        }
        true
    }

    /// The name must be known before the first packet comes.
    fn settle(&mut self, interface: Interface) -> Option<Change> {
        if !self.attacher.knows(&interface) {
            self.passed.expect(interface.index);
            self.notice(Notice::Named(interface.index, interface.name.clone()));
        }
        let change = self.attacher.settle(&mut self.programs, interface);
        if let Some(change) = &change {
            self.tell(change);
            self.publish();
        }
        change
    }

    fn tell(&self, change: &Change) {
        match change {
            Change::Watched(interface, by) => {
                tracing::info!(interface = interface.name, ?by, "watching");
            }
            Change::Restored(interface, by) => tracing::warn!(
                interface = interface.name,
                ?by,
                "something had removed or overtaken the programs: put back"
            ),
            Change::Left(interface) => {
                tracing::info!(interface = interface.name, "no longer watching");
                self.notice(Notice::Left(interface.index));
            }
            Change::Failed(interface, error) => {
                let error = chain(error);
                tracing::warn!(interface = interface.name, error, "cannot attach");
            }
        }
    }

    /// Nobody listens any more only when capture is over.
    fn notice(&self, notice: Notice) {
        let _ = self.notices.send(notice);
    }

    fn note_left_out(&self, left_out: usize) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        if left_out > 0 && watched.left_out == 0 {
            tracing::warn!(
                left_out,
                "more interfaces are wanted than can be watched ({MOST})"
            );
        }
        watched.left_out = left_out;
    }

    fn publish(&self) {
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.attachments = self.attacher.counts();
    }

    /// Holds what the programs counted against what the devices counted.
    fn check(&mut self) {
        let Ok(links) = netlink::links() else {
            return; // The next round will tell as much.
        };
        let round = self
            .checkup
            .round(&readings(&self.attacher, &self.passed, &links.items));
        news::tell(&round.findings);
        for index in round.renew {
            tracing::debug!(index, "to be put in front again");
            if let Some(change) = self.attacher.renew(&mut self.programs, index) {
                self.tell(&change);
            }
        }
        let mut watched = self.watched.lock().unwrap_or_else(PoisonError::into_inner);
        watched.hooks = round.counts;
        watched.silent = round.silent;
        watched.silent.truncate(NAMED);
    }
}

fn now() -> Duration {
    Duration::from_nanos(monotonic())
}

impl Drop for Keeper {
    fn drop(&mut self) {
        self.attacher.detach_all(&mut self.programs);
    }
}

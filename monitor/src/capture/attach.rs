//! Puts the programs on the hooks of interfaces, and keeps them there.
//!
//! A TCX link ordered first where the kernel takes one, else a tc filter of priority 1 with a handle of our own. Which
//! of the two is found by trying, not by a version number. Nobody else's program, filter or qdisc is ever touched.

use std::collections::BTreeMap;
use std::str::FromStr;

use aya::Ebpf;
use aya::programs::tc::TcError;
use aya::programs::{ProgramError, TcAttachType};
use monitor_common::abi::name;
use monitor_common::sift::Link;

use super::interfaces::{Found, Interface};

mod attached;
mod clsact;
mod place;
mod tcx;

use attached::Attached;
use place::Place;

/// How programs are to be attached.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Way {
    /// TCX where the kernel takes it, else clsact.
    #[default]
    Auto,
    /// TCX or not at all.
    Tcx,
    /// clsact, even where TCX would work.
    Clsact,
}

impl FromStr for Way {
    type Err = String;

    fn from_str(word: &str) -> Result<Self, String> {
        match word {
            "auto" => Ok(Self::Auto),
            "tcx" => Ok(Self::Tcx),
            "clsact" => Ok(Self::Clsact),
            _ => Err(format!("{word:?} is none of auto, tcx, clsact")),
        }
    }
}

/// How programs are attached to an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// By TCX links: they end with this process.
    Tcx,
    /// By filters of the clsact qdisc: they stay when this process is killed, and the next start removes them.
    Clsact,
}

/// One side of an interface.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Side {
    Ingress,
    Egress,
}

impl Side {
    const BOTH: [Self; 2] = [Self::Ingress, Self::Egress];

    const fn hook(self) -> TcAttachType {
        match self {
            Self::Ingress => TcAttachType::Ingress,
            Self::Egress => TcAttachType::Egress,
        }
    }

    const fn program(self, link: Link) -> &'static str {
        match (self, link) {
            (Self::Ingress, Link::Ethernet) => name::INGRESS,
            (Self::Egress, Link::Ethernet) => name::EGRESS,
            (Self::Ingress, Link::Ip) => name::INGRESS_L3,
            (Self::Egress, Link::Ip) => name::EGRESS_L3,
        }
    }
}

/// What became of an interface.
#[derive(Debug)]
pub enum Change {
    /// The programs are on it now, or on it under another name.
    Watched(Interface, By),
    /// They were put back where something had removed or overtaken them.
    Restored(Interface, By),
    /// It is gone, or no longer wanted.
    Left(Interface),
    /// The programs could not be attached; told once for each reason.
    Failed(Interface, ProgramError),
}

/// How many interfaces are watched, and how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Attachments {
    /// By TCX links.
    pub tcx: usize,
    /// By clsact filters.
    pub clsact: usize,
    /// Not at all, for the programs cannot be attached.
    pub failed: usize,
}

/// The programs' places on the interfaces of this host.
pub struct Attacher {
    way: Way,
    /// Taken with the first filter of clsact.
    place: Option<Place>,
    attached: BTreeMap<u32, Attached>,
    /// Why the programs could not be attached, by the interface's index.
    failed: BTreeMap<u32, String>,
}

impl Attacher {
    /// Nothing attached yet.
    #[must_use]
    pub const fn new(way: Way) -> Self {
        Self {
            way,
            place: None,
            attached: BTreeMap::new(),
            failed: BTreeMap::new(),
        }
    }

    /// How many interfaces are watched, and how.
    pub fn counts(&self) -> Attachments {
        let is_tcx = |attached: &&Attached| attached.by == By::Tcx;
        let tcx = self.attached.values().filter(is_tcx).count();
        Attachments {
            tcx,
            clsact: self.attached.len() - tcx,
            failed: self.failed.len(),
        }
    }

    /// Whether filters of clsact are in use, or will be.
    pub fn uses_clsact(&self) -> bool {
        self.way == Way::Clsact || self.counts().clsact > 0
    }

    /// The interfaces that are watched.
    pub fn interfaces(&self) -> impl Iterator<Item = &Interface> {
        self.attached.values().map(|attached| &attached.interface)
    }

    /// Whether an interface is watched under this name.
    pub fn knows(&self, interface: &Interface) -> bool {
        let attached = self.attached.get(&interface.index);
        attached.is_some_and(|attached| attached.interface.name == interface.name)
    }

    /// Takes the programs off what is no longer wanted.
    pub fn leave(&mut self, programs: &mut Ebpf, found: &Found) -> Vec<Change> {
        if !found.whole {
            return Vec::new(); // What is missing may well be there.
        }
        let is_wanted = |index: &u32| {
            let mut interfaces = found.interfaces.iter();
            interfaces.any(|interface| interface.index == *index)
        };
        self.failed.retain(|index, _| is_wanted(index));
        let gone = self.attached.extract_if(.., |index, _| !is_wanted(index));
        let gone: Vec<_> = gone.collect();
        let leave = |(_, mut attached): (u32, Attached)| {
            attached.detach(programs);
            Change::Left(attached.interface)
        };
        gone.into_iter().map(leave).collect()
    }

    /// Attaches the programs to an interface, or puts them back in their places where they are not.
    pub fn settle(&mut self, programs: &mut Ebpf, interface: Interface) -> Option<Change> {
        let index = interface.index;
        let result = match self.attached.get_mut(&index) {
            Some(attached) => attached.check(programs, &interface),
            None => self.attach(programs, &interface).map(Some),
        };
        match result {
            Ok(change) => {
                self.failed.remove(&index);
                change
            }
            Err(error) => self.note_failure(interface, error),
        }
    }

    /// Takes TCX links off an interface and puts them on it again: in front of those that came in between. Whether a
    /// filter of clsact is in front, `settle` sees.
    pub fn renew(&mut self, programs: &mut Ebpf, index: u32) -> Option<Change> {
        let attached = self.attached.get_mut(&index);
        let attached = attached.filter(|attached| attached.by == By::Tcx)?;
        let error = attached.restore(programs).err()?;
        let interface = attached.interface.clone();
        self.note_failure(interface, error)
    }

    fn attach(
        &mut self,
        programs: &mut Ebpf,
        interface: &Interface,
    ) -> Result<Change, ProgramError> {
        let result = match self.way {
            Way::Tcx => self.attach_by(By::Tcx, programs, interface),
            Way::Clsact => self.attach_by(By::Clsact, programs, interface),
            Way::Auto => match self.attach_by(By::Tcx, programs, interface) {
                Err(error) if tcx::is_unknown(&error) => {
                    self.way = Way::Clsact;
                    self.attach_by(By::Clsact, programs, interface)
                }
                result => result,
            },
        };
        let attached = result?;
        let by = attached.by;
        // What worked once is kept: another interface's trouble must not look like a kernel without TCX.
        self.way = match by {
            By::Tcx => Way::Tcx,
            By::Clsact => Way::Clsact,
        };
        self.attached.insert(interface.index, attached);
        Ok(Change::Watched(interface.clone(), by))
    }

    fn attach_by(
        &mut self,
        by: By,
        programs: &mut Ebpf,
        interface: &Interface,
    ) -> Result<Attached, ProgramError> {
        let handle = match (by, &self.place) {
            (By::Tcx, _) => 0,
            (By::Clsact, Some(place)) => place.handle(),
            (By::Clsact, None) => {
                let place = Place::take().map_err(TcError::IoError)?;
                self.place.insert(place).handle()
            }
        };
        Attached::by(by, handle, programs, interface)
    }

    /// An interface that went away in the meantime is no failure; it will be told.
    fn note_failure(&mut self, interface: Interface, error: ProgramError) -> Option<Change> {
        if attached::is_gone(&interface) {
            return None;
        }
        let reason = error.to_string();
        let before = self.failed.insert(interface.index, reason.clone());
        (before != Some(reason)).then_some(Change::Failed(interface, error))
    }

    /// Takes the programs off every interface.
    pub fn detach_all(&mut self, programs: &mut Ebpf) {
        for attached in self.attached.values_mut() {
            attached.detach(programs);
        }
        self.attached.clear();
    }
}

/// Whether the error says that this kernel has no TCX.
pub(super) fn is_without_tcx(error: &ProgramError) -> bool {
    tcx::is_unknown(error)
}

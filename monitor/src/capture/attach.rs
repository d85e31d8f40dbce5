//! Puts the programs on the hooks of interfaces, and keeps them there.
//!
//! A TCX link ordered first where the kernel takes one, else a tc filter of priority 1 with a handle of our own. Which
//! of the two is found by trying, not by a version number. Nobody else's program, filter or qdisc is ever touched.

use std::collections::BTreeMap;
use std::str::FromStr;

use aya::Ebpf;
use aya::programs::{ProgramError, SchedClassifier, TcAttachType, tc::SchedClassifierLinkId};
use monitor_common::abi::name;
use monitor_common::sift::Link;

use super::interfaces::Interface;

mod clsact;
mod tcx;

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
    /// By filters of the clsact qdisc: they stay when this process is killed, and the next start replaces them.
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
    /// The programs could not be attached.
    Failed(Interface, ProgramError),
}

struct Attached {
    interface: Interface,
    by: By,
    links: Vec<(Side, SchedClassifierLinkId)>,
}

/// The programs' places on the interfaces of this host.
pub struct Attacher {
    way: Way,
    attached: BTreeMap<u32, Attached>,
}

impl Attacher {
    /// Nothing attached yet.
    #[must_use]
    pub const fn new(way: Way) -> Self {
        Self {
            way,
            attached: BTreeMap::new(),
        }
    }

    /// How many interfaces are watched by TCX, and how many by clsact.
    pub fn counts(&self) -> (usize, usize) {
        let tcx = self
            .attached
            .values()
            .filter(|attached| attached.by == By::Tcx)
            .count();
        (tcx, self.attached.len() - tcx)
    }

    /// The interfaces that are watched.
    pub fn interfaces(&self) -> impl Iterator<Item = &Interface> {
        self.attached.values().map(|attached| &attached.interface)
    }

    /// Makes the attached interfaces those that are wanted, and every place what it should be.
    pub fn reconcile(&mut self, programs: &mut Ebpf, wanted: Vec<Interface>) -> Vec<Change> {
        let mut changes = self.leave(programs, &wanted);
        for interface in wanted {
            let change = match self.attached.get_mut(&interface.index) {
                Some(attached) => attached.check(programs, interface),
                None => Some(self.attach(programs, interface)),
            };
            changes.extend(change);
        }
        changes
    }

    fn leave(&mut self, programs: &mut Ebpf, wanted: &[Interface]) -> Vec<Change> {
        let gone = self.attached.extract_if(.., |index, _| {
            !wanted.iter().any(|interface| interface.index == *index)
        });
        let mut changes = Vec::new();
        for (_, mut attached) in gone {
            attached.detach(programs);
            changes.push(Change::Left(attached.interface));
        }
        changes
    }

    fn attach(&mut self, programs: &mut Ebpf, interface: Interface) -> Change {
        let result = match self.way {
            Way::Tcx => attach_by(By::Tcx, programs, &interface),
            Way::Clsact => attach_by(By::Clsact, programs, &interface),
            Way::Auto => match attach_by(By::Tcx, programs, &interface) {
                Err(error) if tcx::is_unknown(&error) => {
                    self.way = Way::Clsact;
                    attach_by(By::Clsact, programs, &interface)
                }
                result => result,
            },
        };
        match result {
            Ok(attached) => {
                let by = attached.by;
                self.attached.insert(interface.index, attached);
                Change::Watched(interface, by)
            }
            Err(error) => Change::Failed(interface, error),
        }
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

fn attach_by(by: By, programs: &mut Ebpf, interface: &Interface) -> Result<Attached, ProgramError> {
    let mut attached = Attached {
        interface: interface.clone(),
        by,
        links: Vec::new(),
    };
    for side in Side::BOTH {
        match attached.attach_side(programs, side) {
            Ok(link) => attached.links.push((side, link)),
            Err(error) => {
                attached.detach(programs);
                return Err(error);
            }
        }
    }
    Ok(attached)
}

impl Attached {
    fn attach_side(
        &self,
        programs: &mut Ebpf,
        side: Side,
    ) -> Result<SchedClassifierLinkId, ProgramError> {
        let program = classifier(programs, side.program(self.interface.link))?;
        match self.by {
            By::Tcx => tcx::attach(program, &self.interface.name, side),
            By::Clsact => clsact::attach(program, &self.interface.name, side),
        }
    }

    /// Follows a new name, and puts back what is no longer in its place.
    fn check(&mut self, programs: &mut Ebpf, interface: Interface) -> Option<Change> {
        let renamed = interface.name != self.interface.name;
        self.interface = interface;
        if self.is_in_place() {
            return renamed.then(|| Change::Watched(self.interface.clone(), self.by));
        }
        self.detach(programs);
        match attach_by(self.by, programs, &self.interface) {
            Ok(attached) => {
                *self = attached;
                Some(Change::Restored(self.interface.clone(), self.by))
            }
            Err(error) => Some(Change::Failed(self.interface.clone(), error)),
        }
    }

    fn is_in_place(&self) -> bool {
        match self.by {
            By::Tcx => self.links.len() == Side::BOTH.len(),
            By::Clsact => {
                let first = |side: Side| {
                    clsact::is_first(&self.interface, side, side.program(self.interface.link))
                };
                self.links.len() == Side::BOTH.len() && Side::BOTH.into_iter().all(first)
            }
        }
    }

    fn detach(&mut self, programs: &mut Ebpf) {
        for (side, link) in self.links.drain(..) {
            if let Ok(program) = classifier(programs, side.program(self.interface.link)) {
                // An interface that is gone took the program with it: that is no failure.
                let _ = program.detach(link);
            }
        }
    }
}

fn classifier<'a>(
    programs: &'a mut Ebpf,
    name: &str,
) -> Result<&'a mut SchedClassifier, ProgramError> {
    programs
        .program_mut(name)
        .ok_or(ProgramError::NotLoaded)?
        .try_into()
}

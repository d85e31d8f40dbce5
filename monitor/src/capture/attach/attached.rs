//! The programs' places on one interface.

use std::io;

use aya::Ebpf;
use aya::programs::tc::{SchedClassifierLinkId, TcError};
use aya::programs::{ProgramError, SchedClassifier};
use rustix::net::netdevice::name_to_index;
use rustix::net::{AddressFamily, SocketFlags, SocketType, socket_with};

use super::{By, Change, Side, clsact, tcx};
use crate::capture::interfaces::Interface;

/// An interface with the programs on it.
pub(super) struct Attached {
    pub(super) interface: Interface,
    pub(super) by: By,
    /// That of filters of clsact.
    handle: u16,
    links: Vec<(Side, SchedClassifierLinkId)>,
}

impl Attached {
    /// Attaches the programs; where one of them cannot be, none is.
    pub(super) fn by(
        by: By,
        handle: u16,
        programs: &mut Ebpf,
        interface: &Interface,
    ) -> Result<Self, ProgramError> {
        let mut attached = Self {
            interface: interface.clone(),
            by,
            handle,
            links: Vec::new(),
        };
        attached.attach(programs)?;
        Ok(attached)
    }

    fn attach(&mut self, programs: &mut Ebpf) -> Result<(), ProgramError> {
        for side in Side::BOTH {
            match self.attach_side(programs, side) {
                Ok(link) => self.links.push((side, link)),
                Err(error) => {
                    self.detach(programs);
                    return Err(error);
                }
            }
        }
        // Attaching goes by the name, and the name may have become another interface's in between.
        if is_gone(&self.interface) {
            self.detach(programs);
            let gone = io::Error::from_raw_os_error(rustix::io::Errno::NODEV.raw_os_error());
            return Err(TcError::IoError(gone).into());
        }
        Ok(())
    }

    fn attach_side(
        &self,
        programs: &mut Ebpf,
        side: Side,
    ) -> Result<SchedClassifierLinkId, ProgramError> {
        let program = classifier(programs, side.program(self.interface.link))?;
        match self.by {
            By::Tcx => tcx::attach(program, &self.interface.name, side),
            By::Clsact => clsact::attach(program, &self.interface, side, self.handle),
        }
    }

    /// Follows a new name, and puts back what is no longer in its place.
    pub(super) fn check(
        &mut self,
        programs: &mut Ebpf,
        interface: &Interface,
    ) -> Result<Option<Change>, ProgramError> {
        let renamed = interface.name != self.interface.name;
        if self.interface.link != interface.link {
            self.detach(programs);
        }
        self.interface = interface.clone();
        if self.is_in_place() {
            return Ok(renamed.then(|| Change::Watched(interface.clone(), self.by)));
        }
        self.restore(programs)?;
        Ok(Some(Change::Restored(interface.clone(), self.by)))
    }

    /// Takes the programs off and puts them on again, first.
    pub(super) fn restore(&mut self, programs: &mut Ebpf) -> Result<(), ProgramError> {
        self.detach(programs);
        self.attach(programs)
    }

    fn is_in_place(&self) -> bool {
        let is_first =
            |side: Side| self.by == By::Tcx || clsact::is_first(&self.interface, side, self.handle);
        self.links.len() == Side::BOTH.len() && Side::BOTH.into_iter().all(is_first)
    }

    pub(super) fn detach(&mut self, programs: &mut Ebpf) {
        for (side, link) in self.links.drain(..) {
            if let Ok(program) = classifier(programs, side.program(self.interface.link)) {
                // An interface that is gone took the program with it: that is no failure.
                let _ = program.detach(link);
            }
        }
    }
}

/// Whether the name is no longer this interface's.
pub(super) fn is_gone(interface: &Interface) -> bool {
    let socket = socket_with(
        AddressFamily::INET,
        SocketType::DGRAM,
        SocketFlags::CLOEXEC,
        None,
    );
    let index = socket.and_then(|socket| name_to_index(socket, &interface.name));
    match index {
        Ok(index) => index != interface.index,
        Err(error) => error == rustix::io::Errno::NODEV,
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

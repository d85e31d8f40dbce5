//! The kernel programs' own log, where it was asked for: aya-log carries their words to the `log` crate.

use aya::Ebpf;
use aya::maps::{MapData, ProgramArray};
use aya_log::EbpfLogger;
use monitor_common::abi::name;

use super::kernel::load_program;
use super::{LiveError, settings};

/// Log programs in their places; they leave them when this is dropped.
pub(super) struct KernelLog {
    logger: EbpfLogger<&'static dyn log::Log>,
    _places: ProgramArray<MapData>,
}

impl KernelLog {
    /// Loads the log programs and puts them where the others find them.
    pub(super) fn start(programs: &mut Ebpf) -> Result<Self, LiveError> {
        let mut places: ProgramArray<MapData> = settings::take(programs, name::LOGS)?;
        for (index, name) in (0..).zip(name::LOG_PROGRAMS) {
            let program = load_program(programs, name)?;
            let full = |source| LiveError::Map {
                map: name::LOGS,
                source,
            };
            let fd = program.fd().map_err(|source| LiveError::Program {
                program: name,
                source: Box::new(source),
            })?;
            places.set(index, fd, 0).map_err(full)?;
        }
        let logger = EbpfLogger::init(programs).map_err(LiveError::Log)?;
        Ok(Self {
            logger,
            _places: places,
        })
    }

    /// Hands over what was written since the last call.
    pub(super) fn flush(&mut self) {
        self.logger.flush();
    }
}

//! Why live capture cannot start or go on.

use std::io;

use aya::EbpfError;
use aya::maps::MapError;
use aya::programs::ProgramError;

use crate::capture::interfaces::BadPattern;

/// Why live capture cannot start or go on.
#[derive(Debug, thiserror::Error)]
pub enum LiveError {
    /// An `--interface` that is not a name or pattern.
    #[error("cannot select interfaces")]
    Pattern(#[from] BadPattern),
    /// The object could not be loaded: its maps could not be made, or it is of another version.
    #[error("cannot load the kernel programs")]
    Load(#[source] Box<EbpfError>),
    /// The kernel refused a program.
    #[error("the kernel refuses the program {program}")]
    Program {
        /// Its name.
        program: &'static str,
        /// What the kernel said.
        #[source]
        source: Box<ProgramError>,
    },
    /// The object lacks a part that it should have.
    #[error("the kernel programs lack {0}: they are of another version")]
    Missing(&'static str),
    /// A map could not be written or opened.
    #[error("cannot use the map {map}")]
    Map {
        /// Its name.
        map: &'static str,
        /// What the kernel said.
        #[source]
        source: MapError,
    },
    /// The interfaces could not be listed.
    #[error("cannot list the interfaces of this host")]
    Interfaces(#[source] io::Error),
    /// None of the interfaces exists.
    #[error("{}", no_interface(patterns))]
    NoInterface {
        /// The patterns that nothing matched; empty where the default routes were asked.
        patterns: Vec<String>,
    },
    /// The programs could not be attached anywhere.
    #[error("cannot attach to {interface}")]
    Attach {
        /// The first interface that failed.
        interface: String,
        /// What the kernel said.
        #[source]
        source: Box<ProgramError>,
    },
    /// Changes of the interfaces could not be watched.
    #[error("cannot watch for changes of the interfaces")]
    Watch(#[source] io::Error),
    /// The thread that follows the interfaces could not be started.
    #[error("cannot start the thread that follows the interfaces")]
    Thread(#[source] io::Error),
    /// The kernel programs' log could not be opened.
    #[error("cannot read the log of the kernel programs")]
    Log(#[source] aya_log::Error),
    /// Waiting for the kernel failed.
    #[error("cannot wait for the kernel programs")]
    Wait(#[source] io::Error),
}

fn no_interface(patterns: &[String]) -> String {
    if patterns.is_empty() {
        "no interface has a default route".to_owned()
    } else {
        format!("no interface is called {}", patterns.join(" or "))
    }
}

impl LiveError {
    /// What to do about it, where there is something.
    pub const fn help(&self) -> Option<&'static str> {
        match self {
            Self::Pattern(_) => Some("give a name such as eth0, or a pattern such as 'veth*'"),
            Self::Load(_) | Self::Program { .. } | Self::Attach { .. } => Some(
                "needs CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON (or root) and a kernel of 5.10 or newer; see \"tlsmon doctor\"",
            ),
            Self::NoInterface { .. } => Some("name one with --interface; \"ip link\" lists them"),
            Self::Missing(_) => Some("build tlsmon and its kernel programs from the same source"),
            Self::Map { .. }
            | Self::Interfaces(_)
            | Self::Watch(_)
            | Self::Thread(_)
            | Self::Log(_)
            | Self::Wait(_) => None,
        }
    }
}

//! What live capture is told.

use std::time::Duration;

use ipnet::IpNet;

use crate::capture::attach::Way;
use crate::ports::PortSet;

/// The settings of live capture.
#[derive(Clone, Debug)]
pub struct LiveConfig {
    /// Names or patterns of interfaces, or the words `uplink` (those of the default routes) and `pods`; `uplink` where there
    /// are none.
    pub interfaces: Vec<String>,
    /// The ports that are followed.
    pub ports: PortSet,
    /// Also follow what begins with a ClientHello or ServerHello on any other port.
    pub any_port: bool,
    /// Follow one connection in this many.
    pub sample_rate: u32,
    /// How many payload bytes of each direction come from the kernel.
    pub bytes_per_direction: u32,
    /// The size of the ring between kernel and user space; rounded up to a power of two.
    pub ring_bytes: u32,
    /// How many flows the kernel remembers; the one that was idle longest is forgotten for a new one.
    pub flows: u32,
    /// Follow only connections with an end in one of these, where there are any.
    pub allow: Vec<IpNet>,
    /// Follow no connection with an end in one of these.
    pub deny: Vec<IpNet>,
    /// How to attach.
    pub attach: Way,
    /// How often it is checked whether the programs run where they are attached.
    pub check_every: Duration,
    /// Let the kernel programs log, through the `log` crate at debug level.
    pub kernel_log: bool,
}

impl Default for LiveConfig {
    fn default() -> Self {
        Self {
            interfaces: Vec::new(),
            ports: PortSet::default(),
            any_port: false,
            sample_rate: 1,
            bytes_per_direction: 32 * 1024,
            ring_bytes: 8 << 20,
            flows: 65_536,
            allow: Vec::new(),
            deny: Vec::new(),
            attach: Way::Auto,
            check_every: Duration::from_secs(5),
            kernel_log: false,
        }
    }
}

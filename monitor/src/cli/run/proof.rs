//! How much is kept of failing handshakes.

use std::sync::Arc;

use clap::Args;

use crate::proof::{Limits, Recorder, Size, Store};

/// The memory for packets.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct ProofArgs {
    /// Memory for the last packets of all handshakes, in MiB: what a failure's proof is taken from; 0 keeps no packets
    #[arg(long, env = "TLSMON_RECORD_MIB", value_name = "MIB", default_value_t = 16, value_parser = clap::value_parser!(u32).range(0..=1024))]
    record_mib: u32,
    /// Memory for the packets of failing handshakes, in MiB: what "tlsmon capture" gives; 0 keeps no packets
    #[arg(long, env = "TLSMON_PROOF_MIB", value_name = "MIB", default_value_t = 16, value_parser = clap::value_parser!(u32).range(0..=1024))]
    proof_mib: u32,
    /// How many failing handshakes have their packets kept, at most
    #[arg(long, env = "TLSMON_PROOFS", value_name = "N", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    proofs: u32,
}

impl ProofArgs {
    /// Where proofs are kept, and who keeps them; none where no packets are to be kept.
    pub(super) fn recorder(self) -> (Option<Arc<Store>>, Option<Recorder>) {
        if self.record_mib == 0 || self.proof_mib == 0 {
            return (None, None);
        }
        let mib = |count: u32| (count as usize) << 20;
        let store = Arc::new(Store::new(Limits {
            bytes: mib(self.proof_mib),
            count: self.proofs as usize,
        }));
        let recorder = Recorder::new(Size::of_bytes(mib(self.record_mib)), Arc::clone(&store));
        (Some(store), Some(recorder))
    }
}

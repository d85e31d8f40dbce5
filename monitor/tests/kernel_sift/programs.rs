//! The kernel programs, loaded but not attached: frames are fed to them by `BPF_PROG_TEST_RUN`. Needs root.

use std::time::Duration;

use aya::maps::{Array, MapData, PerCpuArray, RingBuf};
use aya::programs::{SchedClassifier, TestRun, TestRunOptions};
use aya::{Ebpf, EbpfLoader};
use monitor_common::abi::{ABI_VERSION, COUNTERS, Config, Counter, HOOK_ROWS, HOOKS_PER_ROW, name};

static OBJECT: &[u8] = aya::include_bytes_aligned!(concat!(env!("OUT_DIR"), "/tlsmon.bpf.o"));

/// Bytes of `struct __sk_buff`, and where its `gso_size` is (`linux/bpf.h`).
const CONTEXT: usize = 192;
const GSO_SIZE: usize = 176;

/// What the programs must always answer (`TC_ACT_UNSPEC`).
const UNSPECIFIED: i32 = -1;

pub(crate) struct Programs {
    ebpf: Ebpf,
    records: RingBuf<MapData>,
    counters: PerCpuArray<MapData, [u64; COUNTERS]>,
    hooks: PerCpuArray<MapData, [u64; HOOKS_PER_ROW]>,
}

impl Programs {
    /// Makes the maps, for these ports; a program is loaded when it first runs.
    pub(crate) fn load(config: Config, ports: &[u16]) -> Self {
        let mut ebpf = EbpfLoader::new()
            .override_global(name::SWITCH, &ABI_VERSION, true)
            .override_global("AYA_LOG_LEVEL", &0_u8, true)
            .load(OBJECT)
            .expect("the kernel programs' maps need root");
        let mut configs: Array<_, Config> = ebpf.map_mut(name::CONFIG).unwrap().try_into().unwrap();
        configs.set(0, config, 0).unwrap();
        let mut words: Array<_, u64> = ebpf.map_mut(name::PORTS).unwrap().try_into().unwrap();
        for port in ports {
            let index = u32::from(port >> 6);
            let word: u64 = words.get(&index, 0).unwrap() | 1 << (port & 63);
            words.set(index, word, 0).unwrap();
        }
        let records = ebpf.take_map(name::RECORDS).unwrap().try_into().unwrap();
        let counters = ebpf.take_map(name::COUNTERS).unwrap().try_into().unwrap();
        let hooks = ebpf.take_map(name::HOOKS).unwrap().try_into().unwrap();
        Self {
            ebpf,
            records,
            counters,
            hooks,
        }
    }

    /// Whether the kernel makes a packet of this frame at all; asked with the program that does nothing.
    pub(crate) fn takes(&mut self, frame: &[u8]) -> bool {
        self.program(name::EMPTY)
            .test_run(TestRunOptions {
                data_in: Some(frame),
                ..TestRunOptions::new()
            })
            .is_ok()
    }

    /// Runs a program on a frame, and tells how long one run took on average. Where `each` is not zero, the device will cut
    /// the frame into packets with so much payload.
    pub(crate) fn run(
        &mut self,
        program: &str,
        (frame, each): (&[u8], u32),
        repeat: u32,
    ) -> Duration {
        let mut context = [0; CONTEXT];
        context[GSO_SIZE..][..4].copy_from_slice(&each.to_ne_bytes());
        let options = TestRunOptions {
            data_in: Some(frame),
            ctx_in: (each > 0).then_some(&context),
            repeat,
            ..TestRunOptions::new()
        };
        let result = self.program(program).test_run(options).unwrap();
        assert_eq!(result.return_value.cast_signed(), UNSPECIFIED);
        result.duration
    }

    fn program(&mut self, name: &str) -> &SchedClassifier {
        let program = self.ebpf.program_mut(name).unwrap();
        let program: &mut SchedClassifier = program.try_into().unwrap();
        if program.fd().is_err() {
            program.load().expect("the kernel programs need root");
        }
        program
    }

    /// The records that were sent since the last call; their times, which differ in every run, are zero.
    pub(crate) fn records(&mut self) -> Vec<Vec<u8>> {
        let mut records = Vec::new();
        while let Some(record) = self.records.next() {
            let mut record = record.to_vec();
            record[..8].fill(0);
            records.push(record);
        }
        records
    }

    /// What was counted so far, on all CPUs.
    pub(crate) fn counts(&self) -> [u64; COUNTERS] {
        let mut total = [0; COUNTERS];
        for counts in self.counters.get(&0, 0).unwrap().iter() {
            total
                .iter_mut()
                .zip(counts)
                .for_each(|(total, count)| *total += count);
        }
        total[Counter::Seen as usize] += self.passed();
        total
    }

    /// How many packets passed all hooks so far.
    fn passed(&self) -> u64 {
        let rows = (0..HOOK_ROWS).flat_map(|row| self.hooks.get(&row, 0).unwrap().to_vec());
        rows.flatten().sum()
    }
}

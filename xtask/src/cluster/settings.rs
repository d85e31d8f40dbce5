//! Settings of the whole machine that the kubelet changes, and their return.

use std::fs;

use anyhow::Result;

const CHANGED: [&str; 4] = [
    "kernel/panic",
    "kernel/panic_on_oops",
    "vm/overcommit_memory",
    "vm/panic_on_oom",
];

/// What they were; dropping it puts that back.
pub(super) struct Settings(Vec<(String, String)>);

impl Settings {
    pub(super) fn kept() -> Result<Self> {
        let each = CHANGED.iter().map(|name| format!("/proc/sys/{name}"));
        let read = each.map(|file| Ok((file.clone(), fs::read_to_string(file)?)));
        Ok(Self(read.collect::<Result<_>>()?))
    }
}

impl Drop for Settings {
    fn drop(&mut self) {
        for (file, value) in &self.0 {
            let _ = fs::write(file, value);
        }
    }
}

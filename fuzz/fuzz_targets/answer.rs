#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| tlsmon_fuzz::answer::check(bytes));

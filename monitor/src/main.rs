//! The `tlsmon` command.

fn main() {}

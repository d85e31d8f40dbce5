//! nginx, unpacked from Debian's package into the cache: installing the package would start a web server on the machine.

use std::path::PathBuf;

use super::{Item, debian};
use crate::command::find;
use crate::paths;

/// The nginx to run: the machine's own, else the one that setup unpacked.
pub fn program() -> PathBuf {
    find("nginx").unwrap_or_else(|| folder().join("usr/sbin/nginx"))
}

fn folder() -> PathBuf {
    paths::cache().join("nginx")
}

pub(super) fn item() -> Item {
    Item {
        name: "nginx".into(),
        why: "a server that refuses unknown names with an alert; unpacked, not installed, so that no service starts",
        present: program().is_file(),
        install: Box::new(|| debian::unpack(&["nginx"], &folder())),
    }
}

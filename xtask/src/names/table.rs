//! The Rust text of a table.

use std::fmt::Write as _;

use anyhow::{Result, bail};

use super::registry::{Names, Registry};

/// The whole file that a registry gives.
pub(super) fn text(registry: &Registry) -> Result<String> {
    let names = registry.shown()?;
    refuse_twins(registry, &names)?;
    let mut text = format!(
        "//! {}. Made by `cargo xtask names` from `registry/`: change it there.\n\n\
         #[rustfmt::skip]\n\
         pub(super) const TABLE: &super::Table<{}> = &[\n",
        registry.title, registry.code
    );
    for (code, name) in names {
        writeln!(text, "    ({}, {name:?}),", shown(registry, code))?;
    }
    text.push_str("];\n");
    Ok(text)
}

/// One byte in decimal, more in hexadecimal; long numbers in groups of four digits.
fn shown(registry: &Registry, code: u64) -> String {
    match registry.code {
        "u8" => code.to_string(),
        "u16" => format!("{code:#06x}"),
        _ if code <= 0xffff => format!("{code:#x}"),
        _ => format!("0x{}", grouped(code)),
    }
}

fn grouped(code: u64) -> String {
    let groups = [48, 32, 16, 0].map(|shift| format!("{:04x}", code >> shift & 0xffff));
    let leading = groups.iter().take_while(|group| *group == "0000").count();
    groups.get(leading..).unwrap_or_default().join("_")
}

/// Two code points with one name could not be told apart where the name is shown.
fn refuse_twins(registry: &Registry, names: &Names) -> Result<()> {
    let mut seen = std::collections::BTreeMap::new();
    for (code, name) in names {
        if let Some(other) = seen.insert(name, code) {
            bail!(
                "{}: {other} and {code} are both called {name}",
                registry.file
            );
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_numbers_are_grouped() {
        assert_eq!(grouped(0x00ff_73db), "00ff_73db");
        assert_eq!(grouped(0x4143_4142_1337_0002), "4143_4142_1337_0002");
    }
}

//! Writes what the kernel programs follow; every part may change while they run.

use std::net::IpAddr;

use aya::Ebpf;
use aya::maps::lpm_trie::{Key, LpmTrie};
use aya::maps::{Array, Map, MapData, MapError};
use ipnet::IpNet;
use monitor_common::abi::{Config, MATCH_ALLOW, MATCH_ANY_PORT, MATCH_DENY, name};

use super::{LiveConfig, LiveError};
use crate::ports::PortSet;

type Prefixes = LpmTrie<MapData, [u8; 16], u32>;

/// What the kernel programs follow.
pub struct Settings {
    config: Config,
    configs: Array<MapData, Config>,
    ports: Array<MapData, u64>,
    allow: Prefixes,
    deny: Prefixes,
}

impl Settings {
    /// Takes the maps and writes the settings that capture starts with.
    pub(super) fn take(programs: &mut Ebpf, config: &LiveConfig) -> Result<Self, LiveError> {
        let mut settings = Self {
            config: initial(config),
            configs: take(programs, name::CONFIG)?,
            ports: take(programs, name::PORTS)?,
            allow: take(programs, name::ALLOW)?,
            deny: take(programs, name::DENY)?,
        };
        settings.set_ports(&config.ports)?;
        settings.set_lists(&config.allow, &config.deny)?;
        Ok(settings)
    }

    /// Follows these ports from now on; flows that are already followed go on.
    pub fn set_ports(&mut self, ports: &PortSet) -> Result<(), LiveError> {
        for (index, word) in (0..).zip(ports.words()) {
            self.ports
                .set(index, word, 0)
                .map_err(|source| LiveError::Map {
                    map: name::PORTS,
                    source,
                })?;
        }
        Ok(())
    }

    /// Follows one new connection in `rate` from now on.
    pub fn set_sample_rate(&mut self, rate: u32) -> Result<(), LiveError> {
        self.config.sample_rate = rate.max(1);
        self.write()
    }

    /// Follows from now on new connections with an end in `allow`, where it is not empty, and none in `deny`.
    pub fn set_lists(&mut self, allow: &[IpNet], deny: &[IpNet]) -> Result<(), LiveError> {
        replace(&mut self.allow, allow).map_err(|source| LiveError::Map {
            map: name::ALLOW,
            source,
        })?;
        replace(&mut self.deny, deny).map_err(|source| LiveError::Map {
            map: name::DENY,
            source,
        })?;
        self.config.matching &= !(MATCH_ALLOW | MATCH_DENY);
        self.config.matching |= if allow.is_empty() { 0 } else { MATCH_ALLOW };
        self.config.matching |= if deny.is_empty() { 0 } else { MATCH_DENY };
        self.write()
    }

    fn write(&mut self) -> Result<(), LiveError> {
        self.configs
            .set(0, self.config, 0)
            .map_err(|source| LiveError::Map {
                map: name::CONFIG,
                source,
            })
    }
}

fn initial(config: &LiveConfig) -> Config {
    Config {
        matching: if config.any_port { MATCH_ANY_PORT } else { 0 },
        sample_rate: config.sample_rate.max(1),
        bytes_per_direction: config.bytes_per_direction,
        wake_bytes: config.ring_bytes / 8,
        ..Config::DEFAULT
    }
}

fn replace(prefixes: &mut Prefixes, networks: &[IpNet]) -> Result<(), MapError> {
    let old: Vec<_> = prefixes.keys().collect::<Result<_, _>>()?;
    let new: Vec<_> = networks.iter().map(prefix).collect();
    for key in &new {
        prefixes.insert(key, 1, 0)?;
    }
    let stays = |old: &Key<[u8; 16]>| {
        new.iter()
            .any(|key| key.prefix_len() == old.prefix_len() && key.data() == old.data())
    };
    for key in old.iter().filter(|key| !stays(key)) {
        prefixes.remove(key)?;
    }
    Ok(())
}

/// A network as the kernel programs compare it: IPv4 as mapped into IPv6.
fn prefix(network: &IpNet) -> Key<[u8; 16]> {
    let length = u32::from(network.prefix_len());
    match network.network() {
        IpAddr::V4(address) => Key::new(96 + length, address.to_ipv6_mapped().octets()),
        IpAddr::V6(address) => Key::new(length, address.octets()),
    }
}

/// Takes a map out of the loaded object.
pub(super) fn take<T: TryFrom<Map, Error = MapError>>(
    programs: &mut Ebpf,
    name: &'static str,
) -> Result<T, LiveError> {
    let map = programs.take_map(name).ok_or(LiveError::Missing(name))?;
    T::try_from(map).map_err(|source| LiveError::Map { map: name, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_of_both_families_become_prefixes_of_sixteen_bytes() {
        let v4 = prefix(&"10.4.0.0/14".parse().unwrap());
        assert_eq!(
            (v4.prefix_len(), v4.data()),
            (110, [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 4, 0, 0])
        );
        let v6 = prefix(&"2001:db8::/32".parse().unwrap());
        assert_eq!(
            (v6.prefix_len(), v6.data()[..4].to_vec()),
            (32, vec![0x20, 0x01, 0x0d, 0xb8])
        );
    }
}

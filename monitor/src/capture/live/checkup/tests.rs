use super::*;

/// An interface that is read again and again.
struct Device(Reading);

impl Device {
    fn new(name: &str, is_pod: bool) -> Self {
        Self(Reading {
            index: 7,
            name: name.to_owned(),
            is_pod,
            device: Packets::default(),
            seen: Some(Packets::default()),
        })
    }

    /// So many packets came in and went out, of which the programs saw so many.
    fn pass(&mut self, passed: [u64; 2], saw: [u64; 2]) {
        let add = |packets: &mut Packets, [received, sent]: [u64; 2]| {
            packets.received += received;
            packets.sent += sent;
        };
        add(&mut self.0.device, passed);
        add(self.0.seen.as_mut().unwrap(), saw);
    }
}

fn rounds(device: &mut Device, rounds: &[([u64; 2], [u64; 2])]) -> Vec<Round> {
    let mut checkup = Checkup::default();
    let mut all = vec![checkup.round(std::slice::from_ref(&device.0))];
    for (passed, saw) in rounds {
        device.pass(*passed, *saw);
        all.push(checkup.round(std::slice::from_ref(&device.0)));
    }
    all
}

fn found(rounds: &[Round]) -> Vec<(&str, HookState)> {
    let findings = rounds.iter().flat_map(|round| &round.findings);
    findings
        .map(|finding| (finding.hook.as_str(), finding.now))
        .collect()
}

#[test]
fn a_program_that_sees_none_of_many_packets_is_silent_until_it_sees_one() {
    let mut eth0 = Device::new("eth0", false);
    let rounds = rounds(
        &mut eth0,
        &[
            ([50, 50], [20, 50]),
            ([50, 50], [0, 50]),
            ([50, 50], [0, 50]),
            ([0, 0], [0, 0]),
            ([50, 50], [1, 50]),
        ],
    );
    let told = [
        ("eth0 ingress", HookState::Silent),
        ("eth0 ingress", HookState::Running),
    ];
    assert_eq!(found(&rounds), told);
    assert_eq!(rounds[3].silent, ["eth0 ingress"]);
    assert_eq!(
        rounds[4].counts.of(false, HookState::Silent),
        1,
        "silence needs evidence to end"
    );
    assert_eq!(rounds[5].counts.all(HookState::Running), 2);
}

#[test]
fn counts_that_differ_or_come_late_are_no_silence() {
    let mut nic = Device::new("eth0", false);
    // GRO makes one packet of many; and the device may tell of a burst when it is over.
    let rounds = rounds(
        &mut nic,
        &[
            ([4000, 100], [90, 4000]),
            ([0, 0], [300, 300]),
            ([300, 300], [0, 0]),
            ([0, 0], [0, 0]),
        ],
    );
    assert_eq!(found(&rounds), []);
}

#[test]
fn a_slow_trickle_that_is_never_seen_is_silence_too() {
    let mut eth0 = Device::new("eth0", false);
    let rounds = rounds(&mut eth0, &[([3, 0], [0, 0]); 8]);
    assert_eq!(found(&rounds), [("eth0 ingress", HookState::Silent)]);
    assert!(rounds[6].findings.is_empty(), "15 packets are not enough");
}

#[test]
fn an_idle_hook_stays_idle() {
    let mut eth0 = Device::new("eth0", false);
    let rounds = rounds(&mut eth0, &[([0, 0], [0, 0]); 4]);
    assert_eq!(rounds[4].counts.all(HookState::Idle), 2);
    assert_eq!(found(&rounds), []);
}

#[test]
fn a_silent_program_is_put_in_front_again_ever_more_seldom() {
    let mut eth0 = Device::new("eth0", false);
    let rounds = rounds(&mut eth0, &[([100, 0], [0, 0]); 200]);
    let renewals: Vec<_> = rounds
        .iter()
        .enumerate()
        .filter(|(_, round)| round.renew == [7])
        .map(|(at, _)| at - 1)
        .collect();
    assert_eq!(renewals, [1, 2, 4, 8, 16, 32, 64, 128, 192]);
}

#[test]
fn a_pod_that_is_reached_past_its_interface_is_one_sided_and_nobody_is_blamed() {
    let mut veth = Device::new("lxc1", true);
    let around = ([100, 1], [100, 1]);
    let through = ([100, 90], [100, 90]);
    let rounds = rounds(&mut veth, &[around, around, through]);
    let told = [
        ("lxc1 egress", HookState::OneSided),
        ("lxc1 egress", HookState::Running),
    ];
    assert_eq!(found(&rounds), told);
    assert_eq!(rounds[2].counts.of(true, HookState::OneSided), 1);
}

#[test]
fn what_only_sends_on_a_card_is_nothing_special() {
    let mut eth0 = Device::new("eth0", false);
    let rounds = rounds(&mut eth0, &[([100, 0], [100, 0]); 4]);
    assert_eq!(found(&rounds), []);
}

#[test]
fn an_interface_that_shares_its_place_is_not_judged() {
    let mut veth = Device::new("veth1", true);
    veth.0.seen = None;
    let mut checkup = Checkup::default();
    checkup.round(std::slice::from_ref(&veth.0));
    veth.0.device.received = 1000;
    let round = checkup.round(std::slice::from_ref(&veth.0));
    assert_eq!(round.counts.all(HookState::Unchecked), 2);
    assert_eq!(checkup.round(&[]).counts, HookCounts::default());
}

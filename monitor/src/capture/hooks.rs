//! Whether the programs run on the hooks where they are attached.

/// What is known of the program on a hook.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum HookState {
    /// Nothing has passed yet that would show it.
    #[default]
    Idle,
    /// It sees packets.
    Running,
    /// Packets pass and it sees none of them.
    Silent,
    /// Of a pod's interface: packets come from the pod, and those to it take another way, as with host routing.
    OneSided,
    /// Its packets are counted together with another interface's.
    Unchecked,
}

impl HookState {
    /// Every state, in the order in which they are counted.
    pub const ALL: [Self; 5] = [
        Self::Idle,
        Self::Running,
        Self::Silent,
        Self::OneSided,
        Self::Unchecked,
    ];

    /// The word for it.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Running => "running",
            Self::Silent => "silent",
            Self::OneSided => "one_sided",
            Self::Unchecked => "unchecked",
        }
    }
}

/// How many hooks are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HookCounts([[usize; HookState::ALL.len()]; 2]);

impl HookCounts {
    /// How many hooks of a direction are in this state.
    pub fn of(&self, egress: bool, state: HookState) -> usize {
        let counts = self.0.get(usize::from(egress));
        counts
            .and_then(|counts| counts.get(state as usize))
            .copied()
            .unwrap_or_default()
    }

    /// How many hooks of both directions are in this state.
    pub fn all(&self, state: HookState) -> usize {
        self.of(false, state) + self.of(true, state)
    }

    /// One more hook in this state.
    pub fn add(&mut self, egress: bool, state: HookState) {
        let counts = self.0.get_mut(usize::from(egress));
        if let Some(count) = counts.and_then(|counts| counts.get_mut(state as usize)) {
            *count += 1;
        }
    }
}

/// The word for a direction.
#[must_use]
pub const fn direction(egress: bool) -> &'static str {
    if egress { "egress" } else { "ingress" }
}

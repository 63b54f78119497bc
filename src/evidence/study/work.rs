//! The commands that compute.

/// A command that computes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Work {
    /// One replicate.
    Run,
    /// Many.
    Ensemble,
    /// The macroscopic equation.
    Limit,
    /// The sweep.
    Converge,
}

impl Work {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Run, Self::Ensemble, Self::Limit, Self::Converge];

    /// The word of the command line.
    pub fn word(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Ensemble => "ensemble",
            Self::Limit => "limit",
            Self::Converge => "converge",
        }
    }

    /// Whether no other command needs `key`.
    pub fn owns(self, key: &str) -> bool {
        self != Self::Run && key.split_once('.').is_some_and(|(section, _)| section == self.word())
    }
}

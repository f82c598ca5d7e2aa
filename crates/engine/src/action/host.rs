//! The functions that host actions.

use serde::{Deserialize, Serialize};

/// A function that hosts actions, cut by what it may reach.
///
/// A row never holds it: which function hosts an action is looked up when a step is handed out, so that a run of before
/// an action was moved can still be gone on with and taken back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Host {
    /// Where data and traffic go.
    Endpoint,
    /// Switches.
    Flag,
    /// How much traffic.
    Traffic,
    /// Looks and judges, and never writes.
    Validate,
    /// Which version runs.
    Version,
}

impl Host {
    /// All of them, by name.
    pub const ALL: [Self; 5] = [Self::Endpoint, Self::Flag, Self::Traffic, Self::Validate, Self::Version];

    /// Its name: as the state machine looks it up, and what the function is called after the stack's name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Endpoint => "endpoint",
            Self::Flag => "flag",
            Self::Traffic => "traffic",
            Self::Validate => "validate",
            Self::Version => "version",
        }
    }
}

impl std::fmt::Display for Host {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_host_is_written_as_it_is_called_and_all_are_listed_by_name() {
        for host in Host::ALL {
            assert_eq!(serde_json::to_value(host).expect("writes"), host.as_str());
        }
        assert!(Host::ALL.map(Host::as_str).is_sorted_by(|one, other| one < other));
    }
}

//! What the deployments of an environment say: what is under way, and which version of a profile is deployed.

use aws_sdk_appconfig::types::{DeploymentState, DeploymentSummary, EnvironmentState};
use backout_engine::{clock::Timestamp, duration::Duration};

/// The environment's latest deployment and the profile's current one.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct History {
    /// The number of the environment's latest deployment, of whichever profile; 0 if there was none.
    pub(super) latest: i32,
    /// A deployment that is under way.
    pub(super) under_way: Option<UnderWay>,
    /// The deployment whose version of the profile is in force.
    pub(super) current: Option<Current>,
}

/// A deployment that has not ended.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct UnderWay {
    /// What to tell people.
    pub(super) says: String,
    /// When it is worth looking again.
    pub(super) again_in: Duration,
}

/// A completed deployment.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Current {
    /// Its number.
    pub(super) number: i32,
    /// The version of the profile.
    pub(super) version: String,
    /// When it completed.
    pub(super) completed_at: Option<Timestamp>,
}

impl History {
    /// Takes in one more deployment; AppConfig lists them newest first. Answers whether older ones still matter.
    pub(super) fn older(&mut self, deployment: &DeploymentSummary, profile_id: &str) -> bool {
        let state = deployment.state();
        self.latest = self.latest.max(deployment.deployment_number());
        if !has_ended(state) {
            self.under_way.get_or_insert_with(|| under_way(deployment));
        }
        // One that was rolled back or reverted is not in force: the one before it is.
        if deployment.configuration_profile_id() == Some(profile_id) && state == Some(&DeploymentState::Complete) {
            self.current = Some(Current {
                number: deployment.deployment_number(),
                version: deployment.configuration_version().unwrap_or_default().to_owned(),
                completed_at: deployment.completed_at().and_then(|at| Timestamp::new(at.secs(), 0).ok()),
            });
        }
        self.current.is_none()
    }
}

/// Whether a deployment has ended. A state that is not known here counts as under way.
const fn has_ended(state: Option<&DeploymentState>) -> bool {
    matches!(state, Some(DeploymentState::Complete | DeploymentState::RolledBack | DeploymentState::Reverted))
}

/// Whether an environment takes a new deployment: it may also rest rolled back or reverted.
pub(super) const fn is_ready(state: Option<&EnvironmentState>) -> bool {
    matches!(
        state,
        Some(EnvironmentState::ReadyForDeployment | EnvironmentState::RolledBack | EnvironmentState::Reverted)
    )
}

fn under_way(deployment: &DeploymentSummary) -> UnderWay {
    let state = deployment.state().map_or("under way", DeploymentState::as_str);
    let profile = deployment.configuration_name().unwrap_or("an unknown profile");
    let minutes = deployment.deployment_duration_in_minutes() + deployment.final_bake_time_in_minutes();
    UnderWay {
        says: format!("deployment {} of {profile} is {state}", deployment.deployment_number()),
        again_in: Duration::seconds(if minutes == 0 { 2 } else { 15 }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn deployment(number: i32, profile: &str, version: &str, state: DeploymentState) -> DeploymentSummary {
        DeploymentSummary::builder()
            .deployment_number(number)
            .configuration_profile_id(profile)
            .configuration_name(format!("{profile}-name"))
            .configuration_version(version)
            .state(state)
            .build()
    }

    fn history(newest_first: &[DeploymentSummary]) -> History {
        let mut history = History::default();
        for deployment in newest_first {
            if !history.older(deployment, "flags") {
                break;
            }
        }
        history
    }

    #[test]
    fn what_was_taken_back_or_belongs_to_others_is_not_in_force() {
        let found = history(&[
            deployment(5, "other", "9", DeploymentState::Complete),
            deployment(4, "flags", "8", DeploymentState::RolledBack),
            deployment(3, "flags", "7", DeploymentState::Reverted),
            deployment(2, "flags", "6", DeploymentState::Complete),
            deployment(1, "flags", "5", DeploymentState::Complete),
        ]);
        assert_eq!(found.latest, 5);
        assert_eq!(found.under_way, None);
        assert_eq!(found.current.map(|current| (current.number, current.version)), Some((2, "6".into())));
    }

    #[test]
    fn a_deployment_of_another_profile_is_waited_for_too() {
        let found = history(&[
            deployment(2, "other", "3", DeploymentState::Baking),
            deployment(1, "flags", "1", DeploymentState::Complete),
        ]);
        assert_eq!(found.under_way.expect("under way").says, "deployment 2 of other-name is BAKING");
    }

    #[test]
    fn a_state_of_tomorrow_is_not_taken_for_an_end() {
        assert!(!has_ended(Some(&DeploymentState::from("PAUSED"))));
        assert!(!has_ended(None));
        assert!(!is_ready(Some(&EnvironmentState::from("FROZEN"))));
        assert!(is_ready(Some(&EnvironmentState::Reverted)));
    }

    #[test]
    fn nothing_deployed_is_nothing_in_force() {
        assert_eq!(history(&[]), History::default());
    }
}

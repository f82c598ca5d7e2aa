//! The actions that flip switches: AppConfig feature flags, EventBridge rules and SSM parameters.

mod appconfig_flag;
mod events_rule;
mod ssm_parameter;

use backout_aws::Cloud;
use backout_engine::carry_out::Actions;

/// What this function hosts.
pub fn actions(cloud: &Cloud) -> Actions {
    Actions::new()
        .change(appconfig_flag::Flags::new(cloud))
        .change(events_rule::Rule::new(cloud))
        .change(ssm_parameter::Parameter::new(cloud))
}

#[cfg(test)]
mod tests {
    #[test]
    fn hosts_what_the_catalogue_says() {
        backout_aws::testing::assert_hosts(backout_engine::action::Host::Flag, super::actions);
    }
}

//! The actions that say how much traffic is let through: throttles of REST APIs.

mod apigateway_throttle;

use backout_aws::Cloud;
use backout_engine::carry_out::Actions;

/// What this function hosts.
pub fn actions(cloud: &Cloud) -> Actions {
    Actions::new().change(apigateway_throttle::Throttle::new(cloud))
}

#[cfg(test)]
mod tests {
    #[test]
    fn hosts_what_the_catalogue_says() {
        backout_aws::testing::assert_hosts(backout_engine::action::Host::Traffic, super::actions);
    }
}

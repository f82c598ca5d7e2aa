//! The actions that say where data and traffic go: environments of functions, integrations of REST APIs.

mod apigateway_integration;
mod lambda_environment;

use backout_aws::Cloud;
use backout_engine::carry_out::Actions;

/// What this function hosts.
pub fn actions(cloud: &Cloud) -> Actions {
    Actions::new()
        .change(apigateway_integration::Integration::new(cloud))
        .change(lambda_environment::Environment::new(cloud))
}

#[cfg(test)]
mod tests {
    #[test]
    fn hosts_what_the_catalogue_says() {
        backout_aws::testing::assert_hosts(backout_engine::action::Host::Endpoint, super::actions);
    }
}

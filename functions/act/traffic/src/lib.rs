//! The actions that say how much traffic is let through: throttles of REST APIs.

mod apigateway_throttle;
mod in_time;

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
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("runtime");
        let cloud = runtime.block_on(backout_aws::Cloud::with_names("table", "bucket", "stack"));
        let mut hosted = super::actions(&cloud).names();
        hosted.sort_unstable();
        let listed: Vec<_> = backout_catalogue::CATALOGUE
            .0
            .iter()
            .filter(|entry| entry.function == "traffic")
            .map(|entry| entry.uses)
            .collect();
        assert_eq!(hosted, listed);
    }
}

//! The actions that flip switches: AppConfig feature flags and EventBridge rules.

mod appconfig_flag;
mod events_rule;
mod in_time;

use backout_aws::Cloud;
use backout_engine::carry_out::Actions;

/// What this function hosts.
pub fn actions(cloud: &Cloud) -> Actions {
    Actions::new().change(appconfig_flag::Flags::new(cloud)).change(events_rule::Rule::new(cloud))
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
            .filter(|entry| entry.function == "flag")
            .map(|entry| entry.uses)
            .collect();
        assert_eq!(hosted, listed);
    }
}

//! The checks. Each reads and judges once; waiting is the engine's business. Missing data is inconclusive, never healthy.
//!
//! | action | file |
//! |---|---|
//! | `appconfig/flags` | `appconfig_flags.rs` |
//! | `http/health` | `http_health.rs` |
//! | `lambda/probe` | `lambda_probe.rs` |
//! | `lambda/state` | `lambda_state.rs` |
//! | `logs/count` | `logs_count.rs` |
//! | `timestream-influxdb/status` | `timestream_influxdb_status.rs` |
//! | `timestream/query` | `timestream_query.rs` |

use backout_aws::Cloud;
use backout_engine::carry_out::Actions;

mod appconfig_flags;
mod http_health;
mod lambda_probe;
mod lambda_state;
mod logs_count;
#[cfg(test)]
mod testing;
mod timestream_influxdb_status;
mod timestream_query;

/// The actions of this function.
pub fn actions(cloud: &Cloud) -> Actions {
    Actions::new()
        .check(appconfig_flags::Flags::new(cloud))
        .check(http_health::Health)
        .check(lambda_probe::Probe::new(cloud))
        .check(lambda_state::Functions::new(cloud))
        .check(logs_count::Count::new(cloud))
        .check(timestream_influxdb_status::InstanceStatus::new(cloud))
        .check(timestream_query::Query::new(cloud))
}

#[cfg(test)]
mod tests {
    #[test]
    fn hosts_what_the_catalogue_says() {
        backout_aws::testing::assert_hosts(backout_engine::action::Host::Validate, super::actions);
    }
}

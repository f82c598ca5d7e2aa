//! The catalogue: what every action is. Its name, its parameters and their schema, its resource, its host function.
//!
//! It knows no AWS, so a plan can be validated anywhere. What an action *does* stands in its function.

use backout_engine::action::{Catalogue, Entry};

mod aliases;
mod apigateway_integration;
mod apigateway_throttle;
mod appconfig_flag;
mod appconfig_flags;
mod events_rule;
mod http_health;
mod lambda_code;
mod lambda_environment;
mod lambda_invoke;
mod lambda_probe;
mod lambda_state;
mod logs_count;
mod names;
mod reach;
mod s3_object;
mod sfn_definition;
mod ssm_parameter;
mod texts;
mod timestream_influxdb_status;
mod timestream_query;

pub use aliases::*;
pub use apigateway_integration::*;
pub use apigateway_throttle::*;
pub use appconfig_flag::*;
pub use appconfig_flags::*;
pub use events_rule::*;
pub use http_health::*;
pub use lambda_code::*;
pub use lambda_environment::*;
pub use lambda_invoke::*;
pub use lambda_probe::*;
pub use lambda_state::*;
pub use logs_count::*;
pub use reach::REACHES;
pub use s3_object::*;
pub use sfn_definition::*;
pub use ssm_parameter::*;
pub use timestream_influxdb_status::*;
pub use timestream_query::*;

/// Every action there is, by name.
pub const CATALOGUE: Catalogue = Catalogue(&[
    Entry::of::<ApigatewayIntegration>(),
    Entry::of::<ApigatewayThrottle>(),
    Entry::of::<AppconfigFlag>(),
    Entry::of::<AppconfigFlags>(),
    Entry::of::<EventsRule>(),
    Entry::of::<HttpHealth>(),
    Entry::of::<LambdaCode>(),
    Entry::of::<LambdaEnvironment>(),
    Entry::of::<LambdaInvoke>(),
    Entry::of::<LambdaProbe>(),
    Entry::of::<LambdaState>(),
    Entry::of::<LogsCount>(),
    Entry::of::<SfnDefinition>(),
    Entry::of::<SsmParameter>(),
    Entry::of::<TimestreamInfluxdbStatus>(),
    Entry::of::<TimestreamQuery>(),
]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_sorted_and_of_the_form_service_thing() {
        let names: Vec<_> = CATALOGUE.0.iter().map(|entry| entry.uses).collect();
        assert!(names.is_sorted_by(|a, b| a < b), "{names:?}");
        for name in names {
            assert_eq!(name.matches('/').count(), 1, "{name}");
            assert!(name.chars().all(|c| c.is_ascii_lowercase() || "-/0123456789".contains(c)), "{name}");
        }
    }

    #[test]
    fn each_action_says_what_it_does() {
        for entry in CATALOGUE.0 {
            assert!(entry.about.ends_with('.'), "{}: {}", entry.uses, entry.about);
        }
    }

    #[test]
    fn each_parameter_is_documented_and_unknown_ones_are_refused() {
        for entry in CATALOGUE.0 {
            let mut generator = schemars::SchemaGenerator::default();
            entry.schema(&mut generator);
            for (name, schema) in generator.definitions() {
                let Some(properties) = schema.get("properties").and_then(|found| found.as_object()) else { continue };
                assert_eq!(schema.get("additionalProperties"), Some(&false.into()), "{}: {name}", entry.uses);
                for (property, schema) in properties {
                    assert!(schema.get("description").is_some(), "{}: {name}.{property}", entry.uses);
                }
            }
        }
    }
}

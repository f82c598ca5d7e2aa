//! The region that the caller means.

use aws_config::SdkConfig;

use crate::{
    error::{CliError, WhatFailed},
    layout::verbatim,
    profiles,
};

/// The region; a name that cannot be one is found out here, and not deep within the first call.
///
/// # Errors
/// `no-region`; and `no-credentials` when none is found because the profile is not.
pub async fn find(config: &SdkConfig) -> Result<String, CliError> {
    let region = config.region().map(ToString::to_string).filter(|region| !region.is_empty());
    let Some(region) = region else {
        // A profile that is not there has no region either, and that is not what has to be mended.
        profiles::load().await?;
        return Err(CliError::out_of_reach(WhatFailed::NoRegion, "no AWS region is configured")
            .help("set AWS_REGION, or AWS_PROFILE to a profile that has one"));
    };
    if is_label(&region) { Ok(region) } else { Err(no_region(&region)) }
}

/// What a region's name is made of: it becomes part of a host's name.
fn is_label(region: &str) -> bool {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
    (1..=63).contains(&region.len()) && region.chars().all(fits) && !region.starts_with('-') && !region.ends_with('-')
}

fn no_region(region: &str) -> CliError {
    let is_it = |variable: &&str| std::env::var(variable).is_ok_and(|value| value == region);
    let by = ["AWS_REGION", "AWS_DEFAULT_REGION"].into_iter().find(is_it);
    let by = by.map_or_else(|| format!("the `region` of the profile `{}`", profiles::in_use()), str::to_owned);
    let help = match region.trim() {
        near if is_label(near) => format!("did you mean `{near}`?"),
        _ => "write it like eu-west-1".into(),
    };
    CliError::out_of_reach(WhatFailed::NoRegion, format!("{by} is `{}`, which is no region", verbatim(region)))
        .help(help)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_regions_name_can_be_part_of_a_hosts_name() {
        for fine in ["eu-west-1", "us-gov-east-1", "local"] {
            assert!(is_label(fine), "{fine}");
        }
        for wrong in ["us-east-1 ", "us-east-1\r", "us east", "", "-x", "x-", "eu_west_1", "eu-west-1.evil.example"] {
            assert!(!is_label(wrong), "{wrong}");
        }
    }
}

//! `lambda/code`: which package a function runs.

use backout_engine::{
    action::{Calls, Host, Kind, Nature, On},
    resource::Resource,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    aliases::Aliases,
    names::{BUCKET, function_fault},
    reach::keys,
    reach::{
        DECRYPT_ARTIFACTS, ENCRYPT_EVIDENCE, FIND_EVIDENCE, FUNCTIONS, KEEP_EVIDENCE, READ_ARTIFACTS,
        READ_ARTIFACTS_FULLY,
    },
    s3_object::S3Object,
};

/// Gives a function another package of code.
#[derive(Debug)]
pub struct LambdaCode;

/// The parameters of `lambda/code`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct LambdaCodeWith {
    /// The function, by name or ARN, e.g. `influxdb_loader`. Without version or alias: the code of a published
    /// version never changes.
    pub function: String,
    /// The package, a zip in S3, e.g. `s3://deployments/rollback/loader-v5.zip`.
    pub s3: S3Object,
    /// The version of that object; the current one if nothing is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// What an alias of the function means: whoever invokes through it keeps getting the version that it points to.
    #[serde(default)]
    pub aliases: Aliases,
}

impl Kind for LambdaCode {
    const USES: &'static str = "lambda/code";
    const NATURE: Nature = Nature::Change;
    const HOST: Host = Host::Version;
    const ABOUT: &'static str = "Gives a Lambda function another package of code from S3; the package it had is kept.";
    const RESOURCE: &'static str = "the function";
    const SERIALISED: &'static str =
        "the function: while one update of its code or its configuration is under way, Lambda refuses the next";
    const CALLS: &'static [Calls] = &[
        Calls::of(
            "ReadFunctions",
            "Lambda",
            &["GetFunction", "GetFunctionCodeSigningConfig", "GetFunctionConfiguration", "ListAliases"],
            On::Listed(&FUNCTIONS),
        ),
        Calls::of("ReplaceCode", "Lambda", &["UpdateFunctionCode"], On::Listed(&FUNCTIONS)),
        keys(
            "UseKeysOfPackages",
            &["Decrypt", "GenerateDataKey*"],
            "lambda",
            "the function's package is encrypted with a key of yours",
        ),
        READ_ARTIFACTS,
        READ_ARTIFACTS_FULLY,
        DECRYPT_ARTIFACTS,
        KEEP_EVIDENCE,
        FIND_EVIDENCE,
        ENCRYPT_EVIDENCE,
    ];
    type With = LambdaCodeWith;

    fn resource(with: &LambdaCodeWith) -> Resource {
        Resource::function(&with.function)
    }

    fn summary(with: &LambdaCodeWith) -> String {
        format!("run {} in {}", with.s3.file_name(), function_name(&with.function))
    }

    fn faults(with: &LambdaCodeWith) -> Vec<String> {
        let mut faults: Vec<_> = function_fault("function", &with.function).into_iter().collect();
        faults.extend(BUCKET.fault("s3", with.s3.bucket()));
        faults.extend(qualifier(&with.function).map(|qualifier| {
            format!(
                "`function` names the version or alias `{qualifier}`, whose code cannot be changed: \
                 write `{}`",
                function_name(&with.function)
            )
        }));
        faults
    }
}

/// The function's name, of a name or ARN with or without a qualifier.
pub(crate) fn function_name(name_or_arn: &str) -> &str {
    let name = name_or_arn.split_once(":function:").map_or(name_or_arn, |(_, rest)| rest);
    name.split(':').next().unwrap_or(name)
}

/// The version or alias that a name or ARN ends in, if it has one.
pub(crate) fn qualifier(name_or_arn: &str) -> Option<&str> {
    let name = name_or_arn.split_once(":function:").map_or(name_or_arn, |(_, rest)| rest);
    name.split_once(':').map(|(_, qualifier)| qualifier)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with(function: &str) -> LambdaCodeWith {
        serde_json::from_value(json!({"function": function, "s3": "s3://b/rollback/loader-v5.zip"})).expect("reads")
    }

    #[test]
    fn says_what_it_does_to_which_function() {
        let with = with("arn:aws:lambda:us-east-1:123456789012:function:loader");
        assert_eq!(LambdaCode::summary(&with), "run loader-v5.zip in loader");
        assert_eq!(LambdaCode::resource(&with).as_str(), "lambda:function/loader");
        assert!(LambdaCode::faults(&with).is_empty());
    }

    #[test]
    fn a_published_version_or_alias_is_refused() {
        for function in ["loader:live", "arn:aws:lambda:us-east-1:123456789012:function:loader:live"] {
            assert_eq!(
                LambdaCode::faults(&with(function)),
                ["`function` names the version or alias `live`, whose code cannot be changed: write `loader`"]
            );
        }
    }
}

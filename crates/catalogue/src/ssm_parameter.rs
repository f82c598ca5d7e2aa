//! `ssm/parameter`: sets the value of an SSM parameter.

use backout_engine::{
    action::{Calls, Host, Kind, Nature, On},
    plan::wrong_parameter_name,
    resource::Resource,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::reach::PARAMETERS;

/// Sets the value of an SSM parameter.
#[derive(Debug, Clone, Copy)]
pub struct SsmParameter;

/// The parameters of `ssm/parameter`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SsmParameterWith {
    /// The parameter's name, with its path. It has to exist, and to be no SecureString: a plan holds no secrets.
    #[schemars(example = &"/orders/content-bucket")]
    pub name: String,
    /// The value it is to have; of a StringList, its items with commas between them.
    pub value: String,
}

/// The most bytes that a value may have: an advanced parameter's. A standard one has half of it.
const LARGEST: usize = 8192;

impl Kind for SsmParameter {
    const USES: &'static str = "ssm/parameter";
    const NATURE: Nature = Nature::Change;
    const HOST: Host = Host::Flag;
    const ABOUT: &'static str = "Sets the value of an SSM parameter.";
    const RESOURCE: &'static str = "the parameter";
    const SERIALISED: &'static str =
        "the parameter: every `PutParameter` overwrites it, and it has no revision that would refuse a second change";
    const CALLS: &'static [Calls] = &[
        Calls::of("SetParameters", "SSM", &["GetParameter", "PutParameter"], On::Listed(&PARAMETERS)),
        Calls::of(
            "DescribeParameters",
            "SSM",
            &["DescribeParameters"],
            On::EverythingOnce(&PARAMETERS, "the list of parameters has no resource"),
        ),
    ];
    type With = SsmParameterWith;

    fn resource(with: &SsmParameterWith) -> Resource {
        Resource::new("ssm", "parameter", [with.name.trim_start_matches('/')])
    }

    fn summary(with: &SsmParameterWith) -> String {
        // The name only: a value may be nobody's business.
        format!("set parameter {}", with.name)
    }

    fn faults(with: &SsmParameterWith) -> Vec<String> {
        let SsmParameterWith { name, value } = with;
        let mut faults = Vec::new();
        if name.starts_with("arn:") {
            faults.push("`name` is an ARN: write the parameter's name, as `/path/name`".into());
        } else if let Some(why) = wrong_parameter_name(name).filter(|_| !name.contains('‹')) {
            faults.push(format!("`name`: `{name}` {why}"));
        } else if let Some(word) = reserved(name) {
            faults.push(format!("`name`: `{name}` begins with `{word}`, which AWS keeps for parameters of its own"));
        }
        if value.is_empty() {
            faults.push("`value` is empty, which SSM refuses".into());
        }
        if value.split_once("{{").is_some_and(|(_, rest)| rest.contains("}}")) {
            faults.push("`value` has double braces, which SSM refuses: a parameter cannot refer to another".into());
        }
        if value.len() > LARGEST {
            faults.push(format!("`value` has {} bytes: a parameter holds at most {LARGEST}", value.len()));
        }
        faults
    }
}

/// The word with which no name of a user's parameter begins, or no path's first part is called so, whatever its capitals.
fn reserved(name: &str) -> Option<&'static str> {
    let small = name.to_ascii_lowercase();
    let is_so = |word: &&str| match small.strip_prefix('/') {
        Some(path) => path.split('/').next() == Some(*word),
        None => small.starts_with(*word),
    };
    ["aws", "ssm"].into_iter().find(is_so)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(name: &str, value: &str) -> SsmParameterWith {
        SsmParameterWith { name: name.into(), value: value.into() }
    }

    #[test]
    fn the_summary_tells_no_value() {
        assert_eq!(SsmParameter::summary(&with("/a/b", "s3cret")), "set parameter /a/b");
        assert_eq!(SsmParameter::resource(&with("/a/b", "x")).as_str(), "ssm:parameter/a/b");
        assert!(SsmParameter::faults(&with("/a/b", "x")).is_empty());
        assert!(SsmParameter::faults(&with("plain", "x")).is_empty());
    }

    #[test]
    fn what_ssm_would_refuse_is_refused_first() {
        let said = |name: &str, value: &str| SsmParameter::faults(&with(name, value)).join("; ");
        assert!(said("arn:aws:ssm:us-east-1:123456789012:parameter/a", "x").contains("write the parameter's name"));
        assert!(said("/a b", "x").contains("is not a parameter's name"));
        assert!(said("", "x").contains("is not a parameter's name"));
        assert!(said("a/b", "x").contains("write `/a/b`"));
        assert!(said("/a/b/", "x").contains("like `/a/b`"));
        for reserved in ["awsfoo", "SSMfoo", "/aws/x", "/Ssm/foo", "/AWS"] {
            assert!(said(reserved, "x").contains("which AWS keeps for parameters of its own"), "{reserved}");
        }
        for free in ["/awesome/x", "/orders/aws", "my-ssm", "/‹inputs.stage›/x y"] {
            assert_eq!(said(free, "x"), "", "{free}");
        }
        assert!(said("/a", "{{ssm:/b}}").contains("double braces"));
        assert_eq!(said("/a", "{\"a\": {\"b\": 1}}"), "");
        assert!(said("/a", "").contains("is empty"));
        assert!(said("/a", &"x".repeat(LARGEST + 1)).contains("8193 bytes"));
    }
}

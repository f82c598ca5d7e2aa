//! `appconfig/flags`: are feature flags, as clients are given them, as they should be?
//!
//! Asked through the data plane, because that is what clients see: while a deployment is under way, or was taken back,
//! it says so before anybody has to know about deployments.

use aws_sdk_appconfigdata::Client;
use backout_aws::{Cloud, Vocabulary, Word, fault};
use backout_catalogue::{AppconfigFlags, AppconfigFlagsWith};
use backout_engine::{
    action::{At, Check, Finding, Verdict},
    fault::Fault,
    plan::nearest,
};
use serde_json::{Map, Value};

mod served;

/// Retrieves flags and compares them.
pub(crate) struct Flags {
    client: Client,
}

impl Flags {
    pub(crate) fn new(cloud: &Cloud) -> Self {
        Self { client: Client::new(cloud.reads()) }
    }

    /// What a new client is given.
    async fn retrieve(&self, with: &AppconfigFlagsWith) -> Result<served::Flags, Fault> {
        let what = format!("{}/{}/{}", with.application, with.environment, with.profile);
        let doing = format!("retrieve the flags of {what}");
        let session = self
            .client
            .start_configuration_session()
            .application_identifier(&with.application)
            .environment_identifier(&with.environment)
            .configuration_profile_identifier(&with.profile)
            .send()
            .await
            .map_err(|error| CODES.explain(fault(&doing, error), &what))?;
        let latest = self
            .client
            .get_latest_configuration()
            .set_configuration_token(session.initial_configuration_token)
            .send()
            .await
            .map_err(|error| CODES.explain(fault(&doing, error), &what))?;
        let content = latest.configuration.unwrap_or_else(|| aws_sdk_appconfigdata::primitives::Blob::new(""));
        served::flags(content.as_ref()).ok_or_else(|| {
            Fault::refused(format!("what is deployed for {what} is no document of feature flags"))
                .with_advice("name a configuration profile of type AWS.AppConfig.FeatureFlags")
        })
    }
}

impl Check for Flags {
    type Kind = AppconfigFlags;

    async fn judge(&self, at: &At<'_, AppconfigFlagsWith>) -> Result<Verdict, Fault> {
        verdict(at.with, &self.retrieve(at.with).await?)
    }
}

fn verdict(with: &AppconfigFlagsWith, deployed: &served::Flags) -> Result<Verdict, Fault> {
    let mut found = Map::new();
    let (mut wrong, mut mixed) = (Vec::new(), Vec::new());
    for (flag, &wanted) in &with.flags {
        let Some(variants) = deployed.get(flag) else { return Err(unknown(flag, deployed)) };
        let variants = variants.iter().copied().collect::<Option<Vec<_>>>().filter(|variants| !variants.is_empty());
        let variants = variants.ok_or_else(|| {
            Fault::refused(format!(
                "flag {flag} does not say whether it is enabled; is the profile one of feature flags?"
            ))
        })?;
        match (variants.contains(&wanted), variants.contains(&!wanted)) {
            (true, true) => {
                mixed.push(format!("{flag} has variants, and is on for some clients and off for others"));
                found.insert(flag.clone(), Value::Null);
                continue;
            }
            (true, false) => {}
            (false, _) => wrong.push(format!("{flag} is {}, wanted {}", word(!wanted), word(wanted))),
        }
        found.insert(flag.clone(), variants.contains(&true).into());
    }
    let verdict = if !wrong.is_empty() {
        Verdict::new(Finding::Fail, wrong.join("; "))
    } else if !mixed.is_empty() {
        Verdict::new(Finding::Inconclusive, mixed.join("; "))
    } else {
        let seen: Vec<_> = with.flags.iter().map(|(flag, &on)| format!("{flag} is {}", word(on))).collect();
        Verdict::new(Finding::Pass, seen.join(", "))
    };
    Ok(verdict.observing("flags", found))
}

const fn word(on: bool) -> &'static str {
    if on { "on" } else { "off" }
}

fn unknown(flag: &str, deployed: &served::Flags) -> Fault {
    let mut names: Vec<_> = deployed.keys().map(String::as_str).collect();
    names.sort_unstable();
    let advice = match nearest(flag, names.iter().copied()) {
        Some(meant) => format!("did you mean `{meant}`? There are {}", names.join(", ")),
        None => format!("there are {}", names.join(", ")),
    };
    Fault::refused(format!("no flag {flag} is deployed")).with_advice(advice)
}

/// What a person can do about a refused call.
const CODES: Vocabulary = Vocabulary(&[
    Word::new("ResourceNotFoundException", DEPLOYED),
    Word::new("BadRequestException", DEPLOYED),
    Word::new(
        "AccessDeniedException",
        "let the validate function retrieve {}: the stack's parameter AppConfigArns says which it may",
    ),
]);

const DEPLOYED: &str = "look whether application, environment and profile {} exist and something is deployed there";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::judge;
    use backout_aws::testing::cloud;
    use serde_json::json;

    async fn look(flags: Value, deployed: &'static str) -> Result<Verdict, Fault> {
        let (cloud, _) = cloud(move |asked| {
            if asked.what.starts_with("POST /configurationsessions") {
                (201, json!({"InitialConfigurationToken": "token-1"}).to_string())
            } else if asked.what.starts_with("GET /configuration?configuration_token=token-1") {
                (200, deployed.to_owned())
            } else {
                (404, "{}".into())
            }
        });
        let with = json!({"application": "app", "environment": "prod", "profile": "flags", "flags": flags});
        judge(&Flags::new(&cloud), &serde_json::from_value(with).expect("reads")).await
    }

    const DEPLOYED: &str = r#"{"use_influxdb": {"enabled": false}, "search": {"enabled": true, "limit": 5}}"#;

    #[tokio::test]
    async fn flags_are_compared_as_clients_get_them() {
        let verdict = look(json!({"use_influxdb": false, "search": true}), DEPLOYED).await.expect("a verdict");
        assert_eq!((verdict.finding, verdict.says.as_str()), (Finding::Pass, "search is on, use_influxdb is off"));
        assert_eq!(verdict.observed["flags"], json!({"use_influxdb": false, "search": true}));
        let verdict = look(json!({"use_influxdb": true}), DEPLOYED).await.expect("a verdict");
        assert_eq!((verdict.finding, verdict.says.as_str()), (Finding::Fail, "use_influxdb is off, wanted on"));
    }

    #[tokio::test]
    async fn a_flag_with_variants_spoils_none_of_the_others() {
        let ion = concat!(
            "use_influxdb::\"{\\\"enabled\\\":false}\"\n",
            "search::[[(eq \"$c\" \"GB\"), \"{\\\"enabled\\\":true}\"], \"{\\\"enabled\\\":false}\"]\n",
            "theme::[[(eq \"$c\" \"GB\"), \"{\\\"enabled\\\":true}\"], \"{\\\"enabled\\\":true}\"]\n",
        );
        let verdict = look(json!({"use_influxdb": false}), ion).await.expect("a verdict");
        assert_eq!((verdict.finding, verdict.says.as_str()), (Finding::Pass, "use_influxdb is off"));
        let verdict = look(json!({"theme": true}), ion).await.expect("a verdict");
        assert_eq!((verdict.finding, verdict.observed["flags"].clone()), (Finding::Pass, json!({"theme": true})));
        let verdict = look(json!({"theme": false, "search": true}), ion).await.expect("a verdict");
        assert_eq!((verdict.finding, verdict.says.as_str()), (Finding::Fail, "theme is on, wanted off"));
        let verdict = look(json!({"use_influxdb": false, "search": false}), ion).await.expect("a verdict");
        assert_eq!(verdict.finding, Finding::Inconclusive);
        assert_eq!(verdict.says, "search has variants, and is on for some clients and off for others");
        assert_eq!(verdict.observed["flags"], json!({"use_influxdb": false, "search": null}));
    }

    #[tokio::test]
    async fn an_unknown_flag_is_refused_with_the_nearest_name() {
        let fault = look(json!({"use_influx_db": false}), DEPLOYED).await.expect_err("unknown");
        assert!(fault.advice.is_some_and(|advice| advice.starts_with("did you mean `use_influxdb`?")));
    }

    #[tokio::test]
    async fn what_is_no_document_of_flags_is_refused() {
        for deployed in ["", "plain text", "[]", r#"{"search": "on"}"#] {
            assert!(look(json!({"search": true}), deployed).await.is_err(), "{deployed}");
        }
    }
}

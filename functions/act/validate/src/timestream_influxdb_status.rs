//! `timestream-influxdb/status`: how an InfluxDB instance is.
//!
//! The service gives an instance by id only, so the list, which has the status too, serves names and ids alike.

use aws_sdk_timestreaminfluxdb::{Client, types::DbInstanceSummary};
use backout_aws::{Cloud, fault};
use backout_catalogue::{INSTANCE_NOT_FOUND, TimestreamInfluxdbStatus, TimestreamInfluxdbStatusWith};
use backout_engine::{
    action::{At, Check, Finding, Verdict},
    fault::Fault,
};

/// Looks up the status of an instance.
pub(crate) struct InstanceStatus {
    client: Client,
}

impl InstanceStatus {
    pub(crate) fn new(cloud: &Cloud) -> Self {
        Self { client: Client::new(cloud.reads()) }
    }
}

impl Check for InstanceStatus {
    type Kind = TimestreamInfluxdbStatus;

    async fn judge(&self, at: &At<'_, TimestreamInfluxdbStatusWith>) -> Result<Verdict, Fault> {
        let mut pages = self.client.list_db_instances().into_paginator().items().send();
        let mut names = Vec::new();
        while let Some(instance) = pages.next().await {
            let instance = instance.map_err(|error| fault("list the InfluxDB instances", error))?;
            if [instance.name(), instance.id()].contains(&at.with.instance.as_str()) {
                return Ok(verdict(at.with, &instance));
            }
            names.push(instance.name().to_owned());
        }
        Ok(absent(at.with, &names))
    }
}

fn verdict(with: &TimestreamInfluxdbStatusWith, instance: &DbInstanceSummary) -> Verdict {
    // A status that is not told is not known to be ready.
    let status = instance.status().map_or("UNKNOWN", |status| status.as_str());
    let verdict = judged(with, status, format!("{} is {status}", with.instance)).observing("id", instance.id());
    match instance.endpoint() {
        Some(endpoint) => verdict.observing("endpoint", endpoint),
        None => verdict,
    }
}

fn absent(with: &TimestreamInfluxdbStatusWith, names: &[String]) -> Verdict {
    let there = match names {
        [] => "there is none in this account and region".to_owned(),
        names => format!("there are {}", names.join(", ")),
    };
    judged(with, INSTANCE_NOT_FOUND, format!("there is no InfluxDB instance {}; {there}", with.instance))
}

fn judged(with: &TimestreamInfluxdbStatusWith, status: &str, seen: String) -> Verdict {
    let well = with.expect.iter().any(|wanted| wanted == status);
    let verdict = if well {
        Verdict::new(Finding::Pass, seen)
    } else {
        Verdict::new(Finding::Fail, format!("{seen}, wanted {}", with.expect.join(" or ")))
    };
    verdict.observing("found", status)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::judge;
    use backout_aws::testing::cloud;
    use serde_json::{Value, json};

    async fn look(with: Value) -> Verdict {
        let (cloud, _) = cloud(|_| {
            let instance =
                json!({"id": "abc", "name": "prod", "arn": "arn:x", "status": "FAILED", "endpoint": "prod.example"});
            (200, json!({"items": [instance]}).to_string())
        });
        judge(&InstanceStatus::new(&cloud), &serde_json::from_value(with).expect("reads")).await.expect("a verdict")
    }

    #[tokio::test]
    async fn a_failed_instance_fails_unless_that_is_what_the_plan_is_for() {
        let verdict = look(json!({"instance": "prod"})).await;
        assert_eq!((verdict.finding, verdict.says.as_str()), (Finding::Fail, "prod is FAILED, wanted AVAILABLE"));
        let verdict = look(json!({"instance": "prod", "expect": ["FAILED", "NOT_FOUND"]})).await;
        assert_eq!((verdict.finding, verdict.says.as_str()), (Finding::Pass, "prod is FAILED"));
        assert_eq!(verdict.observed["endpoint"], "prod.example");
    }

    #[tokio::test]
    async fn it_is_found_by_id_too() {
        assert_eq!(look(json!({"instance": "abc"})).await.observed["found"], "FAILED");
    }

    #[tokio::test]
    async fn an_instance_that_is_gone_is_a_finding() {
        let verdict = look(json!({"instance": "lost"})).await;
        assert_eq!(verdict.finding, Finding::Fail);
        assert!(verdict.says.contains("there is no InfluxDB instance lost; there are prod"), "{}", verdict.says);
        assert_eq!(look(json!({"instance": "lost", "expect": ["NOT_FOUND"]})).await.finding, Finding::Pass);
    }
}

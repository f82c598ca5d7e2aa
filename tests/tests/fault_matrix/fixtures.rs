//! What each action of the catalogue is tried with: a use of it on the example platform that needs every call it has.

use backout_catalogue::CATALOGUE;
use backout_engine::{
    action::{Entry, Nature},
    duration::Duration,
    journal::Step,
};
use backout_tests::LocalCloud;
use serde_json::{Value, json};

/// One use of an action.
pub struct Fixture {
    /// The action.
    pub uses: &'static str,
    /// What is special about this use of it, where an action has several.
    pub name: &'static str,
    with: fn(&Platform) -> Value,
    /// Of a later step on the same resource.
    later: Option<fn(&Platform) -> Value>,
    /// How long a check may wait to pass.
    within: Option<Duration>,
    /// Done before its cases.
    pub given: fn(&LocalCloud),
    /// Where its journal is.
    pub journal: Kept,
}

/// Where a journal is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    /// In memory, so that only the calls of the action are AWS calls.
    Memory,
    /// In the stack's table.
    Table,
}

/// What the example has by ids.
pub struct Platform {
    api: String,
    url: String,
}

const fn change(
    uses: &'static str,
    name: &'static str,
    with: fn(&Platform) -> Value,
    later: fn(&Platform) -> Value,
) -> Fixture {
    Fixture { uses, name, with, later: Some(later), within: None, given: |_| (), journal: Kept::Memory }
}

const fn check(uses: &'static str, with: fn(&Platform) -> Value) -> Fixture {
    Fixture { uses, name: "", with, later: None, within: None, given: |_| (), journal: Kept::Memory }
}

const fn command(name: &'static str, with: fn(&Platform) -> Value) -> Fixture {
    Fixture { uses: "lambda/invoke", name, with, later: None, within: None, given: a_log_group, journal: Kept::Memory }
}

pub const FIXTURES: &[Fixture] = &[
    change(
        "appconfig/flag",
        "",
        |_| flags(json!({"enable_maintenance_mode": true, "use_influxdb": false, "enable_flux_queries": false})),
        |_| flags(json!({"enable_maintenance_mode": false})),
    ),
    change(
        "events/rule",
        "pattern and state",
        |_| json!({"name": RULE, "state": "enabled", "pattern": {"source": ["aws.s3"], "detail-type": ["Object Created"]}}),
        |_| json!({"name": RULE, "state": "disabled"}),
    ),
    change(
        "events/rule",
        "state",
        |_| json!({"name": RULE, "state": "enabled"}),
        |_| json!({"name": RULE, "state": "disabled"}),
    ),
    change(
        "apigateway/integration",
        "",
        |platform| {
            json!({"api": platform.api, "stage": "prod", "integrations": [
                {"path": "/query", "method": "POST", "function": "timestream_query_processor"},
                {"path": "/health", "method": "GET", "function": "structured_data_processor"},
            ]})
        },
        |platform| {
            json!({"api": platform.api, "stage": "prod", "integrations": [
                {"path": "/query", "method": "POST", "function": "rag_query_processor"},
            ]})
        },
    ),
    change(
        "lambda/environment",
        "",
        |_| {
            json!({"function": "rag_query_processor", "remove": ["MAX_SOURCES"],
                   "set": {"USE_INFLUXDB": "false", "TIMESTREAM_DATABASE_NAME": "ons_energy_data"}})
        },
        |_| json!({"function": "rag_query_processor", "set": {"USE_INFLUXDB": "perhaps"}}),
    ),
    change(
        "apigateway/throttle",
        "",
        |platform| json!({"api": platform.api, "stage": "prod", "rate": 1, "burst": 1}),
        |platform| json!({"api": platform.api, "stage": "prod", "rate": 10, "burst": 10}),
    ),
    Fixture {
        journal: Kept::Table,
        ..change(
            "apigateway/throttle",
            "journal in DynamoDB",
            |platform| json!({"api": platform.api, "stage": "prod", "rate": 1, "burst": 1}),
            |platform| json!({"api": platform.api, "stage": "prod", "rate": 10, "burst": 10}),
        )
    },
    change("lambda/code", "", |_| code("timestream_loader-v5"), |_| code("rag_query_processor-v4")),
    change(
        "sfn/definition",
        "",
        |_| {
            json!({"state_machine": "ons-data-pipeline",
                   "s3": "s3://ons-lambda-deployments/rollback-configs/timestream-state-machine.json"})
        },
        |_| {
            json!({"state_machine": "ons-data-pipeline",
                   "definition": {"StartAt": "A", "States": {"A": {"Type": "Pass", "End": true}}}})
        },
    ),
    command("may be repeated", |_| json!({"function": PROBED, "payload": {"probe": true}, "repeat": "safe"})),
    command("never repeated", |_| json!({"function": PROBED, "payload": {"probe": true}, "repeat": "never"})),
    Fixture {
        journal: Kept::Table,
        ..command(
            "never repeated, journal in DynamoDB",
            |_| json!({"function": PROBED, "payload": {"probe": true}, "repeat": "never"}),
        )
    },
    check("appconfig/flags", |_| {
        json!({"application": "ons-platform", "environment": "production", "profile": "feature-flags",
               "flags": {"enable_maintenance_mode": false, "use_influxdb": true}})
    }),
    // To it no answer is an answer: what passes by itself is passed over while it waits.
    Fixture {
        given: a_request,
        within: Some(Duration::seconds(30)),
        ..check(
            "http/health",
            |platform| json!({"url": format!("{}/health", platform.url), "expect": {"status": [200, 503]}}),
        )
    },
    Fixture {
        given: a_log_group,
        ..check("lambda/probe", |_| {
            json!({"function": PROBED, "event": {"probe": true},
                   "expect": {"contains": {"ok": true, "backend": "timestream"}}})
        })
    },
    check("lambda/state", |_| json!({"functions": ["influxdb_loader", "rag_query_processor"]})),
    Fixture {
        given: some_logs,
        ..check("logs/count", |_| {
            json!({"group": LOG_GROUP, "pattern": "ERROR", "at_most": 5, "traffic_at_least": 1,
                   "traffic_pattern": "completed"})
        })
    },
    check("timestream-influxdb/status", |_| json!({"instance": "ons-influxdb-prod", "expect": ["FAILED"]})),
    check("timestream/query", |_| json!({"query": "SELECT 1", "expect": {"equals": 1}})),
];

const RULE: &str = "ons-data-platform-timestream-processing";
const PROBED: &str = "timestream_query_processor";
const LOG_GROUP: &str = "fault-matrix";

fn flags(flags: Value) -> Value {
    json!({"application": "ons-platform", "environment": "production", "profile": "feature-flags",
           "strategy": "backout-immediate", "flags": flags, "settle": "5s"})
}

fn code(artifact: &str) -> Value {
    json!({"function": "influxdb_loader", "s3": format!("s3://ons-lambda-deployments/rollback-versions/{artifact}.zip")})
}

/// The first invocation of a function makes its log group.
fn a_log_group(cloud: &LocalCloud) {
    let lambda = aws_sdk_lambda::Client::new(cloud.config());
    let probe = aws_sdk_lambda::primitives::Blob::new(r#"{"probe": true}"#);
    cloud.wait(lambda.invoke().function_name(PROBED).payload(probe).send()).expect("an answer");
}

/// So does the first request of an API.
fn a_request(cloud: &LocalCloud) {
    cloud.get(&format!("{}/health", cloud.output("ons-data-platform", "url")));
}

/// Two requests that went well and an error, an hour from now: since whenever a check begins.
fn some_logs(cloud: &LocalCloud) {
    let logs = aws_sdk_cloudwatchlogs::Client::new(cloud.config());
    if cloud.wait(logs.create_log_group().log_group_name(LOG_GROUP).send()).is_err() {
        return;
    }
    cloud.wait(logs.create_log_stream().log_group_name(LOG_GROUP).log_stream_name("s").send()).expect("a stream");
    let soon = jiff::Timestamp::now().as_millisecond() + 60 * 60 * 1000;
    let events = ["completed", "ERROR", "completed"].map(|message| {
        aws_sdk_cloudwatchlogs::types::InputLogEvent::builder()
            .timestamp(soon)
            .message(message)
            .build()
            .expect("an event")
    });
    let put = logs.put_log_events().log_group_name(LOG_GROUP).log_stream_name("s").set_log_events(Some(events.into()));
    cloud.wait(put.send()).expect("written");
}

impl Platform {
    pub fn of(cloud: &LocalCloud) -> Self {
        let output = |name| cloud.output("ons-data-platform", name);
        Self { api: output("rest_api_id"), url: output("url") }
    }
}

impl Fixture {
    /// Its step.
    pub fn step(&self, platform: &Platform) -> Step {
        Step { within: self.within, ..planned(self.uses, "step", 0, (self.with)(platform)) }
    }

    /// What its action does.
    pub fn nature(&self) -> Nature {
        entry(self.uses).nature
    }

    /// A later one on the same resource.
    pub fn later(&self, platform: &Platform) -> Option<Step> {
        self.later.map(|with| planned(self.uses, "later", 1, with(platform)))
    }

    /// As it is called in what is printed, and by whoever wants it alone.
    pub fn title(&self) -> String {
        if self.name.is_empty() { self.uses.to_owned() } else { format!("{} ({})", self.uses, self.name) }
    }
}

fn entry(uses: &str) -> &'static Entry {
    CATALOGUE.find(uses).unwrap_or_else(|| panic!("the catalogue has no {uses}"))
}

fn planned(uses: &str, id: &str, stage: usize, with: Value) -> Step {
    let entry = entry(uses);
    let looked = entry.look(&with).expect("parameters of the action's form");
    assert_eq!(looked.faults, [""; 0], "{uses}");
    Step {
        with,
        resource: Some(looked.resource),
        // Long enough for a lost invocation's time and for a write to show after it; short for what never passes.
        timeout: Duration::seconds(180),
        ..Step::planned(id.parse().expect("an id"), entry, stage)
    }
}

//! Looking at the cloud.

use std::{
    collections::BTreeMap,
    io::{Read, Write},
    net::TcpStream,
    thread::sleep,
    time::{Duration, Instant},
};

use backout_engine::action::Host;
use serde::Deserialize;
use serde_json::Value;

use crate::LocalCloud;

/// What the platform goes on taking in, run or no run.
const DATA: &str = "s3/ons-data-platform-raw-prod/,s3/ons-data-platform-processed-prod/";

/// How long something may take that is sure to come, on a machine that is slow or does other things too.
const PATIENCE: Duration = Duration::from_secs(900);

/// An API call of the cloud's log.
#[derive(Debug, Clone, Deserialize)]
pub struct Call {
    /// The service, as in endpoints; `None` for what is no API call.
    pub service: Option<String>,
    /// The operation.
    pub operation: Option<String>,
    /// The function that made it.
    pub function: Option<String>,
}

impl Call {
    /// Whether a function that hosts actions made it.
    pub fn is_by_an_action(&self) -> bool {
        let host = self.function.as_deref().and_then(|function| function.strip_prefix("backout-"));
        host.is_some_and(|host| Host::ALL.iter().any(|it| it.as_str() == host))
    }
}

/// A message that a topic was sent.
#[derive(Debug, Clone, Deserialize)]
pub struct Message {
    /// The topic.
    #[serde(rename = "topic")]
    pub topic_arn: String,
    /// Its subject.
    pub subject: Option<String>,
    /// Its text.
    pub message: String,
}

impl LocalCloud {
    /// Status and body of a page of the cloud: its own pages, or the platform's API.
    pub fn get(&self, url_or_path: &str) -> (u16, String) {
        self.ask("GET", url_or_path, "")
    }

    fn ask(&self, method: &str, url_or_path: &str, content: &str) -> (u16, String) {
        let path = url_or_path.strip_prefix(self.endpoint()).unwrap_or(url_or_path);
        let host = self.endpoint().trim_start_matches("http://");
        let mut stream = TcpStream::connect(host).expect("the cloud answers");
        let length = content.len();
        write!(stream, "{method} {path} HTTP/1.0\r\nHost: {host}\r\nContent-Length: {length}\r\n\r\n{content}")
            .expect("sends");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("reads");
        let (head, body) = answer.split_once("\r\n\r\n").expect("an answer");
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
        (status, body.to_owned())
    }

    /// All of the cloud, but for versions and times; for backout's own ledger, stores and logs, to which every run adds; and
    /// for the data that the platform goes on taking in.
    pub fn snapshot(&self) -> Value {
        let (table, bucket) = (self.output("backout", "TableName"), self.output("backout", "BucketName"));
        let (status, body) =
            self.get(&format!("/_localcloud/snapshot?except=dynamodb/{table},s3/{bucket},logs,{DATA}"));
        assert_eq!(status, 200, "{body}");
        serde_json::from_str(&body).expect("JSON")
    }

    /// What differs between two snapshots, one line each.
    pub fn differences(before: &Value, after: &Value) -> Vec<String> {
        backout_engine::report::differences(before, after).iter().map(ToString::to_string).collect()
    }

    /// Has a function killed (SIGKILL) right after its next call of that operation, before it hears the answer.
    pub fn kill_after(&self, function: &str, operation: &str) {
        let armed = serde_json::json!({"on": {"operation": operation}}).to_string();
        let (status, body) = self.ask("POST", &format!("/_localcloud/functions/{function}/kill"), &armed);
        assert_eq!(status, 200, "{body}");
    }

    /// Whether every function that was to be killed has been.
    pub fn was_killed(&self, function: &str) -> bool {
        let (status, body) = self.get(&format!("/_localcloud/functions/{function}/kill"));
        assert_eq!(status, 200, "{body}");
        let told: Value = serde_json::from_str(&body).expect("JSON");
        told["armed"].as_array().is_some_and(Vec::is_empty)
    }

    /// The journal's row of a run, or of a step, as DynamoDB has it.
    pub fn journal(&self, run: &str) -> backout_engine::journal::Journal {
        use backout_engine::ledger::{Depth, Ledger as _};
        let run = run.parse().expect("a run id");
        self.wait(self.ledger().journal(&run, Depth::Full)).expect("reads").expect("a run")
    }

    /// Who holds a system.
    pub fn holder(&self, system: &str) -> Option<String> {
        use backout_engine::ledger::Ledger as _;
        let system = system.parse().expect("a system");
        let held = self.wait(self.ledger().held(&system)).expect("reads");
        held.holder.map(|lock| lock.run.to_string())
    }

    /// The ledger.
    pub fn ledger(&self) -> backout_aws::DynamoLedger {
        let (table, bucket) = (self.output("backout", "TableName"), self.output("backout", "BucketName"));
        let names = backout_aws::Names { table, bucket, stack: "backout".into() };
        backout_aws::Cloud::new(names, self.config()).ledger()
    }

    /// Starts an execution, as the console does.
    pub fn start_execution(&self, run: &str, input: &Value) {
        let client = aws_sdk_sfn::Client::new(self.config());
        let machine = self.output("backout", "StateMachineArn");
        let request = client.start_execution().state_machine_arn(machine).name(run).input(input.to_string());
        self.wait(request.send()).expect("an execution");
    }

    /// Stops an execution, as the console does.
    pub fn stop_execution(&self, run: &str) {
        let client = aws_sdk_sfn::Client::new(self.config());
        let request = client.stop_execution().execution_arn(self.execution_arn(run)).cause("tried in a test");
        self.wait(request.send()).expect("stopped");
    }

    /// Switches a rule of EventBridge off.
    pub fn disable_rule(&self, name: &str) {
        let client = aws_sdk_eventbridge::Client::new(self.config());
        self.wait(client.disable_rule().name(name).send()).expect("disabled");
    }

    /// Switches it on again.
    pub fn enable_rule(&self, name: &str) {
        let client = aws_sdk_eventbridge::Client::new(self.config());
        self.wait(client.enable_rule().name(name).send()).expect("enabled");
    }

    /// What a function answers.
    pub fn invoke(&self, function: &str, payload: &Value) -> Value {
        let client = aws_sdk_lambda::Client::new(self.config());
        let payload = aws_sdk_lambda::primitives::Blob::new(payload.to_string());
        let answer = self.wait(client.invoke().function_name(function).payload(payload).send()).expect("an answer");
        assert_eq!(answer.function_error(), None, "{answer:?}");
        serde_json::from_slice(answer.payload().expect("a payload").as_ref()).expect("JSON")
    }

    /// The log of API calls.
    pub fn calls(&self) -> Vec<Call> {
        self.page("/_localcloud/calls")
    }

    /// How many API calls the functions that act have made.
    pub fn calls_of_actions(&self) -> usize {
        self.calls().iter().filter(|call| call.is_by_an_action()).count()
    }

    /// Everything that was published to topics.
    pub fn messages(&self) -> Vec<Message> {
        self.page("/_localcloud/messages")
    }

    fn page<T: serde::de::DeserializeOwned>(&self, path: &str) -> Vec<T> {
        let (status, body) = self.get(path);
        assert_eq!(status, 200, "{body}");
        let value: Value = serde_json::from_str(&body).expect("JSON");
        let list = if let Value::Object(map) = value { map.into_values().next().expect("a list") } else { value };
        serde_json::from_value(list).expect("of that form")
    }

    /// Waits until something is so; panics if it never is.
    pub fn until<T>(&self, what: &str, mut look: impl FnMut() -> Option<T>) -> T {
        let begun = Instant::now();
        loop {
            if let Some(found) = look() {
                return found;
            }
            assert!(begun.elapsed() < PATIENCE, "never: {what}");
            sleep(Duration::from_millis(200));
        }
    }

    /// The stage's throttle: rate and burst.
    pub fn throttle(&self) -> (f64, i32) {
        let client = aws_sdk_apigateway::Client::new(self.config());
        let api = self.output("ons-data-platform", "rest_api_id");
        let stage = self.wait(client.get_stage().rest_api_id(api).stage_name("prod").send()).expect("a stage");
        let settings = stage.method_settings().and_then(|settings| settings.get("*/*")).expect("settings");
        (settings.throttling_rate_limit(), settings.throttling_burst_limit())
    }

    /// A further stage of the platform's API that serves what `prod` serves.
    pub fn add_api_stage(&self, name: &str) {
        let client = aws_sdk_apigateway::Client::new(self.config());
        let api = self.output("ons-data-platform", "rest_api_id");
        let prod = self.wait(client.get_stage().rest_api_id(&api).stage_name("prod").send()).expect("a stage");
        let made = client.create_stage().rest_api_id(api).stage_name(name).set_deployment_id(prod.deployment_id).send();
        self.wait(made).expect("a stage");
    }

    /// Somebody else allows the example's API to invoke a function, whichever method it is.
    pub fn let_api_invoke(&self, function: &str) {
        let client = aws_sdk_lambda::Client::new(self.config());
        let api = self.output("ons-data-platform", "rest_api_id");
        let request = client
            .add_permission()
            .function_name(function)
            .statement_id("the-platforms-own")
            .action("lambda:InvokeFunction")
            .principal("apigateway.amazonaws.com")
            .source_arn(format!("arn:aws:execute-api:us-east-1:123456789012:{api}/*"));
        self.wait(request.send()).expect("permission added");
    }

    /// The functions that a stage of the platform's API serves, by method and path.
    pub fn integrations(&self, stage: &str) -> BTreeMap<String, String> {
        let client = aws_sdk_apigateway::Client::new(self.config());
        let api = self.output("ons-data-platform", "rest_api_id");
        let export = client.get_export().rest_api_id(api).stage_name(stage).export_type("oas30");
        let export = self.wait(export.parameters("extensions", "integrations").send()).expect("an export");
        let document: Value = serde_json::from_slice(export.body().expect("a body").as_ref()).expect("JSON");
        let mut found = BTreeMap::new();
        for (path, methods) in document["paths"].as_object().expect("paths") {
            for (method, served) in methods.as_object().expect("methods") {
                let uri = served["x-amazon-apigateway-integration"]["uri"].as_str().unwrap_or_default();
                let function = uri.split(":function:").nth(1).and_then(|rest| rest.split(['/', ':']).next());
                found.insert(format!("{} {path}", method.to_uppercase()), function.unwrap_or(uri).to_owned());
            }
        }
        found
    }

    /// The flags as they are deployed now.
    pub fn flags(&self) -> BTreeMap<String, Value> {
        let client = aws_sdk_appconfig::Client::new(self.config());
        let (application, environment, profile) = (
            self.output("ons-data-platform", "application_id"),
            self.output("ons-data-platform", "environment_id"),
            self.output("ons-data-platform", "profile_id"),
        );
        let listed = self
            .wait(client.list_deployments().application_id(&application).environment_id(&environment).send())
            .expect("deployments");
        let newest = listed.items().iter().max_by_key(|it| it.deployment_number()).expect("a deployment");
        let deployed = self
            .wait(
                client
                    .get_deployment()
                    .application_id(&application)
                    .environment_id(environment)
                    .deployment_number(newest.deployment_number())
                    .send(),
            )
            .expect("a deployment");
        let version = deployed.configuration_version().and_then(|version| version.parse().ok()).expect("a version");
        let content = self
            .wait(
                client
                    .get_hosted_configuration_version()
                    .application_id(application)
                    .configuration_profile_id(profile)
                    .version_number(version)
                    .send(),
            )
            .expect("content");
        let document: Value = serde_json::from_slice(content.content().expect("content").as_ref()).expect("JSON");
        serde_json::from_value(document["values"].clone()).expect("values")
    }

    /// The hash of a function's code, and its environment.
    pub fn function(&self, name: &str) -> (String, BTreeMap<String, String>) {
        let client = aws_sdk_lambda::Client::new(self.config());
        let found = self.wait(client.get_function_configuration().function_name(name).send()).expect("a function");
        let variables =
            found.environment().and_then(|environment| environment.variables()).cloned().unwrap_or_default();
        (found.code_sha256().expect("a hash").to_owned(), variables.into_iter().collect())
    }

    /// The status of a run's execution, its error and its cause.
    pub fn execution(&self, run: &str) -> (String, Option<String>, Option<String>) {
        let found = self.describe(run);
        (found.status().as_str().to_owned(), found.error().map(str::to_owned), found.cause().map(str::to_owned))
    }

    fn describe(&self, run: &str) -> aws_sdk_sfn::operation::describe_execution::DescribeExecutionOutput {
        let client = aws_sdk_sfn::Client::new(self.config());
        self.wait(client.describe_execution().execution_arn(self.execution_arn(run)).send()).expect("an execution")
    }

    /// The ARN of a run's execution.
    pub fn execution_arn(&self, run: &str) -> String {
        let machine = self.output("backout", "StateMachineArn");
        format!("{}:{run}", machine.replace(":stateMachine:", ":execution:"))
    }

    /// Waits for a run's execution to end.
    pub fn ended(&self, run: &str) -> (String, Option<String>, Option<String>) {
        self.until(&format!("the end of {run}"), || {
            Some(self.execution(run)).filter(|(status, ..)| status != "RUNNING")
        })
    }

    /// The types of a run's history events, in order, and the name of the state where there is one.
    pub fn history(&self, run: &str) -> Vec<(String, Option<String>)> {
        let client = aws_sdk_sfn::Client::new(self.config());
        let mut events = Vec::new();
        let mut token = None;
        loop {
            let request = client.get_execution_history().execution_arn(self.execution_arn(run)).set_next_token(token);
            let page = self.wait(request.max_results(1000).send()).expect("a history");
            events.extend(page.events().iter().map(|event| {
                let state = event.state_entered_event_details().map(|details| details.name().to_owned());
                (event.r#type().as_str().to_owned(), state)
            }));
            token = page.next_token().map(str::to_owned);
            if token.is_none() {
                return events;
            }
        }
    }

    /// The report of a run.
    pub fn report(&self, run: &str) -> Value {
        let finished = self.backout(&["report", run, "--output", "json"]);
        assert_eq!(finished.code, 0, "{finished:?}");
        serde_json::from_str(&finished.stdout)
            .or_else(|_| serde_json::from_str(finished.stdout.lines().last().unwrap_or_default()))
            .expect("JSON")
    }
}

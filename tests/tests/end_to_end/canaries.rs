//! Known secrets go through every action, and are found nowhere in logs, histories, reports, messages or metrics. The
//! ledger and the evidence have them: they are the account's own stores.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails loudly, in its helpers too")]

mod canary;

use std::{
    collections::{BTreeMap, BTreeSet},
    io::{Read as _, Write as _},
    net::TcpListener,
    process::{Command, Stdio},
    thread::spawn,
};

use backout_catalogue::CATALOGUE;
use backout_engine::action::Host;
use backout_tests::LocalCloud;
use canary::Outcome;
use serde_json::{Value, json};

const SECURE: &str = r#"
name: canaries-secure
system: canary
description: Asks for what is no input.
inputs: { token: { from: "ssm:/canary/secure" } }
stages: [{ name: Never, steps: [{ id: x, uses: lambda/state, with: { functions: ["{{ inputs.token }}"] } }] }]
"#;

#[test]
fn secrets_go_through_every_action_and_are_told_nowhere() {
    // Given resources and plans full of secrets
    let cloud = LocalCloud::with_example();
    python(&cloud, &["given"], &json!(canary::all()).to_string());
    let server = server();
    let api = cloud.output("ons-data-platform", "rest_api_id");
    cloud.push("canaries.yaml", &canary::plan(Outcome::Works, &server, &api));
    cloud.push("canaries-fail.yaml", &canary::plan(Outcome::Fails, &server, &api));
    cloud.push("canaries-secure.yaml", SECURE);
    let before = cloud.snapshot();

    // When they are rehearsed, applied and undone, and when each step fails
    let outcome = |run: &str, request: Value| {
        cloud.start_execution(run, &request);
        cloud.ended(run);
        cloud.report(run)
    };
    let rehearsed = outcome("rehearsed", json!({"plan": "canaries", "mode": "rehearse"}));
    assert_eq!(rehearsed["outcome"], "rehearsed", "{rehearsed:#}");
    let applied = outcome("applied", json!({"plan": "canaries"}));
    assert_eq!(applied["outcome"], "completed", "{applied:#}");
    assert_eq!(cloud.function("canary-holder").1["CHANGED"], canary::all()["newvariable"]);
    let undone = outcome("undone", json!({"mode": "undo", "undo": "applied"}));
    let back = LocalCloud::differences(&before, &cloud.snapshot());
    assert!(back.is_empty(), "{back:#?} {undone:#}");
    let failed = outcome("failed", json!({"plan": "canaries-fail"}));
    for step in steps(&failed) {
        let well = ["applied", "passed", "in_place"].iter().any(|status| step["status"] == *status);
        assert!(!well, "it was to fail: {step:#}");
    }
    let refused = outcome("refused", json!({"plan": "canaries-secure"}));
    assert_eq!(refused["outcome"], "refused", "{refused:#}");

    // Then every action has met its secrets
    for report in [&applied, &failed] {
        let used: BTreeSet<&str> = steps(report).iter().filter_map(|step| step["uses"].as_str()).collect();
        assert_eq!(used, CATALOGUE.0.iter().map(|entry| entry.uses).collect(), "a use of it is missing in the plans");
    }
    let kept = json!(cloud.journal("applied").steps).to_string();
    for name in ["changedvariable", "newvariable", "payload", "event", "header", "body", "urlencoded"] {
        assert!(canary::found(name, &kept).is_some(), "the ledger knows {name}, or nothing else could tell it");
    }

    // And none of them is told anywhere
    let told = told(&cloud, &["rehearsed", "applied", "undone", "failed", "refused"]);
    let mut leaks = Vec::new();
    for name in canary::all().keys() {
        for (place, text) in &told {
            leaks.extend(canary::found(name, text).map(|around| format!("{name} in {place}: …{around}…")));
        }
    }
    assert!(leaks.is_empty(), "{}", leaks.join("\n\n"));
}

/// Everything that anybody is told of these runs, by place.
fn told(cloud: &LocalCloud, runs: &[&str]) -> BTreeMap<String, String> {
    let arguments: Vec<&str> = ["told"].iter().chain(runs).copied().collect();
    let mut told: BTreeMap<String, String> = serde_json::from_str(&python(cloud, &arguments, "")).expect("JSON");
    for run in runs {
        let ways: [&[&str]; 4] = [
            &["report", run],
            &["report", run, "--output", "json"],
            &["watch", run],
            &["watch", run, "--output", "json"],
        ];
        for way in ways {
            let finished = cloud.backout(way);
            assert!(!finished.stdout.is_empty(), "{finished:?}");
            told.insert(format!("backout {}", way.join(" ")), finished.stdout + &finished.stderr);
        }
        for part in ["history of ", "execution "] {
            assert!(told[&format!("{part}{run}")].contains("\"input\""), "{part}{run} has data");
        }
        for form in ["json", "md"] {
            assert!(told.contains_key(&format!("reports/{run}/report.{form}")), "{:?}", told.keys());
        }
    }
    let messages = format!("{:?}", cloud.messages());
    for run in ["applied", "undone", "failed"] {
        assert!(messages.contains(&format!("Run: {run}")), "people are told of {run}: {messages}");
    }
    told.insert("messages".into(), messages);
    for function in ["prepare", "advance", "conclude"].into_iter().chain(Host::ALL.map(Host::as_str)) {
        let place = cloud.dir().join(format!("logs/backout-{function}.log"));
        let text = std::fs::read_to_string(&place).unwrap_or_else(|error| panic!("{}: {error}", place.display()));
        assert!(!text.is_empty(), "{function} logs something");
        told.insert(format!("the log of {function}"), text);
    }
    assert!(told["the log of conclude"].contains("\"_aws\""), "metrics are written to the log");
    told
}

fn steps(report: &Value) -> Vec<&Value> {
    let stages = report["stages"].as_array().expect("stages");
    stages.iter().flat_map(|stage| stage["steps"].as_array().expect("steps")).collect()
}

/// Runs the script beside this file on the cloud.
fn python(cloud: &LocalCloud, arguments: &[&str], input: &str) -> String {
    let mut child = Command::new(cloud.root().join(".venv/bin/python"))
        .arg(cloud.root().join("tests/tests/end_to_end/canaries/cloud.py"))
        .args(arguments)
        .envs(cloud.environment())
        // Where the folders of the actions are, each with what it gives.
        .env("PYTHONPATH", cloud.root().join("tests/actions"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("`make setup` has made .venv");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("reads");
    let output = child.wait_with_output().expect("ends");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

/// A server that answers with secrets: well at `/works`, with an error elsewhere.
fn server() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut request = [0; 4096];
            let length = stream.read(&mut request).unwrap_or(0);
            let line = String::from_utf8_lossy(&request[..length]).into_owned();
            let status = if line.contains(" /works") { "200 OK" } else { "500 Internal Server Error" };
            let secret = canary::core("answer");
            let answer = format!(
                "HTTP/1.1 {status}\r\nset-cookie: {secret}\r\ncontent-length: {}\r\n\r\n{secret}",
                secret.len()
            );
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    url
}

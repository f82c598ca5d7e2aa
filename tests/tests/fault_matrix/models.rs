//! What the public service models say of a service: its protocol, and the errors of its operations. Read once, by the
//! script beside this file.

use std::{
    collections::BTreeMap,
    io::Write as _,
    path::PathBuf,
    process::{Command, Stdio},
    sync::LazyLock,
};

use serde::Deserialize;

/// Services whose protocols no action speaks yet.
const TO_COME: [&str; 4] = ["EC2", "RDS", "Route 53", "CloudFront"];

static SERVICES: LazyLock<BTreeMap<String, Service>> = LazyLock::new(|| {
    let described = script(&TO_COME, "");
    serde_json::from_str(&described).expect("the script's form")
});

/// How a service is spoken to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    Json,
    RestJson,
    #[serde(rename = "smithy-rpc-v2-cbor")]
    Cbor,
    Query,
    Ec2,
    RestXml,
}

/// A service.
#[derive(Debug, Deserialize)]
pub struct Service {
    /// As the models and the snapshot of the local cloud name it: `apigateway`, `stepfunctions`.
    pub name: String,
    /// The first of the protocols that it speaks.
    pub protocol: Protocol,
    errors: BTreeMap<String, BTreeMap<String, (u16, String)>>,
}

impl Service {
    /// By the name that the SDK has for it: `API Gateway`, `SFN`.
    pub fn called(id: &str) -> &'static Self {
        SERVICES.get(id).unwrap_or_else(|| panic!("there is no public model of {id}"))
    }

    /// Status and code of the error of that kind that the model of the operation names, if it names one.
    pub fn error(&self, operation: &str, kind: &str) -> Option<(u16, &str)> {
        let (status, code) = self.errors.get(operation)?.get(kind)?;
        Some((*status, code))
    }
}

/// What the script prints.
pub fn script(arguments: &[&str], input: &str) -> String {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR"));
    let mut child = Command::new(root.join("../.venv/bin/python"))
        .arg(root.join("tests/fault_matrix/models.py"))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("`make setup` has made .venv");
    child.stdin.take().expect("a pipe").write_all(input.as_bytes()).expect("reads");
    let output = child.wait_with_output().expect("ends");
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).expect("text")
}

//! An AWS on this machine, and a wire to it that loses what a test tells it to lose.

#![allow(dead_code, reason = "each test file uses its part")]

use std::{
    collections::{BTreeMap, VecDeque},
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, ChildStdout, Command, Stdio},
    sync::{Arc, Mutex},
};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_runtime_api::{
    client::{
        http::{
            HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
            SharedHttpConnector,
        },
        orchestrator::HttpRequest,
        result::ConnectorError,
        runtime_components::RuntimeComponents,
    },
    shared::IntoShared,
};
use backout_aws::{Cloud, Names};

/// moto alone, which has DynamoDB and S3 and starts at once. Both servers end when their standard input does: also when
/// the test is killed.
const MOTO: &str = "
import logging, os, sys
from moto.server import ThreadedMotoServer
logging.getLogger('werkzeug').setLevel(logging.ERROR)
server = ThreadedMotoServer(ip_address='127.0.0.1', port=0, verbose=False)
server.start()
print('http://127.0.0.1:%d' % server.get_host_and_port()[1], flush=True)
sys.stdin.read()
os._exit(0)
";

/// The project's local cloud: what moto lacks as well.
const LOCAL_CLOUD: &str = "
import pathlib, sys, tempfile
from localcloud.cloud import LocalCloud
with tempfile.TemporaryDirectory() as directory, LocalCloud(pathlib.Path(directory)) as cloud:
    print(cloud.endpoint, flush=True)
    sys.stdin.read()
";

/// A running AWS with nothing in it.
pub struct Aws {
    process: Child,
    _stdout: BufReader<ChildStdout>,
    endpoint: String,
}

impl Aws {
    /// DynamoDB and S3.
    pub fn stores() -> Self {
        Self::start(MOTO)
    }

    /// Everything that the local cloud has.
    pub fn whole() -> Self {
        Self::start(LOCAL_CLOUD)
    }

    /// Starts it on a free port.
    fn start(server: &str) -> Self {
        let home = Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().find(|folder| folder.join("localcloud").is_dir());
        let home = home.expect("the repository with the folder `localcloud`");
        let python = home.join(".venv/bin/python");
        assert!(python.exists(), "this test needs {}: run `make setup`", python.display());
        let mut process = Command::new(python)
            .args(["-c", server])
            .current_dir(home)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("python starts");
        let mut stdout = BufReader::new(process.stdout.take().expect("its output"));
        let mut endpoint = String::new();
        stdout.read_line(&mut endpoint).expect("it says where it is");
        assert!(endpoint.starts_with("http://127.0.0.1:"), "the server did not start; its error is above");
        Self { process, _stdout: stdout, endpoint: endpoint.trim().to_owned() }
    }

    /// The SDK's configuration for it, over this wire.
    pub async fn config(&self, wire: &Wire) -> SdkConfig {
        let credentials = Credentials::new("test", "test", None, None, "test");
        aws_config::defaults(BehaviorVersion::latest())
            .endpoint_url(&self.endpoint)
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .http_client(wire.clone())
            .load()
            .await
    }

    /// A stack's stores in it, over this wire: an empty table and an empty bucket.
    pub async fn cloud(&self, wire: &Wire) -> Cloud {
        let config = self.config(wire).await;
        create_table(&aws_sdk_dynamodb::Client::new(&config)).await;
        let cloud =
            Cloud::new(Names { table: "ledger".into(), bucket: "stores".into(), stack: "backout".into() }, &config);
        create_bucket(&cloud.s3()).await;
        wire.forget();
        cloud
    }
}

impl Drop for Aws {
    fn drop(&mut self) {
        drop(self.process.stdin.take());
        let _ = self.process.wait();
    }
}

async fn create_table(client: &aws_sdk_dynamodb::Client) {
    use aws_sdk_dynamodb::types::{
        AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection, ProjectionType,
        ScalarAttributeType,
    };
    let key =
        |name: &str, kind| KeySchemaElement::builder().attribute_name(name).key_type(kind).build().expect("a key");
    let text = |name: &str| {
        let definition = AttributeDefinition::builder().attribute_name(name).attribute_type(ScalarAttributeType::S);
        definition.build().expect("an attribute")
    };
    let index = |name: &str, partition: &str| {
        let index = GlobalSecondaryIndex::builder()
            .index_name(name)
            .key_schema(key(partition, KeyType::Hash))
            .key_schema(key("started_at", KeyType::Range))
            .projection(Projection::builder().projection_type(ProjectionType::All).build());
        index.build().expect("an index")
    };
    client
        .create_table()
        .table_name("ledger")
        .billing_mode(BillingMode::PayPerRequest)
        .set_attribute_definitions(Some(["pk", "sk", "listing", "open", "started_at"].map(text).into()))
        .key_schema(key("pk", KeyType::Hash))
        .key_schema(key("sk", KeyType::Range))
        .global_secondary_indexes(index("runs", "listing"))
        .global_secondary_indexes(index("open", "open"))
        .send()
        .await
        .expect("a table");
}

async fn create_bucket(client: &aws_sdk_s3::Client) {
    use aws_sdk_s3::types::{BucketVersioningStatus, VersioningConfiguration};
    client.create_bucket().bucket("stores").send().await.expect("a bucket");
    let versioned = VersioningConfiguration::builder().status(BucketVersioningStatus::Enabled).build();
    let request = client.put_bucket_versioning().bucket("stores").versioning_configuration(versioned);
    request.send().await.expect("versions");
}

/// What becomes of one request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fate {
    /// It is lost on its way there: nothing happens.
    RequestLost,
    /// It is carried out, and the answer is lost.
    AnswerLost,
}

/// The way to the server. It counts the requests by operation and loses those that it is told to.
#[derive(Debug, Clone)]
pub struct Wire {
    inner: SharedHttpClient,
    fates: Arc<Mutex<BTreeMap<String, VecDeque<Fate>>>>,
    sent: Arc<Mutex<BTreeMap<String, usize>>>,
}

impl Wire {
    /// One that loses nothing.
    pub fn sound() -> Self {
        let inner = aws_smithy_http_client::Builder::new().build_http();
        Self { inner, fates: Arc::default(), sent: Arc::default() }
    }

    /// Decides on the next requests of a DynamoDB operation, attempt by attempt. Later ones arrive.
    pub fn lose(&self, operation: &str, fates: impl IntoIterator<Item = Fate>) {
        self.fates.lock().expect("no panic").insert(operation.into(), fates.into_iter().collect());
    }

    /// How many requests of an operation were sent, lost ones included.
    pub fn sent(&self, operation: &str) -> usize {
        self.sent.lock().expect("no panic").get(operation).copied().unwrap_or(0)
    }

    /// Starts counting again.
    pub fn forget(&self) {
        self.sent.lock().expect("no panic").clear();
    }
}

impl HttpClient for Wire {
    fn http_connector(&self, settings: &HttpConnectorSettings, components: &RuntimeComponents) -> SharedHttpConnector {
        Connector { inner: self.inner.http_connector(settings, components), wire: self.clone() }.into_shared()
    }
}

#[derive(Debug)]
struct Connector {
    inner: SharedHttpConnector,
    wire: Wire,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        *self.wire.sent.lock().expect("no panic").entry(operation.clone()).or_default() += 1;
        let fate = self.wire.fates.lock().expect("no panic").get_mut(&operation).and_then(VecDeque::pop_front);
        let lost = || ConnectorError::io(std::io::Error::from(std::io::ErrorKind::ConnectionReset).into());
        match fate {
            None => self.inner.call(request),
            Some(Fate::RequestLost) => HttpConnectorFuture::ready(Err(lost())),
            Some(Fate::AnswerLost) => {
                let answer = self.inner.call(request);
                HttpConnectorFuture::new(async move {
                    answer.await?;
                    Err(lost())
                })
            }
        }
    }
}

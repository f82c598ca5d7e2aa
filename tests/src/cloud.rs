//! A local cloud of one's own, stopped by its process id when the test is over.

use std::{
    collections::BTreeMap,
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use serde::Deserialize;
use tempfile::TempDir;

/// How long a cloud may take to stand, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(180);

/// What `cloud.json` says.
#[derive(Debug, Deserialize)]
struct Facts {
    endpoint: String,
    region: String,
    env: BTreeMap<String, String>,
    stacks: BTreeMap<String, BTreeMap<String, serde_json::Value>>,
}

/// A running local cloud.
pub struct LocalCloud {
    process: Child,
    dir: TempDir,
    facts: Facts,
    config: SdkConfig,
    runtime: tokio::runtime::Runtime,
}

impl LocalCloud {
    /// With the stack, the shipped plans and the example platform in its incident.
    pub fn with_example() -> Self {
        Self::up(&[], &[])
    }

    /// The same without the platform's users and data, and without delays: it stands still unless it is changed, and
    /// a change is there at once.
    pub fn at_rest() -> Self {
        Self::up(&["--at-rest"], &[("LOCALCLOUD_LAMBDA_UPDATE_SECONDS", "0")])
    }

    fn up(options: &[&str], environment: &[(&str, &str)]) -> Self {
        let root = root();
        let dir = TempDir::new().expect("a folder");
        let log = File::create(dir.path().join("up.log")).expect("a log");
        let mut process = Command::new(root.join(".venv/bin/python"))
            .args(["-m", "localcloud", "up", "--port", "0", "--dir"])
            .arg(dir.path())
            .arg("--bin-dir")
            .arg(binaries())
            .args(options)
            .envs(environment.iter().copied())
            .current_dir(&root)
            .stdin(Stdio::null())
            .stdout(log.try_clone().expect("a log"))
            .stderr(log)
            .spawn()
            .expect("`make setup` has made .venv");
        let ready = dir.path().join("cloud.json");
        let begun = Instant::now();
        while !ready.exists() {
            let ended = process.try_wait().expect("a child");
            if ended.is_some() || begun.elapsed() > PATIENCE {
                let _ = process.kill();
                let log = std::fs::read_to_string(dir.path().join("up.log")).unwrap_or_default();
                panic!("the local cloud did not come up ({ended:?}):\n{log}");
            }
            sleep(Duration::from_millis(100));
        }
        let facts: Facts = serde_json::from_slice(&std::fs::read(ready).expect("facts")).expect("facts");
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        let key = |name: &str| facts.env.get(name).cloned().unwrap_or_else(|| "test".into());
        let credentials =
            Credentials::new(key("AWS_ACCESS_KEY_ID"), key("AWS_SECRET_ACCESS_KEY"), None, None, "the local cloud");
        let loader = aws_config::defaults(BehaviorVersion::latest())
            .region(Region::new(facts.region.clone()))
            .endpoint_url(&facts.endpoint)
            .credentials_provider(credentials);
        let config = runtime.block_on(loader.load());
        Self { process, dir, facts, config, runtime }
    }

    /// An output of a stack.
    pub fn output(&self, stack: &str, name: &str) -> String {
        let value = self.facts.stacks.get(stack).and_then(|outputs| outputs.get(name));
        value.and_then(serde_json::Value::as_str).unwrap_or_else(|| panic!("{stack} has no output {name}")).to_owned()
    }

    /// Where it answers.
    pub fn endpoint(&self) -> &str {
        &self.facts.endpoint
    }

    /// For the SDK's clients.
    pub const fn config(&self) -> &SdkConfig {
        &self.config
    }

    /// The environment of a process that works on it.
    pub fn environment(&self) -> &BTreeMap<String, String> {
        &self.facts.env
    }

    /// A folder for the test's own files.
    pub fn dir(&self) -> &Path {
        self.dir.path()
    }

    /// Waits for an answer of the SDK.
    pub fn wait<T>(&self, answer: impl Future<Output = T>) -> T {
        self.runtime.block_on(answer)
    }
}

impl Drop for LocalCloud {
    fn drop(&mut self) {
        // SIGTERM lets it stop its own children; it is killed if it does not.
        let _ = Command::new("kill").arg(self.process.id().to_string()).status();
        let begun = Instant::now();
        while begun.elapsed() < Duration::from_secs(15) {
            if matches!(self.process.try_wait(), Ok(Some(_))) {
                return;
            }
            sleep(Duration::from_millis(50));
        }
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The root of the checkout.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("the workspace").to_owned()
}

/// Where the binaries under test are: beside this test's own.
pub(crate) fn binaries() -> PathBuf {
    let own = std::env::current_exe().expect("a path");
    own.ancestors().nth(2).expect("target/<profile>/deps/<test>").to_owned()
}

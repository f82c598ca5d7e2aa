//! A local cloud of one's own, stopped by its process id when the test is over.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::File,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicUsize, Ordering},
    thread::sleep,
    time::{Duration, Instant},
};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

use crate::fresh;

/// How long a cloud may take to stand, on a machine that does other things too.
const PATIENCE: Duration = Duration::from_secs(180);

/// What `cloud.json` says.
#[derive(Debug, Deserialize)]
struct Facts {
    endpoint: String,
    region: String,
    env: BTreeMap<String, String>,
    stacks: BTreeMap<String, BTreeMap<String, serde_json::Value>>,
    /// The file with the log of API calls.
    calls: PathBuf,
}

/// A call of one of the stack's functions, as `tests/permissions` reads it: once, however often it was made.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, Serialize)]
struct Made {
    function: String,
    service: String,
    operation: Option<String>,
    resource: Option<String>,
    /// The names of the request's parameters.
    parameters: BTreeSet<String>,
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
        fresh::assert_built(&root(), &binaries());
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

    /// The root of the checkout.
    pub fn root(&self) -> PathBuf {
        root()
    }

    /// Deploys the stack once more, with these parameters.
    pub fn deploy_again(&self, parameters: &[(&str, &str)]) {
        let given: BTreeMap<&str, &str> = parameters.iter().copied().collect();
        let given = serde_json::to_string(&given).expect("JSON");
        let script = format!(
            "import boto3, json, sys; from pathlib import Path; from localcloud.deploy import deploy; \
             deploy(boto3.client, Path('infra/template.yaml'), 'backout', Path(sys.argv[1]), json.loads('{given}'))"
        );
        let deployed = Command::new(root().join(".venv/bin/python"))
            .args(["-c", &script])
            .arg(binaries())
            .current_dir(root())
            .envs(self.environment())
            .output()
            .expect("`make setup` has made .venv");
        assert!(deployed.status.success(), "{}", String::from_utf8_lossy(&deployed.stderr));
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

impl LocalCloud {
    fn stop(&mut self) {
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

    /// Saves which calls the functions of the stack have made, and the outputs that tell their resources by name.
    fn keep_calls(&self) -> std::io::Result<()> {
        static CLOUDS: AtomicUsize = AtomicUsize::new(0);
        let log = std::fs::read_to_string(&self.facts.calls)?;
        // What does not parse has no function; the last line may be cut short.
        let calls = log.lines().filter_map(|line| serde_json::from_str::<Made>(line).ok());
        let made: BTreeSet<Made> = calls.filter(|call| call.function.starts_with("backout-")).collect();
        let kept = serde_json::json!({"outputs": self.facts.stacks["backout"], "calls": made});
        let folder = root().join("target/end-to-end/calls");
        std::fs::create_dir_all(&folder)?;
        let own = std::env::current_exe()?;
        let test = own.file_stem().unwrap_or_default().to_string_lossy();
        let name = format!("{test}-{}-{}.json", std::process::id(), CLOUDS.fetch_add(1, Ordering::Relaxed));
        std::fs::write(folder.join(name), kept.to_string())
    }
}

impl Drop for LocalCloud {
    fn drop(&mut self) {
        self.stop();
        if let Err(error) = self.keep_calls() {
            assert!(std::thread::panicking(), "the log of calls could not be kept: {error}");
        }
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

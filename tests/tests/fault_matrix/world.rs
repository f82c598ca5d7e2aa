//! A local cloud, and the actions on it behind a wire.

use std::{cell::RefCell, collections::VecDeque, rc::Rc};

use aws_config::{SdkConfig, stalled_stream_protection::StalledStreamProtectionConfig};
use aws_credential_types::Credentials;
use aws_smithy_async::rt::sleep::SharedAsyncSleep;
use aws_smithy_runtime_api::client::identity::SharedIdentityCache;
use backout_aws::{Cloud, DynamoLedger, Names, S3Evidence, SystemClock};
use backout_engine::{
    carry_out::{Actions, Answer, Call, Env},
    fault::Fault,
    ledger::{Ledger, memory::MemoryLedger},
};
use backout_tests::LocalCloud;
use serde_json::Value;
use tokio::sync::{Mutex, mpsc};

use super::{
    fixtures::{Fixture, Hands, Kept},
    named::Naming,
    sleep::Hurried,
    watch::{Effect, Seen},
    watched::Watched,
    whose::Own,
    wire::{Ask, Wire},
};

/// The state of the whole cloud.
pub type Snapshot = Rc<Value>;

/// How many snapshots are known again.
const KNOWN_SNAPSHOTS: usize = 8;

/// See the module.
pub struct World {
    pub cloud: LocalCloud,
    pub wire: Wire,
    /// What the wire asks of the one invocation that is at work; those inside it ask nothing.
    pub asked: Mutex<mpsc::UnboundedReceiver<Ask>>,
    evidence: S3Evidence,
    table: DynamoLedger,
    s3: aws_sdk_s3::Client,
    tables: aws_sdk_dynamodb::Client,
    /// What gives and tidies.
    pub hands: Hands,
    actions: Vec<Actions>,
    snapshots: RefCell<VecDeque<(String, Snapshot)>>,
}

impl World {
    pub fn new(cloud: LocalCloud) -> Self {
        let hands = Hands::on(&cloud);
        let names = Names {
            table: cloud.output("backout", "TableName"),
            bucket: cloud.output("backout", "BucketName"),
            stack: "backout".into(),
        };
        let own = Own { bucket: names.bucket.clone(), table: names.table.clone() };
        let (wire, asked) = Wire::new(own);
        let behind = behind(cloud.config(), &wire);
        let below = wire.clone();
        backout_http::testing::wrap(move |connector| below.plain(connector));
        let aws = Cloud::new(names, &behind);
        let functions =
            [backout_flag::actions, backout_endpoint::actions, backout_traffic::actions, backout_version::actions];
        let mut actions: Vec<_> = functions.iter().map(|actions| actions(&aws)).collect();
        actions.push(backout_validate::actions(&aws));
        Self {
            cloud,
            wire,
            asked: Mutex::new(asked),
            evidence: aws.evidence(),
            table: aws.ledger(),
            s3: aws.s3(),
            tables: aws_sdk_dynamodb::Client::new(&behind),
            hands,
            actions,
            snapshots: RefCell::default(),
        }
    }

    /// A ledger that says to the wire what the law is.
    pub fn ledger(&self, kept: Kept) -> Watched {
        let below: Box<dyn Ledger> = match kept {
            Kept::Memory => Box::new(MemoryLedger::default()),
            Kept::Table => Box::new(self.table.clone()),
        };
        Watched::new(below, self.wire.clone())
    }

    /// One invocation of the function that hosts the action.
    pub async fn carry_out(&self, ledger: &Watched, uses: &str, call: &Call) -> Result<Answer, Fault> {
        let hosts = |actions: &&Actions| actions.names().contains(&uses);
        let actions = self.actions.iter().find(hosts).expect("a function hosts it");
        let env = Env { ledger, evidence: &self.evidence, clock: &SystemClock };
        actions.carry_out(&env, call).await
    }

    /// Forgets what would make the next run another one than the first: what was kept, and whatever the action's folder
    /// says. And the rows of journals: for each query moto goes through all that its table has.
    pub async fn tidy(&self, fixture: &Fixture, seen: &[Seen]) {
        if seen.iter().any(|call| call.effect == Effect::Keep) {
            self.forget_evidence().await;
        }
        if seen.iter().any(|call| call.effect == Effect::Change) {
            self.hands.tidy(fixture);
        }
        if seen.iter().any(|call| call.effect == Effect::Journal) {
            self.forget_rows().await;
        }
    }

    async fn forget_rows(&self) {
        let table = self.cloud.output("backout", "TableName");
        let rows = self.tables.scan().table_name(&table).projection_expression("pk, sk").send().await.expect("rows");
        for key in rows.items() {
            self.tables.delete_item().table_name(&table).set_key(Some(key.clone())).send().await.expect("deleted");
        }
    }

    async fn forget_evidence(&self) {
        let bucket = self.cloud.output("backout", "BucketName");
        let kept = self.s3.list_objects_v2().bucket(&bucket).prefix("evidence/").send().await.expect("a list");
        for key in kept.contents().iter().filter_map(|object| object.key()) {
            self.s3.delete_object().bucket(&bucket).key(key).send().await.expect("deleted");
        }
    }

    /// Everything that the cloud has, apart from what backout itself keeps. One that was seen before is the same object.
    pub fn snapshot(&self) -> Snapshot {
        let own = |name| self.cloud.output("backout", name);
        let own = format!("s3/{},dynamodb/{}", own("BucketName"), own("TableName"));
        let (status, body) = self.cloud.get(&format!("/_localcloud/snapshot?except={own}"));
        assert_eq!(status, 200, "{body}");
        let mut seen = self.snapshots.borrow_mut();
        if let Some((_, snapshot)) = seen.iter().find(|(text, _)| *text == body) {
            return snapshot.clone();
        }
        let snapshot: Snapshot = Rc::new(serde_json::from_str(&body).expect("JSON"));
        if seen.len() == KNOWN_SNAPSHOTS {
            seen.pop_front();
        }
        seen.push_back((body, snapshot.clone()));
        snapshot
    }
}

fn behind(config: &SdkConfig, wire: &Wire) -> SdkConfig {
    let credentials = Credentials::new("LOCALCLOUDOPERATOR00", "local", None, None, "the local cloud");
    config
        .to_builder()
        .http_client(wire.clone())
        .identity_cache(SharedIdentityCache::new(Naming::new(credentials)))
        .sleep_impl(SharedAsyncSleep::new(Hurried))
        // It looks at its streams so often that hurried waits would be hours.
        .stalled_stream_protection(StalledStreamProtectionConfig::disabled())
        .build()
}

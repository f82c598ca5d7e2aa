//! What backout needs of AWS: the ledger on DynamoDB; plans, evidence and reports in one S3 bucket; SDK errors as
//! [`Fault`](backout_engine::fault::Fault)s; the glue between Lambda and the engine; logs and metrics.
//!
//! | to read about | go to |
//! |---|---|
//! | who retries what, names from the environment | [`Cloud`] |
//! | whether a failed call may have been carried out | [`fault()`] |
//! | services that take few calls a second | [`scarce_fault()`], [`Cloud::scarce_reads`], [`SameLook`] |
//! | whether there is time for one more call | [`in_time()`] |
//! | whose a function's last update was | [`modified_after()`] |
//! | rows, conditional writes, the lock of a system | [`DynamoLedger`] |
//! | plans, kept bytes, reports | [`Plans`], [`S3Evidence`], [`Reports`] |
//! | a function's main | [`serve`], [`serve_actions`] |

mod bucket;
mod clock;
mod cloud;
mod evidence;
mod fault;
mod fingerprints;
mod hidden;
mod in_time;
mod ledger;
pub mod metrics;
mod modified_after;
mod plans;
mod reports;
mod same_look;
mod scarce;
mod serve;
mod serve_actions;
mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
mod text;

pub use bucket::read_object;
pub use clock::SystemClock;
pub use cloud::{Cloud, ConfigError, Names, variable};
pub use evidence::S3Evidence;
pub use fault::{Vocabulary, Word, fault, fault_without, lookup_fault};
pub use fingerprints::fingerprint_key;
pub use hidden::hidden;
pub use in_time::in_time;
pub use ledger::DynamoLedger;
pub use modified_after::modified_after;
pub use plans::{ListedPlan, NOT_TEXT, Plans, StoredPlan};
pub use reports::Reports;
pub use same_look::SameLook;
pub use scarce::{scarce, scarce_fault};
pub use serve::{Failure, FailureKind, Invocation, serve};
pub use serve_actions::serve_actions;
pub use telemetry::telemetry;
pub use text::shortened;

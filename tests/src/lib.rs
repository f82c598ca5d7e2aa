//! The harness of the end-to-end tests: a local cloud with backout and the example deployed, the real command line,
//! and SDK clients to look at what became of the cloud.
//!
//! ```text
//! let cloud = LocalCloud::with_example();           // given a cloud
//! let run = cloud.backout(&["start", …]);           // when the plan runs
//! assert_eq!(cloud.throttle(), …);                  // then the cloud is so
//! ```

#![allow(clippy::expect_used, clippy::unwrap_used, clippy::panic, reason = "a harness of tests fails loudly")]

mod cloud;
mod command;
mod fresh;
mod look;
mod platform;

pub use cloud::LocalCloud;
pub use command::Finished;
pub use look::{Call, Message};
pub use platform::{FAST, PLAN};

/// The path of one of the binaries under test.
pub fn binary(name: &str) -> std::path::PathBuf {
    cloud::binaries().join(name)
}

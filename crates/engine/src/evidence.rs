//! Where bytes are kept that could not be read back later, under the hash of their content.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::fault::Fault;

/// The name of kept bytes: their SHA-256 in lower-case hex.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ContentHash(pub String);

impl ContentHash {
    /// The hash of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        use sha2::{Digest, Sha256};
        Self(Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// Where kept bytes lie in S3, for a service that fetches them itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The bucket.
    pub bucket: String,
    /// The object's key.
    pub key: String,
}

/// A store of bytes by content. Putting the same bytes twice is one object.
#[async_trait(?Send)]
pub trait Evidence {
    /// Whether these bytes are kept already.
    async fn has(&self, hash: &ContentHash) -> Result<bool, Fault>;
    /// Keeps the bytes and returns their hash.
    async fn keep(&self, bytes: Vec<u8>) -> Result<ContentHash, Fault>;
    /// Where the bytes lie.
    fn location(&self, hash: &ContentHash) -> Location;
}

//! Kept bytes in the bucket: `evidence/<sha256>`.

use async_trait::async_trait;
use backout_engine::{
    clock::Timestamp,
    evidence::{ContentHash, Evidence, Location},
    fault::Fault,
};

use crate::{bucket::Bucket, fault};

/// How old an object may be and still count as kept. The bucket's lifecycle rule deletes by age, so bytes that an
/// earlier run has kept would expire too early for this one; what is older is kept again and is young again.
const FRESH_SECONDS: i64 = 24 * 60 * 60;

/// The kept bytes.
#[derive(Debug, Clone)]
pub struct S3Evidence {
    bucket: Bucket,
}

impl S3Evidence {
    pub(crate) const fn new(bucket: Bucket) -> Self {
        Self { bucket }
    }

    /// The bytes, if they are kept (and not expired yet).
    ///
    /// # Errors
    /// When the bucket cannot be read, or the bytes are not those that were kept.
    pub async fn get(&self, hash: &ContentHash) -> Result<Option<Vec<u8>>, Fault> {
        let key = key(hash);
        let Some((bytes, _)) = self.bucket.get(&key, None).await? else { return Ok(None) };
        if ContentHash::of(&bytes) != *hash {
            return Err(Fault::refused(format!(
                "{} does not hold the bytes that its name says",
                self.bucket.uri(&key)
            )));
        }
        Ok(Some(bytes))
    }
}

#[async_trait(?Send)]
impl Evidence for S3Evidence {
    async fn has(&self, hash: &ContentHash) -> Result<bool, Fault> {
        let key = key(hash);
        let request = self.bucket.client().head_object().bucket(self.bucket.name()).key(&key);
        match request.send().await {
            Ok(object) => {
                let written = object.last_modified().map_or(i64::MIN, aws_smithy_types::DateTime::secs);
                Ok(Timestamp::now().as_second().saturating_sub(written) < FRESH_SECONDS)
            }
            Err(error) if error.as_service_error().is_some_and(|error| error.is_not_found()) => Ok(false),
            Err(error) => Err(fault(&format!("look for {}", self.bucket.uri(&key)), error)),
        }
    }

    async fn keep(&self, bytes: Vec<u8>) -> Result<ContentHash, Fault> {
        let hash = ContentHash::of(&bytes);
        // Not "if none match": writing the same bytes again is harmless, and renews their age.
        self.bucket.put(&key(&hash), "application/octet-stream", bytes).await?;
        Ok(hash)
    }

    fn location(&self, hash: &ContentHash) -> Location {
        Location { bucket: self.bucket.name().to_owned(), key: key(hash) }
    }
}

fn key(hash: &ContentHash) -> String {
    format!("evidence/{}", hash.0)
}

//! Reading what a plan wants from S3, and what was kept from the evidence.

use aws_sdk_s3::Client;
use backout_aws::{Cloud, S3Evidence, Vocabulary, Word, read_object};
use backout_catalogue::S3Object;
use backout_engine::{evidence::ContentHash, fault::Fault};

/// Reads objects from S3.
#[derive(Debug, Clone)]
pub(crate) struct Artifacts {
    s3: Client,
    evidence: S3Evidence,
}

impl Artifacts {
    pub(crate) fn new(cloud: &Cloud) -> Self {
        Self { s3: cloud.s3(), evidence: cloud.evidence() }
    }

    /// An object that a plan names, whole.
    pub(crate) async fn wanted(&self, object: &S3Object, version: Option<&str>) -> Result<Vec<u8>, Fault> {
        let shown = version.map_or_else(|| object.to_string(), |version| format!("{object} (version {version})"));
        let read = read_object(&self.s3, object.bucket(), object.key(), version).await;
        read.map(|(bytes, _)| bytes).map_err(|fault| CODES.explain(fault, &shown))
    }

    /// Bytes that were kept, by this run or by an earlier one; `None` if they never were or have expired.
    pub(crate) async fn kept(&self, hash: &ContentHash) -> Result<Option<Vec<u8>>, Fault> {
        self.evidence.get(hash).await
    }
}

/// What a person can do about an artifact that cannot be read.
const CODES: Vocabulary = Vocabulary(&[
    Word::new("NoSuchKey", MISSING),
    Word::new("NoSuchVersion", MISSING),
    Word::new("NotFound", MISSING),
    Word::new("NoSuchBucket", "the bucket of {} does not exist: correct `s3` in the plan"),
    Word::new(
        "AccessDenied",
        "the version function may not read {}: name it in the stack's parameter ArtifactObjectArns, its key in \
         KmsKeyArns, and look into the policy of the bucket",
    ),
]);

const MISSING: &str = "{} does not exist: upload it, or correct `s3` in the plan";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_artifact_is_named_with_its_bucket_and_key() {
        let missing = CODES.explain(Fault::refused("no").with_code("NoSuchKey"), "s3://deployments/rollback/x.zip");
        assert!(missing.advice.is_some_and(|advice| advice.contains("s3://deployments/rollback/x.zip does not exist")));
        let bucket = CODES.explain(Fault::refused("no").with_code("NoSuchBucket"), "s3://deployments/x.zip");
        assert!(bucket.advice.is_some_and(|advice| advice.contains("bucket of s3://deployments/x.zip")));
        assert_eq!(CODES.explain(Fault::passing("slow"), "s3://b/k").advice, None);
    }
}

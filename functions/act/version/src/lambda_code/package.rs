//! Packages of code: their hash in Lambda's writing and in ours, and their download.

use std::time::Duration;

use backout_engine::{evidence::ContentHash, fault::Fault};
use backout_http::{Limits, NoAnswer, Request, exchange};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// Lambda's limit for a package in S3 is 250 MB unzipped, so no zip is larger.
const LARGEST: usize = 256 * 1024 * 1024;
/// For the largest package at 10 MB a second.
const LONGEST: Duration = Duration::from_secs(30);

/// A SHA-256 as Lambda shows it: base64.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Sha256Base64(String);

impl Sha256Base64 {
    /// As Lambda told it.
    pub(super) fn told(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// The hash of a package.
    pub(super) fn of(package: &[u8]) -> Self {
        Self(STANDARD.encode(Sha256::digest(package)))
    }

    /// As text.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }

    /// The name under which a package with this hash is kept.
    pub(super) fn content_hash(&self) -> Result<ContentHash, Fault> {
        match STANDARD.decode(&self.0) {
            Ok(bytes) if bytes.len() == 32 => Ok(ContentHash(bytes.iter().map(|byte| format!("{byte:02x}")).collect())),
            _ => Err(Fault::refused(format!("`{}` is not the hash of a package", self.0))),
        }
    }
}

/// Fetches a package from where Lambda offers it for ten minutes.
pub(super) async fn download(location: &str) -> Result<Vec<u8>, NoAnswer> {
    let request = Request { method: "GET", url: location, headers: &[], body: &[] };
    let answer = exchange(request, Limits { time: LONGEST, body: LARGEST }).await?;
    match answer.status {
        200 => Ok(answer.body),
        other => Err(NoAnswer::Broken(format!("the download answered with the status {other}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `printf 'package' | openssl dgst -sha256 -binary | base64`
    const LAMBDA_SHOWS: &str = "vEpxGAhw95RRVfuwL0sKLj+qKmLW0xtwOQEwVe0Zhpo=";

    #[test]
    fn lambda_and_evidence_name_the_same_bytes() {
        let hash = Sha256Base64::of(b"package");
        assert_eq!(hash.content_hash().expect("a hash"), ContentHash::of(b"package"));
        assert_eq!(hash.as_str(), LAMBDA_SHOWS);
    }

    #[test]
    fn what_is_no_hash_is_refused() {
        for text in ["", "abc", "bm90IGEgaGFzaA=="] {
            assert!(Sha256Base64::told(text).content_hash().is_err(), "{text}");
        }
    }
}

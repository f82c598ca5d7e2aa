//! The key of a run's fingerprints.

use backout_engine::sensitive::FingerprintKey;

use crate::Failure;

/// A new key, from the system's randomness. A run gets it with its first row.
///
/// # Errors
/// When there is no randomness: without it, sensitive values could be guessed from their fingerprints.
pub fn fingerprint_key() -> Result<FingerprintKey, Failure> {
    let mut random = [0; 32];
    getrandom::fill(&mut random).map_err(|error| Failure::internal(format!("no random bytes: {error}")))?;
    Ok(FingerprintKey::new(&random))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_runs_have_the_same_key() {
        assert_ne!(fingerprint_key(), fingerprint_key());
    }
}

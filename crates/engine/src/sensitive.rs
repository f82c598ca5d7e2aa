//! Values that may stand in the ledger and the evidence, and nowhere else.
//!
//! A sensitive value is written as `{"$sensitive": value}`. The marker travels with the data, so whatever
//! shows a state to people ([`Redactor`]) finds it without knowing the action it came from.

use std::{borrow::Cow, fmt};

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::Sha256;

/// The key that marks a sensitive value in JSON.
pub const MARKER: &str = "$sensitive";

/// A value that cannot be printed. It is serialised whole, under [`MARKER`], for the ledger alone.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Sensitive<T> {
    #[serde(rename = "$sensitive")]
    value: T,
}

impl<T> Sensitive<T> {
    /// Marks a value as sensitive.
    pub const fn new(value: T) -> Self {
        Self { value }
    }

    /// The value itself: for the call that needs it, never for a message.
    pub const fn expose(&self) -> &T {
        &self.value
    }
}

impl<T> fmt::Debug for Sensitive<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(sensitive)")
    }
}

impl<T: JsonSchema> JsonSchema for Sensitive<T> {
    fn schema_name() -> Cow<'static, str> {
        T::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        T::json_schema(generator)
    }
}

/// The key of a run's fingerprints: the same value looks the same all through one run, and tells nothing outside it.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct FingerprintKey(String);

impl FingerprintKey {
    /// A key from random bytes.
    pub fn new(random: &[u8; 32]) -> Self {
        Self(URL_SAFE_NO_PAD.encode(random))
    }
}

impl fmt::Debug for FingerprintKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(fingerprint key)")
    }
}

/// Replaces sensitive values by keyed fingerprints.
#[derive(Debug, Clone)]
pub struct Redactor {
    key: FingerprintKey,
}

impl Redactor {
    /// A redactor with the key of one run.
    pub const fn new(key: FingerprintKey) -> Self {
        Self { key }
    }

    /// The same JSON with each `{"$sensitive": …}` replaced by `(sensitive ab12cd34)`.
    pub fn redact(&self, value: &Value) -> Value {
        self.redact_but(value, &|_, _| false)
    }

    /// The same, but for the values of which `known` says, given the key they stand under, that they are no secret.
    pub fn redact_but(&self, value: &Value, known: &dyn Fn(&str, &Value) -> bool) -> Value {
        self.walk(value, "", known)
    }

    fn walk(&self, value: &Value, key: &str, known: &dyn Fn(&str, &Value) -> bool) -> Value {
        match value {
            Value::Object(map) => match map.get(MARKER) {
                Some(plain) if map.len() == 1 && known(key, plain) => plain.clone(),
                Some(secret) if map.len() == 1 => Value::String(self.fingerprint(secret)),
                _ => map.iter().map(|(key, value)| (key.clone(), self.walk(value, key, known))).collect(),
            },
            Value::Array(items) => items.iter().map(|item| self.walk(item, key, known)).collect(),
            plain => plain.clone(),
        }
    }

    fn fingerprint(&self, secret: &Value) -> String {
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(self.key.0.as_bytes()) else {
            return "(sensitive)".into();
        };
        mac.update(secret.to_string().as_bytes());
        let tag = mac.finalize().into_bytes();
        let shown: String = tag.iter().take(4).map(|byte| format!("{byte:02x}")).collect();
        format!("(sensitive {shown})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_sensitive_value_is_kept_but_never_shown() {
        let secret = Sensitive::new("hunter2".to_owned());
        assert!(!format!("{secret:?}").contains("hunter2"));
        let kept = serde_json::to_value(&secret).expect("writes");
        assert_eq!(kept, json!({"$sensitive": "hunter2"}));
        assert_eq!(serde_json::from_value::<Sensitive<String>>(kept).expect("reads"), secret);
    }

    #[test]
    fn fingerprints_compare_within_a_run_and_not_between_runs() {
        let one = Redactor::new(FingerprintKey::new(&[1; 32]));
        let other = Redactor::new(FingerprintKey::new(&[2; 32]));
        let state = json!({"variables": {"KEY": {"$sensitive": "hunter2"}}, "n": [1, {"$sensitive": "hunter2"}]});
        let shown = one.redact(&state);
        assert!(!shown.to_string().contains("hunter2"));
        assert_eq!(shown["variables"]["KEY"], shown["n"][1]);
        assert_ne!(shown, other.redact(&state));
        assert_eq!(shown["n"][0], 1);
    }
}

//! An object in S3, as plans name it: `s3://bucket/key`.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

/// `s3://bucket/key`, with both of them there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct S3Object {
    bucket: String,
    key: String,
}

/// A text that names no object in S3.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an object in S3: write it like `s3://bucket/folder/file.zip`")]
pub struct NotAnObject(String);

impl S3Object {
    /// The bucket's name.
    pub fn bucket(&self) -> &str {
        &self.bucket
    }

    /// The object's key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The last part of the key, for summaries.
    pub fn file_name(&self) -> &str {
        self.key.rsplit('/').next().unwrap_or(&self.key)
    }
}

impl FromStr for S3Object {
    type Err = NotAnObject;

    fn from_str(text: &str) -> Result<Self, NotAnObject> {
        match text.strip_prefix("s3://").and_then(|rest| rest.split_once('/')) {
            Some((bucket, key)) if !bucket.is_empty() && !key.is_empty() && !key.ends_with('/') => {
                Ok(Self { bucket: bucket.to_owned(), key: key.to_owned() })
            }
            _ => Err(NotAnObject(text.to_owned())),
        }
    }
}

impl TryFrom<String> for S3Object {
    type Error = NotAnObject;

    fn try_from(text: String) -> Result<Self, NotAnObject> {
        text.parse()
    }
}

impl From<S3Object> for String {
    fn from(object: S3Object) -> Self {
        object.to_string()
    }
}

impl fmt::Display for S3Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "s3://{}/{}", self.bucket, self.key)
    }
}

impl JsonSchema for S3Object {
    fn schema_name() -> Cow<'static, str> {
        "S3Object".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "An object in S3: `s3://bucket/key`.",
            "pattern": "^s3://[^/]+/.*[^/]$",
            "examples": ["s3://bucket/folder/file"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_bucket_and_key() {
        let object: S3Object = "s3://deployments/rollback/loader-v5.zip".parse().expect("an object");
        assert_eq!((object.bucket(), object.key()), ("deployments", "rollback/loader-v5.zip"));
        assert_eq!(object.file_name(), "loader-v5.zip");
        assert_eq!(object.to_string(), "s3://deployments/rollback/loader-v5.zip");
    }

    #[test]
    fn refuses_what_names_no_object_and_says_how_to_write_one() {
        for text in ["loader.zip", "s3://deployments", "s3://deployments/", "s3:///key", "s3://deployments/folder/", ""]
        {
            let error = text.parse::<S3Object>().expect_err(text);
            assert!(error.to_string().contains("s3://bucket/folder/file.zip"), "{error}");
        }
    }
}

//! Reports in the bucket: `reports/<run>/report.json` and `reports/<run>/report.md`.

use backout_engine::{fault::Fault, ids::RunId};
use serde_json::Value;

use crate::bucket::Bucket;

/// The reports.
#[derive(Debug, Clone)]
pub struct Reports {
    bucket: Bucket,
}

impl Reports {
    pub(crate) const fn new(bucket: Bucket) -> Self {
        Self { bucket }
    }

    /// Writes both forms of a run's report, and returns where the one for people is (`s3://…/report.md`). Writing them
    /// again replaces them.
    ///
    /// # Errors
    /// When the bucket cannot be written.
    pub async fn put(&self, run: &RunId, json: &Value, markdown: &str) -> Result<String, Fault> {
        let pretty = format!("{json:#}\n").into_bytes();
        self.bucket.put(&key(run, "json"), "application/json", pretty).await?;
        let kind = "text/markdown; charset=utf-8";
        self.bucket.put(&key(run, "md"), kind, markdown.as_bytes().to_vec()).await?;
        Ok(self.location(run))
    }

    /// A run's report as data, if it is written.
    ///
    /// # Errors
    /// When the bucket cannot be read, or the object is not JSON.
    pub async fn json(&self, run: &RunId) -> Result<Option<Value>, Fault> {
        let key = key(run, "json");
        let Some((bytes, _)) = self.bucket.get(&key, None).await? else { return Ok(None) };
        let read = serde_json::from_slice(&bytes);
        read.map(Some).map_err(|error| Fault::refused(format!("{} is not JSON: {error}", self.bucket.uri(&key))))
    }

    /// A run's report for people, if it is written.
    ///
    /// # Errors
    /// When the bucket cannot be read.
    pub async fn markdown(&self, run: &RunId) -> Result<Option<String>, Fault> {
        let object = self.bucket.get(&key(run, "md"), None).await?;
        Ok(object.map(|(bytes, _)| String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// Where a run's report for people is, or will be: `s3://…/report.md`.
    pub fn location(&self, run: &RunId) -> String {
        self.bucket.uri(&key(run, "md"))
    }
}

fn key(run: &RunId, form: &str) -> String {
    format!("reports/{run}/report.{form}")
}

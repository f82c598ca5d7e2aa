//! Plans in the bucket: `plans/<name>.yaml`, every version kept.

use backout_engine::{clock::Timestamp, evidence::ContentHash, fault::Fault, ids::PlanName};

use crate::{bucket::Bucket, fault};

/// The code of a plan's object that holds no text.
pub const NOT_TEXT: &str = "NotText";

/// A stored plan's text, as it is pinned by a run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredPlan {
    /// The plan's name.
    pub name: PlanName,
    /// Its text, YAML.
    pub text: String,
    /// The object's version in the bucket.
    pub version: String,
    /// The SHA-256 of the text, lower-case hex.
    pub sha256: String,
}

/// A plan of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedPlan {
    /// The plan's name.
    pub name: PlanName,
    /// When this version was stored.
    pub stored_at: Option<Timestamp>,
}

/// The stored plans.
#[derive(Debug, Clone)]
pub struct Plans {
    bucket: Bucket,
}

impl Plans {
    pub(crate) const fn new(bucket: Bucket) -> Self {
        Self { bucket }
    }

    /// The plan as it is stored now; `None` if there is none of that name.
    ///
    /// # Errors
    /// When the bucket cannot be read, or the object is not text ([`NOT_TEXT`]).
    pub async fn get(&self, name: &PlanName) -> Result<Option<StoredPlan>, Fault> {
        self.read(name, None).await
    }

    /// The plan as a run has pinned it; `None` if that version is gone.
    ///
    /// # Errors
    /// When the bucket cannot be read, or the object is not text ([`NOT_TEXT`]).
    pub async fn get_version(&self, name: &PlanName, version: &str) -> Result<Option<StoredPlan>, Fault> {
        self.read(name, Some(version)).await
    }

    /// Stores a plan. The text is not looked at: whoever stores it has validated it.
    ///
    /// # Errors
    /// When the bucket cannot be written.
    pub async fn put(&self, name: &PlanName, text: &str) -> Result<StoredPlan, Fault> {
        let put = self.bucket.put(&key(name), "application/yaml", text.as_bytes().to_vec()).await?;
        Ok(stored(name, text.to_owned(), put.version_id))
    }

    /// All plans, by name.
    ///
    /// # Errors
    /// When the bucket cannot be listed.
    pub async fn list(&self) -> Result<Vec<ListedPlan>, Fault> {
        let request = self.bucket.client().list_objects_v2().bucket(self.bucket.name()).prefix("plans/");
        let mut pages = request.into_paginator().send();
        let mut plans = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| fault(&format!("list {}", self.bucket.uri("plans/")), error))?;
            plans.extend(page.contents().iter().filter_map(|object| {
                let name = object.key()?.strip_prefix("plans/")?.strip_suffix(".yaml")?.parse().ok()?;
                let stored_at = object.last_modified().and_then(|time| Timestamp::from_second(time.secs()).ok());
                Some(ListedPlan { name, stored_at })
            }));
        }
        plans.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(plans)
    }

    /// The names of all plans: to say which is meant when one is misspelt.
    ///
    /// # Errors
    /// When the bucket cannot be listed.
    pub async fn names(&self) -> Result<Vec<PlanName>, Fault> {
        Ok(self.list().await?.into_iter().map(|plan| plan.name).collect())
    }

    async fn read(&self, name: &PlanName, version: Option<&str>) -> Result<Option<StoredPlan>, Fault> {
        let key = key(name);
        let Some((bytes, object)) = self.bucket.get(&key, version).await? else { return Ok(None) };
        let text = String::from_utf8(bytes).map_err(|_| {
            Fault::refused(format!("{} is not a plan: it is not UTF-8 text", self.bucket.uri(&key)))
                .with_code(NOT_TEXT)
                .with_advice(
                    "save the plan as UTF-8 and store it again (backout plans push FILE), or delete the object",
                )
        })?;
        Ok(Some(stored(name, text, object.version_id)))
    }
}

fn key(name: &PlanName) -> String {
    format!("plans/{name}.yaml")
}

fn stored(name: &PlanName, text: String, version: Option<String>) -> StoredPlan {
    let sha256 = ContentHash::of(text.as_bytes()).0;
    // A bucket without versioning has none; S3 itself calls such a version `null`.
    StoredPlan { name: name.clone(), text, version: version.unwrap_or_else(|| "null".into()), sha256 }
}

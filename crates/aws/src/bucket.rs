//! The stack's bucket: objects under `plans/`, `evidence/` and `reports/`.

use aws_config::SdkConfig;
use aws_sdk_s3::{
    Client, config,
    operation::{get_object::GetObjectOutput, put_object::PutObjectOutput},
    primitives::ByteStream,
};
use backout_engine::fault::Fault;

use crate::{fault, fault::streaming_fault};

/// The bucket and a client for it. Every write to it may be repeated, so one client with retries does for all.
#[derive(Debug, Clone)]
pub struct Bucket {
    client: Client,
    name: String,
}

impl Bucket {
    /// The bucket of that name.
    pub fn new(reads: &SdkConfig, name: String) -> Self {
        // Buckets as host names do not resolve below an endpoint of one's own.
        let config = config::Builder::from(reads).force_path_style(reads.endpoint_url().is_some()).build();
        Self { client: Client::from_conf(config), name }
    }

    /// The client.
    pub const fn client(&self) -> &Client {
        &self.client
    }

    /// The bucket's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where an object is, for people.
    pub fn uri(&self, key: &str) -> String {
        format!("s3://{}/{key}", self.name)
    }

    /// An object's bytes and their description, if it is there.
    pub async fn get(&self, key: &str, version: Option<&str>) -> Result<Option<(Vec<u8>, GetObjectOutput)>, Fault> {
        match read_object(&self.client, &self.name, key, version).await {
            Ok(read) => Ok(Some(read)),
            Err(fault) if matches!(fault.code.as_str(), "NoSuchKey" | "NoSuchVersion") => Ok(None),
            Err(fault) => Err(fault),
        }
    }

    /// Writes an object.
    pub async fn put(&self, key: &str, kind: &str, bytes: Vec<u8>) -> Result<PutObjectOutput, Fault> {
        let request = self.client.put_object().bucket(&self.name).key(key).content_type(kind);
        let sent = request.body(ByteStream::from(bytes)).send().await;
        sent.map_err(|error| fault(&format!("write {}", self.uri(key)), error))
    }
}

/// An object of any bucket, whole, and its description (whose body is empty).
///
/// # Errors
/// When it cannot be read; with the code `NoSuchKey`, `NoSuchVersion` or `NoSuchBucket` when it is not there.
pub async fn read_object(
    client: &Client,
    bucket: &str,
    key: &str,
    version: Option<&str>,
) -> Result<(Vec<u8>, GetObjectOutput), Fault> {
    let of = version.map(|version| format!(" (version {version})")).unwrap_or_default();
    let doing = format!("read s3://{bucket}/{key}{of}");
    let request = client.get_object().bucket(bucket).key(key).set_version_id(version.map(str::to_owned));
    let mut object = request.send().await.map_err(|error| fault(&doing, error))?;
    let body = std::mem::take(&mut object.body).collect().await;
    let bytes = body.map_err(|error| streaming_fault(&doing, &error))?;
    Ok((bytes.to_vec(), object))
}

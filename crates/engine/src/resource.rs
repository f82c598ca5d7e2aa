//! What an action acts on, and what AWS serialises.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A thing of AWS: a function, a stage of a REST API, an AppConfig environment.
///
/// Written `service:kind/name`, e.g. `lambda:function/loader`. Two actions on the same thing must write it
/// alike; that is what keeps a code update and a configuration update of one function apart.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Resource(String);

impl Resource {
    /// `service:kind/part/part…`.
    pub fn new<'a>(service: &str, kind: &str, parts: impl IntoIterator<Item = &'a str>) -> Self {
        let parts: Vec<_> = parts.into_iter().collect();
        Self(format!("{service}:{kind}/{}", parts.join("/")))
    }

    /// A Lambda function, by name or ARN: both are the same resource.
    pub fn function(name_or_arn: &str) -> Self {
        let name = name_or_arn.split_once(":function:").map_or(name_or_arn, |(_, rest)| rest);
        Self::new("lambda", "function", [name.split(':').next().unwrap_or(name)])
    }

    /// The resource as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Resource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_one_resource_by_whatever_name() {
        let by_name = Resource::function("loader");
        assert_eq!(by_name, Resource::function("arn:aws:lambda:us-east-1:123456789012:function:loader"));
        assert_eq!(by_name, Resource::function("arn:aws:lambda:us-east-1:123456789012:function:loader:live"));
        assert_eq!(by_name.to_string(), "lambda:function/loader");
    }
}

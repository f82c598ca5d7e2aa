//! What an action calls at AWS. From these tables come the roles of the functions in the template, the permissions on
//! the pages of the actions, and what the tests hold the observed calls against.

use serde::Serialize;

/// What an action calls for one purpose: one statement of the role of the function that hosts it. Actions of a function
/// that have a purpose in common share the statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Calls {
    /// What for, as the `Sid` of the statement: letters and digits.
    pub purpose: &'static str,
    /// The service, by the id that its model and the SDK have for it: `EventBridge`.
    pub service: &'static str,
    /// Operations of its API, or for [`By::Aws`] names of permissions.
    pub operations: &'static [&'static str],
    /// On which resources.
    pub on: On,
    /// What is demanded besides.
    pub under: Under,
    /// Who calls.
    pub by: By,
}

/// The resources that a call is allowed on. ARNs are written as for `Fn::Sub`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum On {
    /// What a parameter of the template lists.
    Listed(&'static Reach),
    /// Of what a parameter lists no more than this, however it is listed.
    Part(&'static Reach, &'static str),
    /// Always the same.
    Arn(&'static str),
    /// Everything, and why it cannot be less.
    Everything(&'static str),
    /// The same, but nothing as long as a parameter lists nothing.
    EverythingOnce(&'static Reach, &'static str),
}

/// A parameter of the template that lists resources which plans may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Reach {
    /// The parameter's name, which ends in `Arns`.
    pub parameter: &'static str,
    /// The ARN of every one of this account and region, if they all are reached as long as nothing is said.
    pub all: Option<&'static str>,
    /// What the parameter is for, as whoever deploys the stack reads it.
    pub about: &'static str,
}

/// What a statement demands besides the resource.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Under {
    /// Nothing.
    Nothing,
    /// A key is used through this service alone, by its name in `kms:ViaService`: `s3`.
    Via(&'static str),
    /// A role is handed to this service alone: `events.amazonaws.com`.
    PassedTo(&'static str),
    /// Only this service is let invoke a function: `apigateway.amazonaws.com`.
    Invoker(&'static str),
}

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// The function that hosts the action.
    Function,
    /// AWS, on the function's behalf: no log shows the function call it. And when that is.
    Aws(&'static str),
}

impl Calls {
    /// Calls of the function itself.
    pub const fn of(purpose: &'static str, service: &'static str, operations: &'static [&'static str], on: On) -> Self {
        Self { purpose, service, operations, on, under: Under::Nothing, by: By::Function }
    }

    /// What is demanded besides the resource.
    pub const fn under(self, under: Under) -> Self {
        Self { under, ..self }
    }

    /// Permissions that AWS asks for, and when it does.
    pub const fn by_aws(self, when: &'static str) -> Self {
        Self { by: By::Aws(when), ..self }
    }

    /// The permissions that they take, sorted: `events:PutRule`.
    pub fn permissions(&self) -> Vec<String> {
        self.permissions_of(self.operations.iter().copied())
    }

    /// The permissions for those that change something. Everything does that is not known to read only.
    pub fn changing(&self) -> Vec<String> {
        let by_itself = self.operations.iter().copied().filter(|_| self.by == By::Function);
        self.permissions_of(by_itself.filter(|operation| !reads(self.service, operation)))
    }

    fn permissions_of(&self, operations: impl Iterator<Item = &'static str>) -> Vec<String> {
        let prefix = prefix(self.service);
        let mut found: Vec<_> =
            operations.map(|operation| format!("{prefix}:{}", self.permission(operation))).collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The permission that an operation takes, without its service.
    pub fn permission(&self, operation: &'static str) -> &'static str {
        match self.by {
            By::Function => permission(self.service, operation),
            By::Aws(_) => operation,
        }
    }
}

fn reads(service: &str, operation: &str) -> bool {
    const READS: [&str; 5] = ["Describe", "Filter", "Get", "Head", "List"];
    match (service, operation) {
        ("AppConfigData", "StartConfigurationSession") | ("Timestream Query", "Query") => true,
        _ => READS.iter().any(|read| operation.starts_with(read)),
    }
}

/// A service's name in IAM, where it is not its id in small letters without spaces.
fn prefix(service: &str) -> String {
    match service {
        "AppConfigData" => "appconfig".into(),
        "CloudWatch Logs" => "logs".into(),
        "EventBridge" => "events".into(),
        "SFN" => "states".into(),
        "Timestream InfluxDB" => "timestream-influxdb".into(),
        "Timestream Query" => "timestream".into(),
        plain => plain.to_lowercase().replace(' ', ""),
    }
}

/// The permission that an operation takes, where it is not of the same name.
fn permission(service: &str, operation: &'static str) -> &'static str {
    match (service, operation) {
        // Of API Gateway it is the method of the request.
        ("API Gateway", get) if get.starts_with("Get") => "GET",
        ("API Gateway", post) if post.starts_with("Create") => "POST",
        ("API Gateway", patch) if patch.starts_with("Update") => "PATCH",
        ("API Gateway", put) if put.starts_with("Put") => "PUT",
        ("API Gateway", delete) if delete.starts_with("Delete") => "DELETE",
        ("Lambda", "Invoke") => "InvokeFunction",
        ("S3", "HeadObject") => "GetObject",
        ("S3", "ListObjectsV2") => "ListBucket",
        ("Timestream Query", "Query") => "Select",
        (_, same) => same,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const EVERYTHING: On = On::Everything("it is a test");

    #[test]
    fn permissions_are_called_as_in_iam() {
        for (service, operations, permissions) in [
            ("EventBridge", &["PutRule", "DescribeRule"][..], &["events:DescribeRule", "events:PutRule"][..]),
            ("API Gateway", &["UpdateStage", "GetStage", "UpdateIntegration"], &["apigateway:GET", "apigateway:PATCH"]),
            ("Lambda", &["Invoke"], &["lambda:InvokeFunction"]),
            ("S3", &["GetObject", "HeadObject"], &["s3:GetObject"]),
            ("Secrets Manager", &["GetSecretValue"], &["secretsmanager:GetSecretValue"]),
        ] {
            assert_eq!(Calls::of("Test", service, operations, EVERYTHING).permissions(), permissions);
        }
        let asked = Calls::of("Test", "Timestream Query", &["SelectValues"], EVERYTHING).by_aws("it is a test");
        assert_eq!(asked.permissions(), ["timestream:SelectValues"]);
    }

    #[test]
    fn whatever_is_not_known_to_read_changes() {
        let changing = |service, operations| Calls::of("Test", service, operations, EVERYTHING).changing();
        assert_eq!(changing("EventBridge", &["DescribeRule", "PutRule"]), ["events:PutRule"]);
        assert_eq!(changing("Lambda", &["GetPolicy", "Invoke"]), ["lambda:InvokeFunction"]);
        assert_eq!(changing("Timestream Query", &["Query"]), [""; 0]);
    }
}

//! What plans may reach: the parameters of the template that say so, and what several actions call alike.
//!
//! What parameters allow as long as nothing is said was decided with the first actions: everything of the account. A
//! parameter that comes now has no `all`, so that a stack is not given further reach by an update of it.

use backout_engine::action::{Calls, On, Reach, Under};

/// AppConfig applications.
pub(crate) const APP_CONFIG: Reach = Reach {
    parameter: "AppConfigArns",
    all: Some("arn:${AWS::Partition}:appconfig:${AWS::Region}:${AWS::AccountId}:application/*"),
    about: "AppConfig applications whose flags a plan may change. * is every application of this account and region. \
            Otherwise ARNs that end in *, so that environments and profiles are covered: \
            arn:aws:appconfig:eu-west-2:111122223333:application/abc123*",
};

/// EventBridge rules.
pub(crate) const EVENT_RULES: Reach = Reach {
    parameter: "EventRuleArns",
    all: Some("arn:${AWS::Partition}:events:${AWS::Region}:${AWS::AccountId}:rule/*"),
    about: "EventBridge rules that a plan may switch on and off. * is every rule of this account and region, this \
            stack's own excepted. Otherwise ARNs: arn:aws:events:eu-west-2:111122223333:rule/orders-*",
};

/// Roles of EventBridge rules.
pub(crate) const EVENT_RULE_ROLES: Reach = Reach {
    parameter: "EventRuleRoleArns",
    all: None,
    about: "IAM roles of rules whose pattern a plan may change: EventBridge wants the role handed over again with every \
            change of a pattern. Empty if those rules have no role of their own (roles of their targets do not count).",
};

/// Roles of state machines.
pub(crate) const EXECUTION_ROLES: Reach = Reach {
    parameter: "ExecutionRoleArns",
    all: None,
    about: "IAM roles with which the state machines run whose definition a plan may change: Step Functions may want the \
            role handed over again with a new definition. Empty if no plan changes a definition.",
};

/// Lambda functions.
pub(crate) const FUNCTIONS: Reach = Reach {
    parameter: "FunctionArns",
    all: Some("arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:*"),
    about: "Lambda functions that a plan may change, check or invoke. * is every function of this account and region, \
            this stack's own excepted. Otherwise ARNs that end in *, so that versions and aliases are covered: \
            arn:aws:lambda:eu-west-2:111122223333:function:orders-*",
};

/// REST APIs.
pub(crate) const REST_APIS: Reach = Reach {
    parameter: "RestApiArns",
    all: Some("arn:${AWS::Partition}:apigateway:${AWS::Region}::/restapis/*"),
    about: "REST APIs that a plan may throttle or point elsewhere. * is every REST API of this account and region. \
            Otherwise ARNs that end in *: arn:aws:apigateway:eu-west-2::/restapis/abc123*",
};

/// State machines.
pub(crate) const STATE_MACHINES: Reach = Reach {
    parameter: "StateMachineArns",
    all: Some("arn:${AWS::Partition}:states:${AWS::Region}:${AWS::AccountId}:stateMachine:*"),
    about: "Step Functions state machines whose definition a plan may change. * is every one of this account and \
            region, this stack's own excepted. Otherwise ARNs: \
            arn:aws:states:eu-west-2:111122223333:stateMachine:orders-*",
};

/// Objects in S3 with what was there earlier.
pub(crate) const ARTIFACT_OBJECTS: Reach = Reach {
    parameter: "ArtifactObjectArns",
    all: Some("arn:${AWS::Partition}:s3:::*"),
    about: "S3 objects with earlier packages and definitions, read only. * is every bucket of this account. Otherwise \
            ARNs of the objects, and of their bucket too, without which a missing object is reported as forbidden: \
            arn:aws:s3:::deployments/rollback/*, arn:aws:s3:::deployments",
};

/// Log groups.
pub(crate) const LOG_GROUPS: Reach = Reach {
    parameter: "LogGroupArns",
    all: Some("arn:${AWS::Partition}:logs:${AWS::Region}:${AWS::AccountId}:log-group:*"),
    about: "Log groups in which checks may count errors. * is every log group of this account and region. Otherwise \
            ARNs that end in *: arn:aws:logs:eu-west-2:111122223333:log-group:/aws/lambda/orders-*",
};

/// Tables of Timestream.
pub(crate) const TIMESTREAM_TABLES: Reach = Reach {
    parameter: "TimestreamTableArns",
    all: Some("arn:${AWS::Partition}:timestream:${AWS::Region}:${AWS::AccountId}:database/*"),
    about: "Timestream tables that checks may query. * is every table of this account and region. Otherwise ARNs: \
            arn:aws:timestream:eu-west-2:111122223333:database/orders/table/*",
};

/// SSM parameters.
pub(crate) const PARAMETERS: Reach = Reach {
    parameter: "ParameterArns",
    all: None,
    about: "SSM parameters whose value a plan may set, as ARNs: \
            arn:aws:ssm:eu-west-2:111122223333:parameter/orders/*. Empty if no plan sets any.",
};

/// Keys of all of these.
pub(crate) const KMS_KEYS: Reach = Reach {
    parameter: "KmsKeyArns",
    all: None,
    about: "Customer managed KMS keys with which those resources are encrypted: flags, function environments \
            and packages, artifacts, definitions of state machines, Timestream tables. Empty if there are none.",
};

/// Every parameter, in the order in which the template asks for them.
pub const REACHES: &[Reach] = &[
    APP_CONFIG,
    EVENT_RULES,
    EVENT_RULE_ROLES,
    EXECUTION_ROLES,
    FUNCTIONS,
    REST_APIS,
    STATE_MACHINES,
    ARTIFACT_OBJECTS,
    LOG_GROUPS,
    TIMESTREAM_TABLES,
    PARAMETERS,
    KMS_KEYS,
];

/// Use of the keys with which resources of the user are encrypted, through the service that they belong to.
pub(crate) const fn keys(
    purpose: &'static str,
    permissions: &'static [&'static str],
    via: &'static str,
    when: &'static str,
) -> Calls {
    Calls::of(purpose, "KMS", permissions, On::Listed(&KMS_KEYS)).under(Under::Via(via)).by_aws(when)
}

/// Reading an object that a plan names.
pub(crate) const READ_ARTIFACTS: Calls =
    Calls::of("ReadArtifacts", "S3", &["GetObject"], On::Listed(&ARTIFACT_OBJECTS));
/// What reading it takes besides.
pub(crate) const READ_ARTIFACTS_FULLY: Calls =
    Calls::of("ReadVersionsOfArtifacts", "S3", &["GetObjectVersion", "ListBucket"], On::Listed(&ARTIFACT_OBJECTS))
        .by_aws("the plan names a version, or the object is missing: without the list S3 says that it is forbidden");
/// Where it is encrypted with a key of the user.
pub(crate) const DECRYPT_ARTIFACTS: Calls =
    keys("DecryptArtifacts", &["Decrypt"], "s3", "an artifact is encrypted with a key of yours");

/// Keeping what stood before a change, and what is to stand after it.
pub(crate) const KEEP_EVIDENCE: Calls =
    Calls::of("KeepEvidence", "S3", &["GetObject", "HeadObject", "PutObject"], On::Arn("${Bucket.Arn}/evidence/*"));
/// What keeping it takes besides.
pub(crate) const FIND_EVIDENCE: Calls =
    Calls::of("TellMissingEvidenceFromForbidden", "S3", &["ListBucket"], On::Arn("${Bucket.Arn}"))
        .by_aws("something is not kept: without the list S3 says that it is forbidden");
/// The stack's bucket is encrypted with the stack's key.
pub(crate) const ENCRYPT_EVIDENCE: Calls =
    Calls::of("EncryptEvidence", "KMS", &["GenerateDataKey*"], On::Arn("${Key.Arn}"))
        .under(Under::Via("s3"))
        .by_aws("S3 encrypts what is kept");

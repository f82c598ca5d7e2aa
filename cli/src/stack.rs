//! Where backout is deployed: everything is found from the outputs of its CloudFormation stack.

use aws_config::{BehaviorVersion, SdkConfig, retry::RetryConfig};
use backout_aws::{Cloud, Names, fault};
use backout_engine::ids::RunId;

use crate::{
    credentials,
    error::{CliError, WhatFailed},
};

/// A deployed backout.
#[derive(Debug)]
pub struct Stack {
    /// Its stores.
    pub cloud: Cloud,
    /// The ARN of its state machine.
    pub state_machine: String,
}

impl Stack {
    /// Looks it up, with the ordinary environment of AWS (region, profile, credentials, `AWS_ENDPOINT_URL`).
    ///
    /// # Errors
    /// When there is no region or no stack of that name, or CloudFormation cannot be asked.
    pub async fn find(name: &str) -> Result<Self, CliError> {
        // Said here, because the SDK panics at retry modes of other tools (`legacy`).
        let config = aws_config::defaults(BehaviorVersion::latest()).retry_config(RetryConfig::standard()).load().await;
        if config.region().is_none() && credentials::profile().is_some() {
            // A profile that is not there has no region either, and that is not what has to be mended.
            credentials::present(&config).await?;
        }
        let Some(region) = config.region().map(ToString::to_string) else {
            return Err(CliError::out_of_reach(WhatFailed::NoRegion, "no AWS region is configured")
                .help("set AWS_REGION, or AWS_PROFILE to a profile that has one"));
        };
        credentials::present(&config).await?;
        if let Some(url) =
            config.endpoint_url().filter(|url| !["http://", "https://"].iter().any(|it| url.starts_with(it)))
        {
            let what = format!("AWS_ENDPOINT_URL is `{url}`, which is no address of a service");
            return Err(CliError::wrong_use(WhatFailed::Arguments, what)
                .help("write it like https://host:port; to reach AWS itself, unset it"));
        }
        let cloudformation = aws_sdk_cloudformation::Client::new(&config);
        let asked = cloudformation.describe_stacks().stack_name(name).send().await;
        let answer = asked.map_err(|error| {
            explain(CliError::from(fault(&format!("find the stack `{name}`"), error)), name, &region, &config)
        })?;
        let stack = answer.stacks().first().ok_or_else(|| not_found(name, &region))?;
        let output = |key: &str| {
            let found = stack.outputs().iter().find(|output| output.output_key() == Some(key));
            found
                .and_then(|output| output.output_value())
                .map(str::to_owned)
                .ok_or_else(|| wrong_stack(name, key, stack))
        };
        let (table, bucket, state_machine) = (output("TableName")?, output("BucketName")?, output("StateMachineArn")?);
        let cloud = Cloud::new(Names { table, bucket, stack: name.to_owned() }, &config);
        Ok(Self { cloud, state_machine })
    }

    /// A client for the state machine's executions.
    pub fn executions(&self) -> aws_sdk_sfn::Client {
        // Repeating a call is harmless: the same name with the same input is the same execution.
        aws_sdk_sfn::Client::new(self.cloud.reads())
    }

    /// The ARN of a run's execution.
    pub fn execution_arn(&self, run: &RunId) -> String {
        format!("{}:{run}", self.state_machine.replacen(":stateMachine:", ":execution:", 1))
    }
}

fn not_found(name: &str, region: &str) -> CliError {
    CliError::out_of_reach(WhatFailed::StackNotFound, format!("there is no CloudFormation stack `{name}` in {region}"))
        .help(
            "name the right one with --stack or BACKOUT_STACK, or the right place with AWS_REGION and AWS_PROFILE; \
         to deploy one: sam build && sam deploy --guided",
        )
}

fn wrong_stack(name: &str, key: &str, stack: &aws_sdk_cloudformation::types::Stack) -> CliError {
    let status = stack.stack_status().map_or("unknown", |status| status.as_str());
    CliError::out_of_reach(WhatFailed::WrongStack, format!("the stack `{name}` ({status}) has no output `{key}`"))
        .help("it is not a backout stack, or its deployment has not finished: look at it in CloudFormation")
}

fn explain(error: CliError, name: &str, region: &str, config: &SdkConfig) -> CliError {
    if error.code == WhatFailed::Denied && error.message.contains("does not exist") {
        return not_found(name, region);
    }
    match config.endpoint_url() {
        Some(url) if error.code == WhatFailed::NoAnswer => {
            let help = format!("AWS_ENDPOINT_URL is {url}: is what it points at running?");
            error.help(help)
        }
        _ => error,
    }
}

//! Where backout is deployed: everything is found from the outputs of its CloudFormation stack.

use aws_config::{BehaviorVersion, SdkConfig, retry::RetryConfig};
use backout_aws::{Cloud, Names, fault};
use backout_engine::{
    fault::{Fault, Lasting},
    ids::RunId,
};

use crate::{
    credentials, endpoints,
    error::{CliError, WhatFailed},
    layout::verbatim,
    region,
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
    /// When the environment holds what cannot be meant, there is no region, no credentials or no stack of that name, or
    /// CloudFormation cannot be asked.
    pub async fn find(name: &str) -> Result<Self, CliError> {
        // Said here, because the SDK panics at retry modes of other tools (`legacy`).
        let config = aws_config::defaults(BehaviorVersion::latest()).retry_config(RetryConfig::standard()).load().await;
        is_name(name)?;
        let region = region::find(&config).await?;
        endpoints::sound(&config)?;
        credentials::present(&config).await?;
        let cloudformation = aws_sdk_cloudformation::Client::new(&config);
        let asked = cloudformation.describe_stacks().stack_name(name).send().await;
        let answer = asked
            .map_err(|error| explain(fault(&format!("find the stack `{name}`"), error), name, &region, &config))?;
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

/// A name of a stack, or its ARN. Anything else CloudFormation would refuse in its own words, line breaks and all.
fn is_name(name: &str) -> Result<(), CliError> {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let is_name = name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.len() <= 128 && name.chars().all(fits);
    let is_arn = name.starts_with("arn:") && name.chars().all(|c| c.is_ascii_graphic());
    if is_name || is_arn {
        return Ok(());
    }
    let what = format!("`{}` is no name of a CloudFormation stack", verbatim(name));
    Err(CliError::wrong_use(WhatFailed::Arguments, what)
        .help("--stack or BACKOUT_STACK names it: letters, digits and `-`, beginning with a letter"))
}

fn explain(fault: Fault, name: &str, region: &str, config: &SdkConfig) -> CliError {
    // Only what may pass is about the way there; what could not even be sent is about what was asked.
    let is_on_the_way = fault.lasting == Lasting::Transient;
    let error = CliError::from(fault);
    if error.code == WhatFailed::Denied && error.message.contains("does not exist") {
        return not_found(name, region);
    }
    let hint = endpoints::help(config, "CloudFormation", &error.message);
    match hint.filter(|_| is_on_the_way && error.code == WhatFailed::NoAnswer) {
        Some(hint) => error.help(hint),
        None => error,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stack_is_named_by_its_name_or_its_arn() {
        for fine in ["backout", "Backout-2", "arn:aws:cloudformation:eu-west-1:123456789012:stack/backout/1f2e"] {
            assert_eq!(is_name(fine), Ok(()), "{fine}");
        }
        for wrong in ["backout\r", "backout ", "", "2backout", "back out", "arn:aws: x"] {
            assert_eq!(is_name(wrong).expect_err(wrong).code, WhatFailed::Arguments);
        }
    }
}

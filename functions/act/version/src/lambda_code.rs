//! `lambda/code`: gives a function another package of code.
//!
//! Both packages, the one it has and the one it gets, are kept under their hash before anything is written, and
//! `UpdateFunctionCode` always takes the kept one. So going back does not depend on anybody's bucket, and what was
//! recorded is what runs even if the object in S3 is replaced meanwhile.

use aws_sdk_lambda::{
    Client,
    operation::get_function_configuration::GetFunctionConfigurationOutput,
    types::{Architecture, LastUpdateStatus, PackageType, State as FunctionState},
};
use backout_aws::{Cloud, Vocabulary, Word, fault, in_time, modified_after};
use backout_catalogue::{Aliases, LambdaCode, LambdaCodeWith};
use backout_engine::{
    action::{At, Change, Reading},
    clock::Timestamp,
    duration::Duration,
    fault::Fault,
};
use serde::{Deserialize, Serialize};

use crate::artifact::Artifacts;

mod package;
use package::{Sha256Base64, download};

/// How long a code update usually takes to settle.
const SOON: Duration = Duration::seconds(2);

/// Gives a function another package of code.
pub(crate) struct Code {
    reads: Client,
    writes: Client,
    artifacts: Artifacts,
}

impl Code {
    pub(crate) fn new(cloud: &Cloud) -> Self {
        Self {
            reads: Client::new(cloud.reads()),
            writes: Client::new(cloud.writes()),
            artifacts: Artifacts::new(cloud),
        }
    }
}

/// The package a function runs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    /// Its hash, as Lambda shows it.
    code_sha256: Sha256Base64,
}

/// What is handed on about a function.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Facts {
    /// What an update names so that it does not overwrite somebody else's.
    revision_id: Option<String>,
    /// Sent along with an update, whose default would be x86_64.
    architectures: Vec<String>,
    runtime: Option<String>,
    last_modified: Option<String>,
}

impl Change for Code {
    type Kind = LambdaCode;
    type State = State;
    type Facts = Facts;

    async fn read(&self, at: &At<'_, LambdaCodeWith>) -> Result<Reading<State, Facts>, Fault> {
        let name = &at.with.function;
        let found = self.reads.get_function_configuration().function_name(name).send().await.map_err(|error| {
            CODES.explain(fault(&format!("read the configuration of function {name}"), error), name)
        })?;
        reading(name, &found, at.started_at)
    }

    async fn desired(&self, at: &At<'_, LambdaCodeWith>, _now: &State) -> Result<State, Fault> {
        let with = at.with;
        self.refuse_signed(&with.function).await?;
        if with.aliases == Aliases::Refuse {
            self.refuse_aliased(&with.function).await?;
        }
        let package = self.artifacts.wanted(&with.s3, with.version.as_deref()).await?;
        if !package.starts_with(b"PK") {
            return Err(Fault::refused(format!("{} is not a zip file, so no function can run it", with.s3)));
        }
        Ok(State { code_sha256: Sha256Base64::of(&package) })
    }

    async fn preserve(&self, at: &At<'_, LambdaCodeWith>, state: &State) -> Result<(), Fault> {
        let hash = state.code_sha256.content_hash()?;
        if at.evidence.has(&hash).await? {
            return Ok(());
        }
        // An old copy is kept once more, so that it does not expire before this run's undo.
        let package = match self.current_package(&at.with.function, &state.code_sha256).await? {
            Some(package) => package,
            None => match self.artifacts.kept(&hash).await? {
                Some(package) => package,
                None => self.wanted_package(at.with, &state.code_sha256).await?,
            },
        };
        in_time(at.deadline)?;
        at.evidence.keep(package).await.map(drop)
    }

    async fn write(&self, at: &At<'_, LambdaCodeWith>, now: (&State, &Facts), to: &State) -> Result<(), Fault> {
        let (_, facts) = now;
        let name = &at.with.function;
        let hash = to.code_sha256.content_hash()?;
        let location = at.evidence.location(&hash);
        let architectures =
            facts.architectures.iter().map(|name| Architecture::from(name.as_str())).collect::<Vec<_>>();
        let key = self.key(name).await?;
        in_time(at.deadline)?;
        self.writes
            .update_function_code()
            .function_name(name)
            .s3_bucket(location.bucket)
            .s3_key(location.key)
            .set_source_kms_key_arn(key)
            .set_architectures((!architectures.is_empty()).then_some(architectures))
            .set_revision_id(facts.revision_id.clone())
            .send()
            .await
            .map(drop)
            .map_err(|error| CODES.explain(fault(&format!("update the code of function {name}"), error), name))
    }
}

impl Code {
    /// The customer's key that encrypts the function's package. An update that does not name it takes it away.
    async fn key(&self, name: &str) -> Result<Option<String>, Fault> {
        let function = self.reads.get_function().function_name(name).send().await;
        let function = function.map_err(|error| fault(&format!("read the code of function {name}"), error))?;
        Ok(function.code.and_then(|code| code.source_kms_key_arn))
    }

    /// The package that the function runs now, if it is the one with that hash.
    async fn current_package(&self, name: &str, hash: &Sha256Base64) -> Result<Option<Vec<u8>>, Fault> {
        let doing = format!("read the code of function {name}");
        let function =
            self.reads.get_function().function_name(name).send().await.map_err(|error| fault(&doing, error))?;
        if function.configuration().and_then(|found| found.code_sha256()) != Some(hash.as_str()) {
            return Ok(None);
        }
        let location = function.code().and_then(|code| code.location());
        let location =
            location.ok_or_else(|| Fault::refused(format!("could not {doing}: Lambda gives no location")))?;
        let package = download(location).await.map_err(|why| Fault::passing(format!("could not {doing}: {why}")))?;
        let downloaded = Sha256Base64::of(&package);
        if downloaded == *hash {
            Ok(Some(package))
        } else {
            Err(Fault::passing(format!(
                "the code of function {name} has the hash {}, but what could be downloaded has {}",
                hash.as_str(),
                downloaded.as_str()
            )))
        }
    }

    /// The package that the plan wants, which has to be the one with that hash.
    async fn wanted_package(&self, with: &LambdaCodeWith, hash: &Sha256Base64) -> Result<Vec<u8>, Fault> {
        let package = self.artifacts.wanted(&with.s3, with.version.as_deref()).await?;
        if Sha256Base64::of(&package) == *hash {
            return Ok(package);
        }
        Err(Fault::refused(format!(
            "the package with the hash {} is not kept, {} does not run it, and {} is another one",
            hash.as_str(),
            with.function,
            with.s3
        ))
        .with_advice("give the object's `version` if somebody replaces it while plans refer to it"))
    }

    async fn refuse_signed(&self, name: &str) -> Result<(), Fault> {
        let doing = format!("read the code signing of function {name}");
        let found = self
            .reads
            .get_function_code_signing_config()
            .function_name(name)
            .send()
            .await
            .map_err(|error| fault(&doing, error))?;
        match found.code_signing_config_arn() {
            "" => Ok(()),
            arn => Err(Fault::refused(format!("function {name} takes signed code only ({arn})")).with_advice(
                "a kept copy of a package is not what your signing profile vouches for: roll this function back \
                 through its signing pipeline",
            )),
        }
    }

    async fn refuse_aliased(&self, name: &str) -> Result<(), Fault> {
        let Some(elsewhere) = backout_aliases::elsewhere(&self.reads, name).await? else { return Ok(()) };
        Err(Fault::refused(format!(
            "function {name} has aliases that would go on running their published versions: {elsewhere}"
        ))
        .with_advice(
            "whoever invokes the function through an alias would not get the new code: point the alias to the version \
             that you want; if nobody uses it, say `aliases: leave`",
        ))
    }
}

/// What a configuration says about the package.
fn reading(
    name: &str,
    found: &GetFunctionConfigurationOutput,
    started_at: Option<Timestamp>,
) -> Result<Reading<State, Facts>, Fault> {
    if found.package_type() == Some(&PackageType::Image) {
        return Err(Fault::refused(format!("function {name} runs a container image, not a zip package"))
            .with_advice("deploy the earlier image by its digest; `lambda/code` handles zip packages"));
    }
    match found.state() {
        Some(FunctionState::Pending) => {
            return Ok(Reading::Settling { why: format!("function {name} is being set up"), again_in: SOON });
        }
        Some(state @ (FunctionState::Deleting | FunctionState::Deactivating | FunctionState::Deactivated)) => {
            return Ok(Reading::Broken { why: format!("function {name} is {}", state.as_str()) });
        }
        _ => {}
    }
    match found.last_update_status() {
        Some(LastUpdateStatus::InProgress) => {
            return Ok(Reading::Settling { why: format!("an update of function {name} is under way"), again_in: SOON });
        }
        // A failure from before our own update is no obstacle: another update may be just what mends it.
        Some(LastUpdateStatus::Failed) if modified_after(found.last_modified(), started_at) => {
            let why = found.last_update_status_reason().unwrap_or("Lambda gives no reason");
            return Ok(Reading::Broken { why: format!("the update of function {name} failed: {why}") });
        }
        _ => {}
    }
    let code_sha256 = found
        .code_sha256()
        .ok_or_else(|| Fault::passing(format!("Lambda tells no hash of the code of function {name}")))?;
    Ok(Reading::Settled {
        state: State { code_sha256: Sha256Base64::told(code_sha256) },
        facts: Facts {
            revision_id: found.revision_id().map(str::to_owned),
            architectures: found.architectures().iter().map(|one| one.as_str().to_owned()).collect(),
            runtime: found.runtime().map(|runtime| runtime.as_str().to_owned()),
            last_modified: found.last_modified().map(str::to_owned),
        },
    })
}

/// What a person can do about a refused call.
const CODES: Vocabulary = Vocabulary(&[
    Word::new("ResourceNotFoundException", "there is no function {} in this account and region"),
    Word::new(
        "AccessDeniedException",
        "let the version function reach {}: the stack's parameter FunctionArns says which it may",
    ),
    Word::new("CodeStorageExceededException", "delete old function versions: the account's code storage is full"),
]);

#[cfg(test)]
mod tests;

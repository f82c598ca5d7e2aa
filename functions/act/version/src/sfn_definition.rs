//! `sfn/definition`: gives a state machine another definition.
//!
//! The state is the hash of the definition's text: Step Functions keeps a text as it was given, so going back gives
//! back the very text, with its order and spacing. A definition that differs in nothing else counts as in place;
//! one with a number that is written otherwise does not.

use aws_sdk_sfn::{Client, operation::describe_state_machine::DescribeStateMachineOutput, types::StateMachineStatus};
use backout_aws::{Cloud, Vocabulary, Word, fault, fault_without, hidden, in_time};
use backout_catalogue::{Aliases, SfnDefinition, SfnDefinitionWith};
use backout_engine::{
    action::{At, Change, Reading},
    duration::Duration,
    evidence::ContentHash,
    fault::Fault,
    json::{same, sorted, unambiguous},
    plan::nearest,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::artifact::Artifacts;

/// Gives a state machine another definition.
pub(crate) struct Definition {
    reads: Client,
    writes: Client,
    artifacts: Artifacts,
}

impl Definition {
    pub(crate) fn new(cloud: &Cloud) -> Self {
        Self {
            reads: Client::new(cloud.reads()),
            writes: Client::new(cloud.writes()),
            artifacts: Artifacts::new(cloud),
        }
    }
}

/// The definition that new executions run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct State {
    /// The hash of its text.
    definition_sha256: ContentHash,
}

/// What is handed on about a state machine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Facts {
    arn: String,
    revision_id: Option<String>,
}

impl Change for Definition {
    type Kind = SfnDefinition;
    type State = State;
    type Facts = Facts;

    /// Updates of a state machine are eventually consistent.
    const VISIBLE_WITHIN: Duration = Duration::seconds(60);

    async fn read(&self, at: &At<'_, SfnDefinitionWith>) -> Result<Reading<State, Facts>, Fault> {
        let found = self.describe(&at.with.state_machine).await?;
        if found.status() == Some(&StateMachineStatus::Deleting) {
            return Ok(Reading::Broken { why: format!("state machine {} is being deleted", found.name()) });
        }
        Ok(Reading::Settled {
            state: State { definition_sha256: ContentHash::of(found.definition().as_bytes()) },
            facts: Facts {
                arn: found.state_machine_arn().to_owned(),
                revision_id: found.revision_id().map(str::to_owned),
            },
        })
    }

    async fn desired(&self, at: &At<'_, SfnDefinitionWith>, now: &State) -> Result<State, Fault> {
        let wanted = self.wanted(at.with).await?;
        let current = self.describe(&at.with.state_machine).await?;
        if at.with.aliases == Aliases::Refuse {
            self.refuse_aliased(&current).await?;
        }
        let stands = ContentHash::of(current.definition().as_bytes()) == now.definition_sha256;
        if stands && same(current.definition(), &wanted) {
            return Ok(now.clone());
        }
        Ok(State { definition_sha256: ContentHash::of(wanted.as_bytes()) })
    }

    async fn preserve(&self, at: &At<'_, SfnDefinitionWith>, state: &State) -> Result<(), Fault> {
        let hash = &state.definition_sha256;
        if at.evidence.has(hash).await? {
            return Ok(());
        }
        let current = self.describe(&at.with.state_machine).await?;
        let bytes = if ContentHash::of(current.definition().as_bytes()) == *hash {
            current.definition().as_bytes().to_vec()
        } else {
            // An old copy is kept once more, so that it does not expire before this run's undo.
            match self.artifacts.kept(hash).await? {
                Some(kept) => kept,
                None => self.wanted_with_hash(at.with, hash).await?,
            }
        };
        in_time(at.deadline)?;
        at.evidence.keep(bytes).await.map(drop)
    }

    async fn write(&self, at: &At<'_, SfnDefinitionWith>, now: (&State, &Facts), to: &State) -> Result<(), Fault> {
        let (_, facts) = now;
        let machine = &at.with.state_machine;
        let hash = &to.definition_sha256;
        let kept = self.artifacts.kept(hash).await?;
        let kept =
            kept.ok_or_else(|| Fault::refused(format!("the definition with the hash {} is not kept", hash.0)))?;
        let definition = text(kept, "the kept definition")?;
        in_time(at.deadline)?;
        self.writes
            .update_state_machine()
            .state_machine_arn(&facts.arn)
            .definition(&definition)
            .send()
            .await
            .map(drop)
            .map_err(|error| {
                let hide = |told: &str| without_values(told, &definition);
                advise(
                    fault_without(&format!("update the definition of state machine {machine}"), error, hide),
                    machine,
                )
            })
    }
}

impl Definition {
    async fn describe(&self, machine: &str) -> Result<DescribeStateMachineOutput, Fault> {
        let arn = self.arn(machine).await?;
        self.reads
            .describe_state_machine()
            .state_machine_arn(arn)
            .send()
            .await
            .map_err(|error| advise(fault(&format!("read state machine {machine}"), error), machine))
    }

    /// Aliases of a state machine always lead to published versions, whose definition never changes.
    async fn refuse_aliased(&self, machine: &DescribeStateMachineOutput) -> Result<(), Fault> {
        let (arn, name) = (machine.state_machine_arn(), machine.name());
        let mut aliases = Vec::new();
        let mut next = None;
        loop {
            let page = self.reads.list_state_machine_aliases().state_machine_arn(arn).set_next_token(next).send().await;
            let page =
                page.map_err(|error| advise(fault(&format!("list the aliases of state machine {name}"), error), name))?;
            let listed = page.state_machine_aliases().iter().map(|alias| alias.state_machine_alias_arn());
            aliases.extend(listed.map(|arn| arn.rsplit(':').next().unwrap_or(arn).to_owned()));
            next = page.next_token;
            if next.is_none() {
                break;
            }
        }
        if aliases.is_empty() {
            return Ok(());
        }
        Err(Fault::refused(format!(
            "state machine {name} has aliases that would go on starting their published versions: {}",
            aliases.join(", ")
        ))
        .with_advice(
            "whoever starts executions through an alias would not get the new definition: point the alias to the version \
             that you want; if nobody uses it, say `aliases: leave`",
        ))
    }

    /// The ARN of a state machine given by name or ARN.
    async fn arn(&self, machine: &str) -> Result<String, Fault> {
        if machine.starts_with("arn:") {
            return Ok(machine.to_owned());
        }
        let mut pages = self.reads.list_state_machines().into_paginator().items().send();
        let mut names = Vec::new();
        while let Some(found) = pages.next().await {
            let found = found.map_err(|error| fault("list the state machines", error))?;
            if found.name() == machine {
                return Ok(found.state_machine_arn().to_owned());
            }
            names.push(found.name().to_owned());
        }
        Err(absent(machine, &names))
    }

    /// The definition that the plan wants, which has to be the one with that hash.
    async fn wanted_with_hash(&self, with: &SfnDefinitionWith, hash: &ContentHash) -> Result<Vec<u8>, Fault> {
        let wanted = self.wanted(with).await?.into_bytes();
        if ContentHash::of(&wanted) == *hash {
            return Ok(wanted);
        }
        Err(Fault::refused(format!(
            "the definition with the hash {} is not kept, state machine {} does not run it, and the plan's is another one",
            hash.0, with.state_machine
        ))
        .with_advice("give the object's `version` if somebody replaces it while plans refer to it"))
    }

    /// The text of the definition that the plan wants.
    async fn wanted(&self, with: &SfnDefinitionWith) -> Result<String, Fault> {
        match (&with.s3, &with.definition) {
            (Some(object), _) => {
                let bytes = self.artifacts.wanted(object, with.version.as_deref()).await?;
                let text = text(bytes, &object.to_string())?;
                check(&text, &object.to_string())?;
                Ok(text)
            }
            (None, Some(definition)) => serde_json::to_string_pretty(&sorted(&Value::Object(definition.clone())))
                .map_err(|error| Fault::refused(format!("the plan's definition cannot be written as JSON: {error}"))),
            (None, None) => Err(Fault::refused("the plan says neither `s3` nor `definition`")),
        }
    }
}

fn text(bytes: Vec<u8>, what: &str) -> Result<String, Fault> {
    String::from_utf8(bytes).map_err(|_| Fault::refused(format!("{what} is not UTF-8 text")))
}

/// Refuses what no state machine could run, before anything is changed.
fn check(text: &str, what: &str) -> Result<(), Fault> {
    let definition: Value =
        serde_json::from_str(text).map_err(|error| Fault::refused(format!("{what} is not JSON: {error}")))?;
    unambiguous(text).map_err(|error| Fault::refused(format!("{what} is ambiguous: {error}")))?;
    let wrong = match &definition {
        Value::Object(definition) => SfnDefinition::unfit(definition),
        _ => vec!["it is no object".into()],
    };
    if wrong.is_empty() {
        Ok(())
    } else {
        Err(Fault::refused(format!("{what} is not in Amazon States Language: {}", wrong.join("; "))))
    }
}

/// What Step Functions says of a definition, without the values that it quotes: they may be secrets.
fn without_values(told: &str, definition: &str) -> String {
    /// Shorter ones are no secrets, and stand everywhere.
    const SHORTEST: usize = 6;
    let mut values = Vec::new();
    let definition = serde_json::from_str(definition).unwrap_or_default();
    texts(&definition, &mut values);
    values.retain(|value| value.chars().count() >= SHORTEST);
    hidden(told, &values)
}

/// The texts in a definition, but for those that the language itself gives a meaning: what is wrong with these is told.
fn texts<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
    const OF_THE_LANGUAGE: &[&str] = &["Default", "Next", "QueryLanguage", "Resource", "StartAt", "Type", "Version"];
    match value {
        Value::String(text) => found.push(text),
        Value::Array(items) => items.iter().for_each(|item| texts(item, found)),
        Value::Object(map) => {
            map.iter()
                .filter(|(key, _)| !OF_THE_LANGUAGE.contains(&key.as_str()))
                .for_each(|(_, part)| texts(part, found));
        }
        _ => {}
    }
}

fn absent(machine: &str, names: &[String]) -> Fault {
    let meant = nearest(machine, names.iter().map(String::as_str));
    let advice = match (meant, names) {
        (Some(meant), _) => format!("did you mean `{meant}`?"),
        (None, []) => "this account has no state machine in this region".to_owned(),
        (None, names) => {
            format!("there are {}", names.iter().take(20).map(String::as_str).collect::<Vec<_>>().join(", "))
        }
    };
    Fault::refused(format!("there is no state machine {machine} in this account and region")).with_advice(advice)
}

/// What a person can do about a refused call. Step Functions wants the machine's role handed over with a new definition.
fn advise(fault: Fault, machine: &str) -> Fault {
    if fault.code == "AccessDeniedException" && fault.message.contains("iam:PassRole") {
        return fault.with_advice(format!(
            "name the role with which state machine {machine} runs in the stack's parameter ExecutionRoleArns"
        ));
    }
    CODES.explain(fault, machine)
}

const CODES: Vocabulary = Vocabulary(&[
    Word::new("StateMachineDoesNotExist", "there is no state machine {} in this account and region"),
    Word::new("InvalidDefinition", "correct the definition: Step Functions says what is wrong with it"),
    Word::new(
        "AccessDeniedException",
        "let the version function reach {}: the stack's parameter StateMachineArns says which it may",
    ),
]);

#[cfg(test)]
mod tests;

//! A [`Kind`] without its type: what validation, listings and the schema need of it.

use schemars::{Schema, SchemaGenerator};
use serde_json::Value;

use super::{Calls, Host, Kind, Nature};
use crate::resource::Resource;

/// One action of a catalogue.
#[derive(Debug, Clone, Copy)]
pub struct Entry {
    /// The name in `uses`.
    pub uses: &'static str,
    /// Change, check or command.
    pub nature: Nature,
    /// The function that hosts it.
    pub host: Host,
    /// One sentence on what it does.
    pub about: &'static str,
    /// What one resource of it is, in a few words.
    pub resource: &'static str,
    /// What AWS serialises, and why; empty for a check.
    pub serialised: &'static str,
    /// What it calls at AWS.
    pub calls: &'static [Calls],
    schema: fn(&mut SchemaGenerator) -> Schema,
    look: fn(&Value) -> Result<Looked, WrongWith>,
}

/// What a well-formed `with` says about the step.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Looked {
    /// Whose state is compared.
    pub resource: Resource,
    /// What AWS serialises.
    pub serialised_by: Vec<Resource>,
    /// What the step will do, in a few words.
    pub summary: String,
    /// Sentences that refuse it.
    pub faults: Vec<String>,
    /// Sentences worth reading.
    pub warnings: Vec<String>,
}

/// A `with` that is not of the action's form.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct WrongWith {
    /// The keys and indexes that lead to what is wrong, from `with` on.
    pub path: Vec<String>,
    /// What is wrong, as serde says it.
    pub message: String,
}

impl Entry {
    /// The entry of a kind.
    pub const fn of<K: Kind>() -> Self {
        Self {
            uses: K::USES,
            nature: K::NATURE,
            host: K::HOST,
            about: K::ABOUT,
            resource: K::RESOURCE,
            serialised: K::SERIALISED,
            calls: K::CALLS,
            schema: |generator| generator.subschema_for::<K::With>(),
            look: |with| {
                let with: K::With = crate::written::read(with)?;
                Ok(Looked {
                    resource: K::resource(&with),
                    serialised_by: K::serialised_by(&with),
                    summary: K::summary(&with),
                    faults: K::faults(&with),
                    warnings: K::warnings(&with),
                })
            },
        }
    }

    /// The JSON Schema of `with`.
    pub fn schema(&self, generator: &mut SchemaGenerator) -> Schema {
        (self.schema)(generator)
    }

    /// The parameters that have to be given.
    pub fn required(&self) -> Vec<String> {
        let mut generator = SchemaGenerator::default();
        let schema = self.schema(&mut generator).to_value();
        let definitions = generator.take_definitions(true);
        let name = schema["$ref"].as_str().map(|name| name.trim_start_matches("#/$defs/"));
        let schema = name.and_then(|name| definitions.get(name)).unwrap_or(&schema);
        let required = schema["required"].as_array().into_iter().flatten();
        required.filter_map(|name| name.as_str().map(str::to_owned)).collect()
    }

    /// Reads a `with` whose templates are rendered (or stood in for).
    ///
    /// # Errors
    /// When it is not of the action's form.
    pub fn look(&self, with: &Value) -> Result<Looked, WrongWith> {
        (self.look)(with)
    }
}

/// Reads from anywhere, and says where it is wrong.
///
/// # Errors
/// When it is not of the form of `T`.
pub(crate) fn at_path<'de, T, D>(from: D) -> Result<T, WrongWith>
where
    T: serde::de::DeserializeOwned,
    D: serde::Deserializer<'de>,
{
    serde_path_to_error::deserialize(from).map_err(|error| {
        use serde_path_to_error::Segment;
        let path = error
            .path()
            .iter()
            .filter_map(|segment| match segment {
                Segment::Seq { index } => Some(index.to_string()),
                Segment::Map { key } => Some(key.clone()),
                Segment::Enum { .. } | Segment::Unknown => None,
            })
            .collect();
        WrongWith { path, message: error.into_inner().to_string() }
    })
}

/// All actions there are.
#[derive(Debug, Clone, Copy)]
pub struct Catalogue(pub &'static [Entry]);

impl Catalogue {
    /// The action of that name.
    pub fn find(&self, uses: &str) -> Option<&'static Entry> {
        self.0.iter().find(|entry| entry.uses == uses)
    }

    /// The name most like a misspelt one, if any is like it.
    pub fn nearest(&self, uses: &str) -> Option<&'static str> {
        crate::plan::nearest(uses, self.0.iter().map(|entry| entry.uses))
    }
}

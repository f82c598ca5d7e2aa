//! The JSON Schema of plans, for editors.

use schemars::{JsonSchema as _, Schema, generate::SchemaSettings};
use serde_json::{Map, Value, json};

use super::spec::Plan;
use crate::action::Catalogue;

/// The schema of a plan, with the parameters of every action.
pub fn json_schema(catalogue: &Catalogue) -> Schema {
    let mut generator = SchemaSettings::draft2020_12().into_generator();
    let mut plan = Plan::json_schema(&mut generator);
    let mut cases = Vec::new();
    let mut names = Vec::new();
    for entry in catalogue.0 {
        let with = entry.schema(&mut generator);
        names.push(json!({"const": entry.uses, "description": entry.about}));
        cases.push(json!({
            "if": {"properties": {"uses": {"const": entry.uses}}},
            "then": {"properties": {"with": with}},
        }));
    }
    let mut definitions: Map<String, Value> = generator.take_definitions(true);
    for (name, definition) in &mut definitions {
        let is_action = !["StepSpec", "Guard", "Ramp", "StageSpec", "Input", "Trigger"].contains(&name.as_str());
        if is_action {
            admit_templates(definition);
        }
    }
    for user in ["StepSpec", "Guard"] {
        if let Some(Value::Object(definition)) = definitions.get_mut(user) {
            definition.insert("allOf".into(), Value::Array(cases.clone()));
            if let Some(uses) = definition.get_mut("properties").and_then(|it| it.get_mut("uses")) {
                *uses = json!({"oneOf": names, "description": "The action."});
            }
        }
    }
    plan.insert("$schema".into(), json!("https://json-schema.org/draft/2020-12/schema"));
    plan.insert("title".into(), json!("A backout plan"));
    plan.insert("$defs".into(), Value::Object(definitions));
    plan
}

/// Wherever a number or a boolean may stand, a template that gives one may stand too.
fn admit_templates(schema: &mut Value) {
    let Value::Object(map) = schema else { return };
    if let Some(Value::Object(properties)) = map.get_mut("properties") {
        for property in properties.values_mut() {
            let plain = match property.get("type") {
                Some(Value::String(kind)) => matches!(kind.as_str(), "number" | "integer" | "boolean"),
                Some(Value::Array(kinds)) => {
                    kinds.iter().any(|kind| matches!(kind.as_str(), Some("number" | "integer" | "boolean")))
                }
                _ => false,
            };
            if plain {
                let own = property.take();
                let described = own.get("description").cloned();
                *property = json!({"anyOf": [own, {"type": "string", "pattern": "^\\{\\{.*\\}\\}$"}]});
                if let (Some(described), Some(map)) = (described, property.as_object_mut()) {
                    map.insert("description".into(), described);
                }
            }
        }
    }
}

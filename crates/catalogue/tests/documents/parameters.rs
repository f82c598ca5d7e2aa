//! The parameters of an action as a table, from their JSON Schema: names, forms, bounds and defaults from the types,
//! words from the documentation of the fields.

use backout_engine::action::Entry;
use schemars::SchemaGenerator;
use serde_json::{Map, Value};

/// The table of an action's parameters; those of what stands inside one follow it.
pub fn table(entry: &Entry) -> String {
    let mut generator = SchemaGenerator::default();
    let with = entry.schema(&mut generator).to_value();
    let schema = Schema { definitions: generator.take_definitions(true) };
    let mut rows = String::from("| parameter | form | if left out | what it is |\n|---|---|---|---|\n");
    schema.rows("", &with, &mut rows);
    rows
}

/// A text as it may stand in a cell.
pub fn cell(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|")
}

struct Schema {
    definitions: Map<String, Value>,
}

impl Schema {
    fn rows(&self, before: &str, of: &Value, rows: &mut String) {
        let of = self.resolved(of);
        let required = of["required"].as_array().map_or(&[][..], Vec::as_slice);
        for (name, schema) in of["properties"].as_object().into_iter().flatten() {
            let form = self.resolved(schema);
            let default = match (&schema["default"], required.contains(&Value::from(name.as_str()))) {
                (_, true) => "required".to_owned(),
                // What stands inside it has its own.
                (Value::Object(_), _) if form["properties"].is_object() => "—".to_owned(),
                (Value::Null, _) => "—".to_owned(),
                (default, _) => format!("`{}`", plain(default)),
            };
            let words = [schema["description"].as_str().unwrap_or_default().to_owned(), self.variants(form)];
            let words = words.iter().filter(|it| !it.is_empty()).map(|it| cell(it)).collect::<Vec<_>>().join(" ");
            rows.push_str(&format!("| `{before}{name}` | {} | {default} | {words} |\n", cell(&self.form(schema))));
            if form["properties"].is_object() {
                self.rows(&format!("{before}{name}."), form, rows);
            } else if self.resolved(&form["items"])["properties"].is_object() {
                self.rows(&format!("{before}{name}[]."), &form["items"], rows);
            }
        }
    }

    /// Without what is only "or nothing", and where it leads to.
    fn resolved<'a>(&'a self, schema: &'a Value) -> &'a Value {
        let some = schema["anyOf"].as_array().and_then(|any| match any.as_slice() {
            [one, nothing] if nothing["type"] == "null" => Some(one),
            _ => None,
        });
        match (some, schema["$ref"].as_str()) {
            (Some(one), _) => self.resolved(one),
            (None, Some(name)) => {
                self.definitions.get(name.trim_start_matches("#/$defs/")).map_or(schema, |it| self.resolved(it))
            }
            (None, None) => schema,
        }
    }

    /// A form in words, with its bounds.
    fn form(&self, schema: &Value) -> String {
        let schema = self.resolved(schema);
        let constants: Vec<_> = consts(schema).map(|(value, _)| format!("`{}`", plain(value))).collect();
        if !constants.is_empty() {
            return constants.join(", ");
        }
        if let Some(any) = schema["anyOf"].as_array() {
            return any.iter().map(|one| self.form(one)).collect::<Vec<_>>().join(" or ");
        }
        let types: Vec<&str> = match &schema["type"] {
            Value::String(one) => vec![one],
            Value::Array(several) => several.iter().filter_map(Value::as_str).filter(|it| *it != "null").collect(),
            _ => vec![],
        };
        let example = schema["examples"][0].as_str();
        let words = types.iter().map(|name| match *name {
            "string" => match (schema["title"].as_str(), example) {
                (Some(title), Some(example)) => format!("{title}, like `{example}`"),
                (None, Some(example)) => format!("text like `{example}`"),
                (_, None) => "text".to_owned(),
            },
            "integer" => "whole number".to_owned(),
            "number" => "number".to_owned(),
            "boolean" => "`true` or `false`".to_owned(),
            "array" => format!("list of {}", several(&self.form(&schema["items"]))),
            "object" if schema["additionalProperties"].is_object() => {
                format!("by name: {}", self.form(&schema["additionalProperties"]))
            }
            "object" => "object".to_owned(),
            other => other.to_owned(),
        });
        let words = words.collect::<Vec<_>>().join(" or ");
        let words = if words.is_empty() { "anything".to_owned() } else { words };
        let bounds = bounds(schema);
        if bounds.is_empty() { words } else { format!("{words}, {bounds}") }
    }

    /// What each word of an enumeration means, where it says so.
    fn variants(&self, schema: &Value) -> String {
        let said = consts(schema).filter_map(|(value, schema)| Some((value, schema["description"].as_str()?)));
        said.map(|(value, words)| format!("`{}`: {words}", plain(value))).collect::<Vec<_>>().join(" ")
    }
}

/// A form that stands there several times.
fn several(form: &str) -> String {
    const NOUNS: [&str; 4] = ["text", "whole number", "number", "object"];
    match NOUNS.iter().find_map(|noun| Some((noun, form.strip_prefix(noun)?))) {
        Some((noun, rest)) => format!("{noun}s{rest}"),
        None => form.to_owned(),
    }
}

/// The words of an enumeration.
fn consts(schema: &Value) -> impl Iterator<Item = (&Value, &Value)> {
    let alone = schema["enum"].as_array().into_iter().flatten().map(|value| (value, &Value::Null));
    let described = schema["oneOf"].as_array().into_iter().flatten();
    alone.chain(described.filter_map(|one| Some((one.get("const")?, one))))
}

/// The bounds that its type alone does not give.
fn bounds(schema: &Value) -> String {
    let words = [
        ("minimum", "at least"),
        ("maximum", "at most"),
        ("minItems", "at least"),
        ("maxItems", "at most"),
        ("minProperties", "at least"),
        ("maxLength", "of at most"),
    ];
    let said = words.iter().filter_map(|(key, words)| match (*key, &schema[*key]) {
        (_, Value::Null) => None,
        // What the type of the number says by itself: it has no sign, and fits into so many bits.
        ("minimum", Value::Number(least)) if schema["type"] != "number" && least.as_u64() == Some(0) => None,
        ("maximum", Value::Number(most)) if [255, 65_535].map(Some).contains(&most.as_u64()) => None,
        (_, number) => Some(format!("{words} {}", plain(number))),
    });
    said.collect::<Vec<_>>().join(", ")
}

/// A value as a plan writes it.
fn plain(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => format!("[{}]", items.iter().map(plain).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

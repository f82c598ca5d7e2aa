//! `{{ expression }}` in plans: expressions only, strict, bounded.
//!
//! A text that is one template and nothing else gives the expression's own value (a number stays a number);
//! anything else gives a text. Keys of mappings are rendered too, to texts.

use std::collections::{BTreeMap, BTreeSet};

use minijinja::{Environment, UndefinedBehavior};
use serde_json::{Map, Value, json};

use super::scan::{Token, end_of_expression, tokens};
use crate::{ids::StepId, written};

/// Bounds the work of one expression (minijinja's unit: about one instruction).
const FUEL: u64 = 10_000;
/// The longest expression, in bytes: the compiler calls itself for each operator.
const LONGEST: usize = 500;

/// What an expression may refer to.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    /// `inputs.<name>`.
    pub inputs: BTreeMap<String, Value>,
    /// `item`, inside `for_each`.
    pub item: Option<Value>,
    /// `steps.<id>.<field>`.
    pub steps: BTreeMap<StepId, Map<String, Value>>,
    /// `run.id`, `run.reason`….
    pub run: Option<Value>,
}

/// A template that cannot be read or rendered.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// `{{` without `}}`.
    #[error("`{{{{` is never closed by `}}}}`")]
    Unclosed,
    /// A key that another key of its mapping comes out as.
    #[error("two keys of this mapping come out as `{0}`")]
    SameKey(String),
    /// Not an expression, or one that refers to nothing.
    #[error("`{{{{ {expression} }}}}` cannot be evaluated: {why}")]
    Broken {
        /// The expression.
        expression: String,
        /// What is wrong with it.
        why: String,
    },
}

/// A text with templates in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text {
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Plain(String),
    Expression { written: String, code: String },
}

/// What the templates of a value refer to.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct References {
    /// Names after `inputs.`.
    pub inputs: BTreeSet<String>,
    /// Ids after `steps.`.
    pub steps: BTreeSet<String>,
    /// Whether `item` is referred to.
    pub item: bool,
    /// Whether `run` is referred to.
    pub run: bool,
    /// Names after `run.`.
    pub run_fields: BTreeSet<String>,
}

impl Text {
    /// Reads a text.
    ///
    /// # Errors
    /// When a template is not closed.
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let mut parts = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("{{") {
            let end = end_of_expression(after).ok_or(TemplateError::Unclosed)?;
            let (inside, behind) = (&after[..end], &after[end + 2..]);
            if !before.is_empty() {
                parts.push(Part::Plain(before.to_owned()));
            }
            let written = inside.trim().to_owned();
            parts.push(Part::Expression { code: tokens(&written).into_iter().map(Token::code).collect(), written });
            rest = behind;
        }
        if !rest.is_empty() || parts.is_empty() {
            parts.push(Part::Plain(rest.to_owned()));
        }
        Ok(Self { parts })
    }

    /// What it refers to.
    pub fn references(&self) -> References {
        let mut references = References::default();
        for part in &self.parts {
            let Part::Expression { written, .. } = part else { continue };
            let tokens = tokens(written);
            for three in tokens.windows(3) {
                if let [Token::Name("run"), Token::Other("."), Token::Other(field)] = three {
                    references.run_fields.insert((*field).to_owned());
                }
            }
            for token in tokens {
                match token {
                    Token::Input(name) => drop(references.inputs.insert(name.to_owned())),
                    Token::Step(id) => drop(references.steps.insert(id.to_owned())),
                    Token::Name("item") => references.item = true,
                    Token::Name("run") => references.run = true,
                    Token::Name(_) | Token::Other(_) => {}
                }
            }
        }
        references
    }

    /// Whether what it says beside earlier steps is so in a scope.
    ///
    /// # Errors
    /// When an expression that refers to no step is broken, or refers to what is not there.
    pub fn check(&self, scope: &Scope) -> Result<(), TemplateError> {
        for part in &self.parts {
            let Part::Expression { written, code } = part else { continue };
            if !tokens(written).iter().any(|token| matches!(token, Token::Step(_))) {
                evaluate(written, code, scope)?;
            }
        }
        Ok(())
    }

    /// Its value in a scope.
    ///
    /// # Errors
    /// When an expression is broken, or refers to what is not there.
    pub fn render(&self, scope: &Scope) -> Result<Value, TemplateError> {
        if let [Part::Expression { written, code }] = self.parts.as_slice() {
            return match as_it_stands(written, scope) {
                Some(value) => Ok(value),
                None => evaluate(written, code, scope),
            };
        }
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Plain(plain) => text.push_str(plain),
                Part::Expression { written, code } => text.push_str(&written::text(&evaluate(written, code, scope)?)),
            }
        }
        Ok(Value::String(text))
    }
}

/// The part of an item that an expression names and does no more with: what is marked in it stays so.
fn as_it_stands(written: &str, scope: &Scope) -> Option<Value> {
    let mut names = written.split('.');
    let item = scope.item.as_ref().filter(|_| names.next() == Some("item"))?;
    names.try_fold(item, |value, name| value.get(name)).cloned()
}

fn evaluate(written: &str, code: &str, scope: &Scope) -> Result<Value, TemplateError> {
    let broken = |why: String| TemplateError::Broken { expression: shortened(written), why };
    if written.len() > LONGEST {
        return Err(broken(format!("it is longer than {LONGEST} bytes")));
    }
    // It repeats texts and lists too, which fuel does not bound: one instruction can fill the memory.
    if tokens(written).contains(&Token::Other("*")) {
        return Err(broken("`*` has no meaning here".into()));
    }
    let mut environment = Environment::empty();
    environment.set_undefined_behavior(UndefinedBehavior::Strict);
    environment.set_fuel(Some(FUEL));
    let steps: BTreeMap<&str, &Map<String, Value>> =
        scope.steps.iter().map(|(id, facts)| (id.as_str(), facts)).collect();
    let mut context = json!({"inputs": scope.inputs, "steps": steps});
    if let Some(item) = &scope.item {
        context["item"] = written::shown(item);
    }
    if let Some(run) = &scope.run {
        context["run"] = run.clone();
    }
    let expression = environment.compile_expression(code).map_err(|error| broken(reason(&error)))?;
    let value = expression.eval(minijinja::value::Serde(&context)).map_err(|error| broken(reason(&error)))?;
    if value.is_undefined() {
        return Err(broken("there is nothing of that name".into()));
    }
    serde_json::to_value(value).map_err(|error| broken(error.to_string()))
}

/// As much of an expression as fits into a sentence.
fn shortened(written: &str) -> String {
    const SHOWN: usize = 200;
    match written.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &written[..end]),
        None => written.to_owned(),
    }
}

fn reason(error: &minijinja::Error) -> String {
    match error.kind() {
        minijinja::ErrorKind::UndefinedError => "there is nothing of that name".into(),
        kind => error.detail().map_or_else(|| kind.to_string(), str::to_owned),
    }
}

/// The references of every text in a value.
///
/// # Errors
/// The path to a text that cannot be read, and why.
pub(crate) fn references(value: &Value) -> Result<References, (Vec<String>, TemplateError)> {
    let mut all = References::default();
    texts(value, &mut Vec::new(), &mut |path, text| {
        let found = Text::parse(text).map_err(|error| (path.to_vec(), error))?.references();
        all.inputs.extend(found.inputs);
        all.steps.extend(found.steps);
        all.item |= found.item;
        all.run |= found.run;
        all.run_fields.extend(found.run_fields);
        Ok(())
    })?;
    Ok(all)
}

/// The path to the first text in a value whose references are such.
pub(crate) fn place(value: &Value, such: &dyn Fn(&References) -> bool) -> Option<Vec<String>> {
    // Texts that cannot be read were reported by whoever asked for the references.
    texts(value, &mut Vec::new(), &mut |path, text| match Text::parse(text) {
        Ok(text) if such(&text.references()) => Err(path.to_vec()),
        _ => Ok(()),
    })
    .err()
}

/// A look at one text, with the path that leads to it.
type Look<'a, E> = dyn FnMut(&[String], &str) -> Result<(), E> + 'a;

/// Looks at every text in a value, keys included, with the path that leads to it, until one is an error.
pub(crate) fn texts<E>(value: &Value, path: &mut Vec<String>, look: &mut Look<'_, E>) -> Result<(), E> {
    match value {
        Value::String(text) => look(path, text)?,
        Value::Array(items) => {
            for (index, item) in items.iter().enumerate() {
                path.push(index.to_string());
                texts(item, path, look)?;
                path.pop();
            }
        }
        Value::Object(map) => {
            for (key, item) in map {
                path.push(key.clone());
                look(path, key)?;
                texts(item, path, look)?;
                path.pop();
            }
        }
        _ => {}
    }
    Ok(())
}

/// Renders every text in a value.
///
/// # Errors
/// The path to a text that cannot be rendered, and why.
pub(crate) fn render(value: &Value, scope: &Scope) -> Result<Value, (Vec<String>, TemplateError)> {
    walk(value, &mut Vec::new(), &mut |_, text| text.render(scope))
}

/// What is done with a text, given the path that leads to it.
type Each<'a> = dyn FnMut(&[String], Text) -> Result<Value, TemplateError> + 'a;

/// Applies a function to every text in a value, keys included, with the path that leads to it.
pub(crate) fn walk(
    value: &Value,
    path: &mut Vec<String>,
    each: &mut Each<'_>,
) -> Result<Value, (Vec<String>, TemplateError)> {
    Ok(match value {
        Value::String(text) => one(text, path, each)?,
        Value::Array(items) => {
            let mut list = Vec::with_capacity(items.len());
            for (index, item) in items.iter().enumerate() {
                path.push(index.to_string());
                list.push(walk(item, path, each)?);
                path.pop();
            }
            Value::Array(list)
        }
        Value::Object(map) => {
            let mut fields = Map::new();
            for (key, item) in map {
                path.push(key.clone());
                let name = written::text(&one(key, path, each)?).into_owned();
                if fields.contains_key(&name) {
                    return Err((path.clone(), TemplateError::SameKey(name)));
                }
                fields.insert(name, walk(item, path, each)?);
                path.pop();
            }
            Value::Object(fields)
        }
        plain => plain.clone(),
    })
}

fn one(text: &str, path: &[String], each: &mut Each<'_>) -> Result<Value, (Vec<String>, TemplateError)> {
    Text::parse(text).and_then(|text| each(path, text)).map_err(|error| (path.to_vec(), error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope() -> Scope {
        let endpoint = json!({"endpoint": "db.example", "port": 8086});
        Scope {
            inputs: [("api".into(), json!("abc")), ("rate".into(), json!(5))].into(),
            item: Some(json!({"function": "loader"})),
            steps: [("restore-db".parse().expect("id"), endpoint.as_object().expect("map").clone())].into(),
            run: None,
        }
    }

    fn render_text(text: &str) -> Result<Value, TemplateError> {
        Text::parse(text)?.render(&scope())
    }

    #[test]
    fn a_lone_template_keeps_its_type() {
        assert_eq!(render_text("{{ inputs.rate }}"), Ok(json!(5)));
        assert_eq!(render_text("at {{ inputs.rate }}/s on {{ inputs.api }}"), Ok(json!("at 5/s on abc")));
        assert_eq!(render_text("plain"), Ok(json!("plain")));
        assert_eq!(render_text(""), Ok(json!("")));
    }

    #[test]
    fn step_ids_may_hold_dashes() {
        assert_eq!(
            render_text("https://{{ steps.restore-db.endpoint }}:{{ steps.restore-db.port }}"),
            Ok(json!("https://db.example:8086"))
        );
        assert_eq!(render_text("{{ item.function }}"), Ok(json!("loader")));
    }

    #[test]
    fn what_is_not_there_is_an_error() {
        for text in ["{{ inputs.nothing }}", "{{ steps.restore-db.nothing }}", "{{ nothing }}", "{{ 1 + }}", "{{ x"] {
            assert!(render_text(text).is_err(), "{text}");
        }
    }

    #[test]
    fn references_are_found_and_texts_in_quotes_are_not() {
        let value =
            json!({"a": "{{ inputs.api }}", "b": ["{{ steps.x-1.y ~ 'inputs.no' }}"], "c": "{{ item.steps.z }}"});
        let found = references(&value).expect("reads");
        assert_eq!(found.inputs, ["api".to_owned()].into());
        assert_eq!(found.steps, ["x-1".to_owned()].into());
        assert!(found.item && !found.run);
    }
}

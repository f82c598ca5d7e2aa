//! From text to [`Plan`], section by section, so that every problem is found at once.

use serde::Deserialize as _;
use serde_json::{Map, Value};

use super::{
    document::Document,
    misplaced::misplaced_templates,
    parameter::wrong_place,
    problem::{Problem, Problems},
    spec::{Guard, Input, InputType, Plan, Ramp, StageSpec, StepSpec},
    words::nearest,
};
use crate::{
    action::{Catalogue, Nature, WrongWith},
    code::Code,
    written,
};

mod gaps;
mod section;
mod trigger;

pub(super) use gaps::UNREADABLE;
pub(super) use section::Mistake;

/// A plan, and the document it was read from.
#[derive(Debug, Clone)]
pub struct Parsed {
    /// Where everything stood.
    pub document: Document,
    /// The plan.
    pub plan: Plan,
    /// Whether names of inputs, steps or stages may stand in parts of it that could not be read.
    pub(super) has_gaps: bool,
}

/// Reads a plan. What its templates and parameters say is looked at by [`super::expand()`].
///
/// # Errors
/// All problems of form at once.
pub fn parse(file: &str, text: &str, catalogue: &Catalogue) -> Result<Parsed, Problems> {
    match read(file, text, catalogue)? {
        (Some(parsed), problems) if problems.is_empty() => Ok(parsed),
        (_, problems) => Err(Problems::in_order(problems)),
    }
}

/// Reads as much of a plan as can be read, with what is wrong with its form.
///
/// # Errors
/// When it is not even YAML.
pub(super) fn read(file: &str, text: &str, catalogue: &Catalogue) -> Result<(Option<Parsed>, Vec<Problem>), Problems> {
    let document = Document::read(file, text).map_err(Problems)?;
    let mut parser = Parser { document: &document, catalogue, problems: Vec::new(), has_gaps: false };
    let plan = parser.plan();
    parser.problems.extend(misplaced_templates(&document));
    let Parser { problems, has_gaps, .. } = parser;
    Ok((plan.map(|plan| Parsed { document, plan, has_gaps }), problems))
}

struct Parser<'a> {
    document: &'a Document,
    catalogue: &'a Catalogue,
    problems: Vec<Problem>,
    has_gaps: bool,
}

type Path = Vec<String>;

fn under(path: &[String], more: &[&str]) -> Path {
    path.iter().cloned().chain(more.iter().map(|&part| part.to_owned())).collect()
}

impl Parser<'_> {
    fn plan(&mut self) -> Option<Plan> {
        let Value::Object(mut top) = self.document.value.clone() else {
            self.problem(Code::WrongValue, &[], "a plan is a mapping that begins with `name:`".into());
            return None;
        };
        let here = Path::new();
        let triggers = self.triggers(&mut top);
        let inputs = self.inputs(&mut top);
        let preflight = self.steps(&mut top, &here, "preflight");
        let stages = self.stages(&mut top);
        let misspelt = top.keys().any(|key| nearest(key, ["stages"]).is_some());
        if self.is_nothing(&under(&here, &["stages"])) && !misspelt {
            self.problem(Code::NothingToDo, &under(&here, &["stages"]), "the plan has no stages".into());
        }
        let rest: Plan = self.section_of_names(Value::Object(top), &here, "the plan")?;
        Some(Plan { triggers, inputs, preflight, stages, ..rest })
    }

    fn inputs(&mut self, top: &mut Map<String, Value>) -> std::collections::BTreeMap<String, Input> {
        let path = under(&[], &["inputs"]);
        let Some(value) = top.remove("inputs") else { return Default::default() };
        let Value::Object(map) = value else {
            self.has_gaps = true;
            self.problem(Code::WrongValue, &path, "`inputs` maps names to what they are".into());
            return Default::default();
        };
        let mut inputs = std::collections::BTreeMap::new();
        for (name, value) in map {
            let path = under(&path, &[&name]);
            let before = self.problems.len();
            if !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
                // A template can name it only in part.
                self.has_gaps = true;
                self.problem(Code::WrongValue, &path, format!("`{name}`: use letters, digits and `_`"));
            }
            let Some(input) =
                self.with_default(value, &path).and_then(|value| self.section::<Input>(value, &path, "an input"))
            else {
                inputs.insert(name, gaps::input());
                continue;
            };
            match &input.from {
                Some(from) if wrong_from(from).is_some() => {
                    let what = wrong_from(from).unwrap_or_default();
                    self.problem(Code::WrongValue, &under(&path, &["from"]), what);
                    self.help("write `ssm:/the/parameter/name`");
                }
                None if input.default.as_ref().is_some_and(|default| !input.kind.admits(default)) => {
                    let what = format!("`default` has to be {}, the `type` of this input", input.kind.as_str());
                    self.problem(Code::WrongValue, &under(&path, &["default"]), what);
                    self.help("write `type: string`, `number` or `boolean`; an input without `type` is a string");
                }
                Some(_) if input.default.is_some() => {
                    self.problem(Code::WrongValue, &path, "an input has `from` or `default`, not both".into());
                }
                _ => {}
            }
            // What follows from a wrong one is not worth saying.
            let input = if self.problems.len() == before { input } else { Input { kind: input.kind, ..gaps::input() } };
            inputs.insert(name, input);
        }
        inputs
    }

    /// An input with its default as its `type` has it: a text as it is written.
    fn with_default(&mut self, mut input: Value, path: &[String]) -> Option<Value> {
        let kind = input.get("type").and_then(|kind| InputType::deserialize(kind).ok()).unwrap_or_default();
        self.nothing_given(&input, kind, path);
        let Some(default) = input.get_mut("default") else { return Some(input) };
        let Some(text) = written::marked(default).map(str::to_owned) else { return Some(input) };
        match kind.of(&text) {
            Some(value) => *default = value,
            None => {
                let path = under(path, &["default"]);
                let what = format!("`default` has to be {}, and {text} cannot be kept as such", kind.as_str());
                self.problem(Code::WrongValue, &path, what);
                self.help("write it in quotes, and the input without `type`, to have the text as it is written");
                return None;
            }
        }
        Some(input)
    }

    /// Nothing behind the colon is easily overlooked, and would make an input that somebody has to give.
    fn nothing_given(&mut self, input: &Value, kind: InputType, path: &[String]) {
        for (key, form) in [("default", kind.as_str()), ("from", InputType::String.as_str())] {
            if input.get(key).is_some_and(Value::is_null) {
                let what = format!("`{key}` is nothing; it has to be {form}");
                self.problem(Code::WrongValue, &under(path, &[key]), what);
                self.help(
                    "write `\"\"` for an empty text, or leave the key out: then whoever starts a run gives the value",
                );
            }
        }
    }

    fn stages(&mut self, top: &mut Map<String, Value>) -> Vec<StageSpec> {
        let path = under(&[], &["stages"]);
        let mut stages = Vec::new();
        let mut names = std::collections::BTreeSet::new();
        for (index, value) in self.items(top, &[], "stages").into_iter().enumerate() {
            let path = under(&path, &[&index.to_string()]);
            let Value::Object(mut map) = value else {
                self.has_gaps = true;
                self.problem(Code::WrongValue, &path, "a stage is a mapping with `name` and `steps`".into());
                continue;
            };
            let steps = self.steps(&mut map, &path, "steps");
            let has_ramp = map.contains_key("ramp");
            let ramp = map.remove("ramp").and_then(|value| self.ramp(value, &under(&path, &["ramp"])));
            let steps_at = under(&path, &["steps"]);
            let before = self.problems.len();
            let Some(stage) = self.section_of_names::<StageSpec>(Value::Object(map), &path, "a stage") else {
                stages.push(gaps::stage(steps, ramp));
                continue;
            };
            let called =
                if stage.name == UNREADABLE { "the stage".into() } else { format!("the stage `{}`", stage.name) };
            if has_ramp && self.document.has(&steps_at) {
                let what = format!("{called} has steps and a ramp; make two stages of it");
                self.problem(Code::WrongValue, &path, what);
            } else if !has_ramp && self.is_nothing(&steps_at) && self.problems.len() == before {
                self.problem(Code::NothingToDo, &steps_at, format!("{called} has no steps"));
            }
            if stage.name != UNREADABLE && !names.insert(stage.name.clone()) {
                self.problem(
                    Code::DuplicateName,
                    &under(&path, &["name"]),
                    format!("two stages are called `{}`", stage.name),
                );
            }
            stages.push(StageSpec { steps, ramp, ..stage });
        }
        stages
    }

    fn ramp(&mut self, value: Value, path: &[String]) -> Option<Ramp> {
        let Value::Object(mut map) = value else {
            self.problem(Code::WrongValue, path, "a ramp is a mapping with `uses`, `with` and `through`".into());
            return None;
        };
        let mut guards = Vec::new();
        for (index, value) in self.items(&mut map, path, "guard").into_iter().enumerate() {
            let path = under(path, &["guard", &index.to_string()]);
            let Some(guard) = self.section::<Guard>(value, &path, "a guard") else {
                guards.push(gaps::guard());
                continue;
            };
            self.action(&guard.uses, &path, &[Nature::Check], "a guard is a check");
            guards.push(guard);
        }
        let ramp: Ramp = self.section(Value::Object(map), path, "a ramp")?;
        let nature = self.action(&ramp.uses, path, &[Nature::Change], "a ramp makes one change, rung by rung");
        let through = under(path, &["through"]);
        if self.document.has(&through) && self.is_nothing(&through) {
            self.problem(Code::NothingToDo, &through, "the ramp has no rungs".into());
        }
        // Of an action that no rung can be, the rungs' parameters prove nothing.
        let uses = if nature == Some(Nature::Change) { ramp.uses } else { UNREADABLE.into() };
        Some(Ramp { guard: guards, uses, ..ramp })
    }

    fn steps(&mut self, map: &mut Map<String, Value>, path: &[String], key: &str) -> Vec<StepSpec> {
        let only_checks = key == "preflight";
        let mut steps = Vec::new();
        for (index, value) in self.items(map, path, key).into_iter().enumerate() {
            let path = under(path, &[key, &index.to_string()]);
            let Some(step) = self.section::<StepSpec>(value, &path, "a step") else {
                self.has_gaps = true;
                steps.push(gaps::step());
                continue;
            };
            let natures: &[Nature] =
                if only_checks { &[Nature::Check] } else { &[Nature::Change, Nature::Check, Nature::Command] };
            let nature =
                self.action(&step.uses, &path, natures, "the preflight changes nothing: only checks stand in it");
            if nature.is_some_and(|nature| nature != Nature::Check) && (step.within.is_some() || step.every.is_some()) {
                let what = format!("`{}` is not a check: `within` and `every` are for checks that wait", step.uses);
                self.problem(Code::WrongNature, &path, what);
                self.help("`timeout` bounds how long a change may take");
            }
            steps.push(step);
        }
        steps
    }

    fn action(&mut self, uses: &str, path: &[String], natures: &[Nature], why: &str) -> Option<Nature> {
        if uses == UNREADABLE {
            return None;
        }
        let path = under(path, &["uses"]);
        let Some(entry) = self.catalogue.find(uses) else {
            self.problem(Code::UnknownAction, &path, format!("there is no action `{uses}`"));
            match self.catalogue.nearest(uses) {
                Some(near) => self.help(&format!("did you mean `{near}`?")),
                None => self.help("`backout schema --actions` lists them"),
            }
            return None;
        };
        if !natures.contains(&entry.nature) {
            self.problem(Code::WrongNature, &path, format!("`{uses}` cannot stand here: {why}"));
        }
        Some(entry.nature)
    }

    /// A section whose misspelt keys may hold names.
    fn section_of_names<S: gaps::Section>(&mut self, value: Value, path: &[String], what: &str) -> Option<S> {
        let before = self.problems.len();
        let section = self.section(value, path, what);
        self.has_gaps |= section.is_none();
        self.has_gaps |= self.problems.iter().skip(before).any(|problem| problem.code == Code::UnknownKey);
        section
    }

    /// Whether no such list is there, or an empty one.
    fn is_nothing(&self, path: &[String]) -> bool {
        let pointer: String = path.iter().map(|part| format!("/{part}")).collect();
        self.document.value.pointer(&pointer).is_none_or(|it| it.as_array().is_some_and(Vec::is_empty))
    }

    fn problem(&mut self, code: Code, path: &[String], what: String) {
        let (file, place) = (self.document.file.clone(), self.document.place(path));
        self.problems.push(Problem { code, file, place, what, help: None });
    }

    fn help(&mut self, help: &str) {
        if let Some(last) = self.problems.last_mut() {
            last.help = Some(help.to_owned());
        }
    }
}

/// Why an input cannot be looked up there.
fn wrong_from(from: &str) -> Option<String> {
    let Some(parameter) = from.strip_prefix("ssm:") else {
        return Some(format!("`{from}` is not a place to look an input up"));
    };
    wrong_place(parameter).map(|why| format!("`{parameter}` {why}"))
}

/// Turns what serde says about a value of the wrong form into what a tired person understands.
pub(super) fn explain(document: &Document, base: &[String], wrong: WrongWith, owner: &str) -> Problem {
    let path: Path = base.iter().cloned().chain(wrong.path).collect();
    let problem = |code, path: &[String], what| Problem {
        code,
        file: document.file.clone(),
        place: document.place(path),
        what,
        help: None,
    };
    let quoted = |text: &str| -> Vec<String> { text.split('`').skip(1).step_by(2).map(str::to_owned).collect() };
    let message = wrong.message;
    if message.starts_with("unknown field") {
        let names = quoted(&message);
        let (given, known) = names.split_first().map_or(("", [].as_slice()), |(given, known)| (given.as_str(), known));
        let at = if path.last().is_some_and(|last| last == given) { path.clone() } else { under(&path, &[given]) };
        let near = nearest(given, known.iter().map(String::as_str));
        let takes =
            format!("{owner} takes {}", known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "));
        let help = near.map_or_else(|| takes.clone(), |near| format!("did you mean `{near}`? {takes}"));
        let unknown = problem(Code::UnknownKey, &at, format!("`{given}` means nothing here")).help(help);
        return Problem { place: document.key_place(&at), ..unknown };
    }
    if message.starts_with("missing field") {
        let name = quoted(&message).into_iter().next().unwrap_or_default();
        return problem(Code::MissingKey, &path, format!("{owner} needs `{name}`"));
    }
    let subject = path.last().filter(|last| last.parse::<usize>().is_err());
    let subject = subject.map_or_else(|| "this".to_owned(), |last| format!("`{last}`"));
    let mismatch = ["invalid type: ", "invalid value: "].iter().find_map(|start| message.strip_prefix(start));
    let what = match mismatch.and_then(|rest| rest.rsplit_once(", expected ")) {
        Some((given, wanted)) if is_too_large(&message, given, wanted) => {
            format!("{subject} is {}, which is too large", plain(given))
        }
        Some((given, wanted)) => format!("{subject} is {}; it has to be {}", plain(given), plain(wanted)),
        None if message.starts_with("unknown variant") => {
            let names = quoted(&message);
            let (given, known) =
                names.split_first().map_or(("", [].as_slice()), |(given, known)| (given.as_str(), known));
            let near = nearest(given, known.iter().map(String::as_str));
            let known = known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(" or ");
            let wrong = problem(Code::WrongValue, &path, format!("{subject} is `{given}`; it has to be {known}"));
            return near.map_or(wrong.clone(), |near| wrong.help(format!("did you mean `{near}`?")));
        }
        None if message.contains("untagged enum") => format!("{subject} is not of a form that has a meaning here"),
        None if subject == "this" => message,
        None => format!("{subject}: {message}"),
    };
    problem(Code::WrongValue, &path, what)
}

/// Whether a value is of the right form and beyond the largest that its type holds.
fn is_too_large(message: &str, given: &str, wanted: &str) -> bool {
    let is_whole = ["u8", "u16", "u32", "u64", "usize", "i8", "i16", "i32", "i64", "isize"].contains(&wanted);
    message.starts_with("invalid value") && is_whole && given.starts_with("integer `") && !given.contains('-')
}

/// What serde calls a value or a type, in the words of people who write YAML.
fn plain(said: &str) -> String {
    if let Some(text) = said.strip_prefix("string ") {
        return format!("the text {text}");
    }
    for number in ["integer ", "floating point "] {
        if let Some(number) = said.strip_prefix(number) {
            return format!("the number {}", number.trim_matches('`'));
        }
    }
    if let Some(yes) = said.strip_prefix("boolean ") {
        return yes.trim_matches('`').to_owned();
    }
    match said {
        "null" | "unit value" | "unit" | "Option value" => "nothing".into(),
        "map" | "a map" => "a mapping".into(),
        "sequence" | "a sequence" => "a list".into(),
        "a string" => "a text".into(),
        "a boolean" => "true or false".into(),
        "f32" | "f64" => "a number".into(),
        "i8" | "i16" | "i32" | "i64" | "isize" => "a whole number".into(),
        "u8" | "u16" | "u32" | "u64" | "usize" => "a whole number, not negative".into(),
        said if said.starts_with("struct ") => "a mapping".into(),
        said => said.to_owned(),
    }
}

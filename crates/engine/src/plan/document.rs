//! YAML as a JSON value that remembers where everything stood.

mod load;
mod unreadable;

use std::{borrow::Cow, collections::BTreeMap};

use saphyr::{MarkedYaml, Marker, Scalar, YamlData};
use saphyr_parser::{ScalarStyle, Tag};
use serde_json::{Map, Value};

use self::load::{Unreadable, load};
use super::problem::{Place, Problem};
use crate::{action::WrongWith, code::Code, plan::Trigger, written};

/// A YAML document: its value, and the place of each part of it.
#[derive(Debug, Clone)]
pub struct Document {
    /// The file, as it was named to us.
    pub file: String,
    /// The content. A number or truth value that JSON would write otherwise is marked, with the text that stands here.
    pub value: Value,
    places: BTreeMap<Vec<String>, Place>,
    keys: BTreeMap<Vec<String>, Place>,
}

impl Document {
    /// Reads one YAML document of mappings, lists, texts, numbers and booleans (YAML 1.2: `yes` is a text).
    ///
    /// # Errors
    /// When it is not YAML, or holds what a plan cannot mean.
    pub fn read(file: &str, text: &str) -> Result<Self, Vec<Problem>> {
        let problem = |code, place, what: String| Problem { code, file: file.to_owned(), place, what, help: None };
        let start = Place { line: 1, column: 1 };
        // Old Macs' line breaks are YAML's too; with one kind of them everybody counts lines alike.
        let text = &*if text.contains('\r') {
            Cow::Owned(text.replace("\r\n", "\n").replace('\r', "\n"))
        } else {
            Cow::Borrowed(text)
        };
        let lines = Lines::of(text);
        let yaml = load(text).map_err(|unreadable| match unreadable {
            Unreadable::Scan(error) => {
                let problem = problem(Code::BrokenYaml, lines.place(*error.marker()), String::new());
                vec![unreadable::explained(problem, error.info(), text)]
            }
            Unreadable::TooMuch(marker, what) => vec![problem(Code::BrokenYaml, lines.place(marker), what)],
        })?;
        let [root] = yaml.as_slice() else {
            let Some(second) = yaml.get(1) else {
                return Err(vec![problem(Code::BrokenYaml, start, "the file is empty".into())]);
            };
            let what = format!("the file holds {} documents, of which this is the second; a plan is one", yaml.len());
            let help = "make a file of each, or take out the line `---` between them";
            return Err(vec![problem(Code::BrokenYaml, lines.place_of(second), what).help(help)]);
        };
        let mut reader = Reader { lines, places: BTreeMap::new(), keys: BTreeMap::new(), problems: Vec::new() };
        let value = reader.node(root, &mut Vec::new());
        if reader.problems.is_empty() {
            Ok(Self { file: file.to_owned(), value, places: reader.places, keys: reader.keys })
        } else {
            Err(reader
                .problems
                .into_iter()
                .map(|(code, place, what, help)| Problem { help, ..problem(code, place, what) })
                .collect())
        }
    }

    /// The place of the part that `path` leads to, or of the nearest part around it.
    pub fn place(&self, path: &[String]) -> Place {
        (0..=path.len())
            .rev()
            .find_map(|length| self.places.get(&path[..length]))
            .copied()
            .unwrap_or(Place { line: 1, column: 1 })
    }

    /// The triggers of a plan, whatever else may be wrong with it.
    ///
    /// # Errors
    /// When they are not of the form of triggers.
    pub fn triggers(&self) -> Result<Vec<Trigger>, WrongWith> {
        match self.value.get("triggers") {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(triggers) => written::read_section(triggers),
        }
    }

    /// Whether there is such a part.
    pub fn has(&self, path: &[String]) -> bool {
        self.places.contains_key(path)
    }

    /// The place of the key that `path` ends with; of the part itself where it is no key.
    pub fn key_place(&self, path: &[String]) -> Place {
        self.keys.get(path).copied().unwrap_or_else(|| self.place(path))
    }
}

struct Reader {
    lines: Lines,
    places: BTreeMap<Vec<String>, Place>,
    keys: BTreeMap<Vec<String>, Place>,
    problems: Vec<(Code, Place, String, Option<String>)>,
}

impl Reader {
    fn node(&mut self, node: &MarkedYaml<'_>, path: &mut Vec<String>) -> Value {
        let place = self.lines.place_of(node);
        self.places.entry(path.clone()).or_insert(place);
        match &node.data {
            YamlData::Representation(text, style, tag) => match scalar(text, *style, tag.as_deref()) {
                Some(value) => value,
                None => {
                    let what = tag.as_ref().map_or_else(
                        || "this is not a value".to_owned(),
                        |tag| format!("the YAML tag `{tag}` has no meaning in a plan"),
                    );
                    self.problems.push((Code::BrokenYaml, place, what, None));
                    Value::Null
                }
            },
            YamlData::Sequence(items) => {
                let mut list = Vec::with_capacity(items.len());
                for (index, item) in items.iter().enumerate() {
                    path.push(index.to_string());
                    list.push(self.node(item, path));
                    path.pop();
                }
                Value::Array(list)
            }
            YamlData::Mapping(mapping) => {
                let mut map = Map::new();
                // What stands in the mapping itself comes before what is merged into it.
                let (merges, own): (Vec<_>, Vec<_>) = mapping.iter().partition(|(key, _)| is_merge(key));
                for (key, item) in own {
                    self.entry((key, item), path, &mut map);
                }
                for (key, merged) in merges {
                    self.merge((key, merged), path, &mut map);
                }
                Value::Object(map)
            }
            YamlData::Tagged(tag, _) => {
                self.problems.push((
                    Code::BrokenYaml,
                    place,
                    format!("the YAML tag `{tag}` has no meaning in a plan"),
                    None,
                ));
                Value::Null
            }
            // Of an alias whose anchor is not at its end nothing is known yet.
            YamlData::Value(_) | YamlData::Alias(_) | YamlData::BadValue => {
                let what = "this alias stands inside of what it stands for";
                let help = "write out what is meant, or put quotes around a text that begins with `*`";
                self.problems.push((Code::BrokenYaml, place, what.into(), Some(help.into())));
                Value::Null
            }
        }
    }

    fn entry(
        &mut self,
        (key, item): (&MarkedYaml<'_>, &MarkedYaml<'_>),
        path: &mut Vec<String>,
        map: &mut Map<String, Value>,
    ) {
        let Some(name) = key_name(key) else { return self.odd_key(key) };
        let place = self.lines.place_of(key);
        if name == written::MARKER {
            self.problems.push((Code::BrokenYaml, place, format!("no key of a plan can be `{name}`"), None));
        }
        if map.contains_key(&name) {
            let help = "each key stands once in a mapping: join the two, or take one out";
            let what = format!("the key `{name}` stands twice in this mapping");
            self.problems.push((Code::BrokenYaml, place, what, Some(help.into())));
        }
        path.push(name.clone());
        self.keys.insert(path.clone(), place);
        // A mapping or list is best pointed at where its key stands.
        if !matches!(item.data, YamlData::Representation(..)) {
            self.places.insert(path.clone(), place);
        }
        let value = self.node(item, path);
        path.pop();
        map.insert(name, value);
    }

    /// `<<: *other`, or a list of such: the entries of the others that the mapping has not itself, the first's first.
    fn merge(
        &mut self,
        (key, merged): (&MarkedYaml<'_>, &MarkedYaml<'_>),
        path: &mut Vec<String>,
        map: &mut Map<String, Value>,
    ) {
        let others = match &merged.data {
            YamlData::Sequence(items) => items.iter().collect(),
            _ => vec![merged],
        };
        for other in others {
            let YamlData::Mapping(mapping) = &other.data else {
                let what = "`<<` merges another mapping into this one, or a list of mappings, and this is neither";
                let help = "write `<<: *name`, where `&name` stands at that mapping, or \"<<\" in quotes for a key";
                self.problems.push((Code::BrokenYaml, self.lines.place_of(key), what.into(), Some(help.into())));
                return;
            };
            let (merges, own): (Vec<_>, Vec<_>) = mapping.iter().partition(|(key, _)| is_merge(key));
            for (key, item) in own {
                if !key_name(key).is_some_and(|name| map.contains_key(&name)) {
                    self.entry((key, item), path, map);
                }
            }
            for (key, merged) in merges {
                self.merge((key, merged), path, map);
            }
        }
    }

    fn odd_key(&mut self, key: &MarkedYaml<'_>) {
        let place = self.lines.place_of(key);
        if matches!(key.data, YamlData::Mapping(_)) {
            self.problems.push(unquoted(place));
        } else {
            self.problems.push((Code::BrokenYaml, place, "a key has to be a plain text".into(), None));
        }
    }
}

fn unquoted(place: Place) -> (Code, Place, String, Option<String>) {
    (
        Code::UnquotedTemplate,
        // The inner brace was reported; the template begins one before it.
        Place { column: place.column.saturating_sub(1).max(1), ..place },
        "YAML reads `{{ … }}` without quotes as a mapping".into(),
        Some("put quotes around it: \"{{ … }}\"".into()),
    )
}

/// The column behind the last character of each line.
struct Lines(Vec<usize>);

impl Lines {
    fn of(text: &str) -> Self {
        // Behind the last line break no line begins.
        Self(text.strip_suffix('\n').unwrap_or(text).split('\n').map(|line| line.chars().count() + 1).collect())
    }

    /// Where a marker is. What is missing at the end of a text is marked behind it; people look at its last line.
    fn place(&self, marker: Marker) -> Place {
        let line = marker.line().clamp(1, self.0.len());
        let end = self.0.get(line - 1).copied().unwrap_or(1);
        let column = if line < marker.line() { end } else { marker.col() + 1 };
        Place { line, column: column.min(end) }
    }

    fn place_of(&self, node: &MarkedYaml<'_>) -> Place {
        self.place(node.span.start)
    }
}

/// A key as it is written: `012` is another than `12`.
fn key_name(key: &MarkedYaml<'_>) -> Option<String> {
    match &key.data {
        YamlData::Representation(text, style, tag) if !scalar(text, *style, tag.as_deref())?.is_null() => {
            Some(text.to_string())
        }
        _ => None,
    }
}

/// Whether a key is the merge key of YAML 1.1, without quotes.
fn is_merge(key: &MarkedYaml<'_>) -> bool {
    matches!(&key.data, YamlData::Representation(text, ScalarStyle::Plain, None) if text == "<<")
}

/// The value of a scalar; `None` if its tag does not fit it.
fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>) -> Option<Value> {
    let Some(tag) = tag else {
        // Nothing at all is null; in quotes, everything is a text.
        return Some(match (style, text.is_empty()) {
            (ScalarStyle::Plain, true) => Value::Null,
            (ScalarStyle::Plain, false) => written::value(text),
            _ => Value::String(text.to_string()),
        });
    };
    if !tag.is_yaml_core_schema() {
        return None;
    }
    Some(match Scalar::parse_from_cow_and_metadata(Cow::Borrowed(text), style, Some(&Cow::Borrowed(tag)))? {
        Scalar::String(text) => Value::String(text.into_owned()),
        _ => written::value(text),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &[&str]) -> Vec<String> {
        path.iter().map(|&part| part.to_owned()).collect()
    }

    #[test]
    fn remembers_where_everything_stood() {
        let text = "name: x\nstages:\n  - name: one\n    steps:\n      - id: a\n        with: { rate: 5, on: yes }\n";
        let document = Document::read("p.yaml", text).expect("reads");
        assert_eq!(document.value["stages"][0]["steps"][0]["with"]["rate"], 5);
        assert_eq!(document.value["stages"][0]["steps"][0]["with"]["on"], "yes");
        assert_eq!(document.place(&at(&["stages"])), Place { line: 2, column: 1 });
        assert_eq!(document.place(&at(&["stages", "0", "steps", "0", "with", "rate"])), Place { line: 6, column: 23 });
        assert_eq!(
            document.key_place(&at(&["stages", "0", "steps", "0", "with", "rate"])),
            Place { line: 6, column: 17 }
        );
        assert_eq!(document.place(&at(&["stages", "0", "nothing"])), document.place(&at(&["stages", "0"])));
    }

    #[test]
    fn an_unquoted_template_is_named_as_such() {
        for text in ["a:\n  api: {{ inputs.api }}\n", "a:\n  with: { api: {{ inputs.api }}, stage: prod }\n"] {
            let problems = Document::read("p.yaml", text).expect_err("refused");
            assert_eq!(problems[0].code, Code::UnquotedTemplate, "{problems:?}");
            assert_eq!(problems[0].place.line, 2);
        }
    }

    #[test]
    fn broken_yaml_has_a_place() {
        let problems = Document::read("p.yaml", "name: x\n  bad: [1,\n").expect_err("refused");
        assert_eq!(problems[0].code, Code::BrokenYaml);
        let tab = Document::read("p.yaml", "name: x\nstages:\n\t- a\n").expect_err("refused");
        assert_eq!(tab[0].place, Place { line: 3, column: 1 }, "{tab:?}");
        let twice = Document::read("p.yaml", "name: x\nname: y\n").expect_err("refused");
        assert_eq!(twice[0].place.line, 2, "{twice:?}");
        let nothing = Document::read("p.yaml", "?\n#").expect_err("refused");
        assert_eq!(nothing[0].place, Place { line: 2, column: 2 }, "{nothing:?}");
    }
}

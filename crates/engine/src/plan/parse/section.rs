//! A section of a plan. What is wrong in it is told and left out, so that all that is wrong with it is told at once.

use serde_json::{Map, Value};

use super::{Parser, explain, gaps::Section, under};
use crate::{
    action::WrongWith,
    code::Code,
    plan::nearest,
    written::{marked, read_section},
};

type Path = Vec<String>;

impl Parser<'_> {
    /// Reads a section, with stand-ins for the keys of it that are missing or wrong.
    pub(super) fn section<S: Section>(&mut self, mut value: Value, path: &[String], what: &str) -> Option<S> {
        let mut mended = Vec::new();
        loop {
            let wrong = match read_section(&value) {
                Ok(section) => return Some(section),
                Err(wrong) => wrong,
            };
            let mistake = Mistake::of(&wrong);
            if !(mistake.is_missing && mended.contains(&mistake.path)) {
                self.problems.push(explain(self.document, path, wrong, what));
            }
            let stand_in = mistake.path.first().and_then(|first| Some((first.clone(), S::stand_in(first)?)));
            match (stand_in, &mut value) {
                (Some((first, stand_in)), Value::Object(map)) if map.get(&first) != Some(&stand_in) => {
                    map.insert(first, stand_in);
                }
                _ => mended.push(mistake.mend(&mut value, S::APART)?),
            }
        }
    }

    pub(super) fn items(&mut self, map: &mut Map<String, Value>, path: &[String], key: &str) -> Vec<Value> {
        match map.remove(key) {
            None => Vec::new(),
            Some(Value::Array(items)) => items,
            Some(_) => {
                self.has_gaps = true;
                self.problem(Code::WrongValue, &under(path, &[key]), format!("`{key}` is a list"));
                Vec::new()
            }
        }
    }
}

/// Which key something that is wrong is about.
pub struct Mistake {
    /// The keys that lead to it, and it.
    pub path: Path,
    /// Whether it is not there.
    pub is_missing: bool,
    /// The key that it was probably meant to be.
    meant: Option<String>,
}

impl Mistake {
    /// As serde says it.
    pub fn of(wrong: &WrongWith) -> Self {
        let mut names = wrong.message.split('`').skip(1).step_by(2);
        let is_unknown = wrong.message.starts_with("unknown field `");
        let is_missing = wrong.message.starts_with("missing field `");
        let mut path = wrong.path.clone();
        let key = names.next().filter(|_| is_missing || is_unknown);
        if let Some(key) = key.filter(|key| is_missing || path.last().is_none_or(|last| last != key)) {
            path.push(key.to_owned());
        }
        let meant = key.filter(|_| is_unknown).and_then(|key| nearest(key, names)).map(str::to_owned);
        Self { path, is_missing, meant }
    }

    /// Gives what stands under a misspelt key to the key that was meant, unless that is one of those `apart`, and takes
    /// out what is wrong otherwise. The path to what is not there any more.
    pub fn mend(&self, value: &mut Value, apart: &[&str]) -> Option<Path> {
        let (_, around) = self.path.split_last()?;
        let holder = around.iter().try_fold(&mut *value, |value, key| value.get_mut(key));
        if let (Some(meant), Some(Value::Object(map))) = (&self.meant, holder)
            && !apart.contains(&meant.as_str())
            && !map.contains_key(meant)
            && let Some(given) = self.path.last().and_then(|key| map.remove(key))
        {
            map.insert(meant.clone(), given);
            return Some(self.path.clone());
        }
        take_out(value, &self.path)
    }
}

/// Takes a key out of mappings that stand inside one another, or what is nearest around it: an item of a list leaves
/// with its list, because the others keep their numbers. The path to what was taken out.
fn take_out(value: &mut Value, path: &[String]) -> Option<Path> {
    let (key, rest) = path.split_first()?;
    let Value::Object(map) = value else { return None };
    if let Some(inner) = map.get_mut(key).filter(|inner| !rest.is_empty() && marked(inner).is_none())
        && let Some(taken) = take_out(inner, rest)
    {
        return Some(std::iter::once(key.clone()).chain(taken).collect());
    }
    map.remove(key).map(|_| vec![key.clone()])
}

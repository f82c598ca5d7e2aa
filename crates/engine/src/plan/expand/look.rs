//! What an action says about its parameters: all of it at once, and nothing that only follows.

use serde_json::Value;

use super::Expander;
use crate::{
    action::{Entry, Looked, WrongWith},
    plan::parse::{Mistake, explain},
};

/// What became of a look at parameters.
pub(super) enum Look {
    /// They are of the action's form.
    At(Looked),
    /// What is wrong about them is wrong of a stand-in only, which proves nothing.
    Later,
    /// They are wrong, and that was told.
    Wrong,
}

impl Expander<'_> {
    /// Has the action look at parameters: `given` as they are written under `at`, `known` as far as templates are rendered.
    pub(super) fn look(&mut self, given: &Value, known: &Value, entry: &Entry, at: &[String]) -> Look {
        let mut left = known.clone();
        let mut taken = Vec::new();
        let mut is_told = false;
        loop {
            let wrong = match entry.look(&left) {
                Ok(looked) if taken.is_empty() => return Look::At(looked),
                Ok(_) => break,
                Err(wrong) => wrong,
            };
            let mistake = Mistake::of(&wrong);
            let Mistake { path, is_missing, .. } = &mistake;
            let of_stand_in = self.stands_in(given, &wrong.path) || wrong.message.contains('‹');
            let follows = of_stand_in || *is_missing && taken.contains(path);
            if !follows {
                is_told = true;
                self.wrong_with(given, wrong, entry, at);
            }
            // Forms are looked at before anything is missed: what else is missing is all that is left to say.
            if *is_missing && path.len() == 1 {
                let is_there = |name: &String| path.contains(name) || known.get(name).or(left.get(name)).is_some();
                for name in entry.required().into_iter().filter(|name| !is_there(name)) {
                    is_told = true;
                    let missing = WrongWith { path: Vec::new(), message: format!("missing field `{name}`") };
                    self.wrong_with(given, missing, entry, at);
                }
                break;
            }
            match mistake.mend(&mut left, &[]) {
                Some(path) => taken.push(path),
                None => break,
            }
        }
        if is_told { Look::Wrong } else { Look::Later }
    }

    fn wrong_with(&mut self, given: &Value, wrong: WrongWith, entry: &Entry, at: &[String]) {
        let owner = format!("`{}`", entry.uses);
        let named = wrong.path.first().cloned().or_else(|| quoted(&wrong.message));
        let whole = self.written(at, named.as_slice());
        let base = whole.strip_suffix(named.as_slice()).unwrap_or(at);
        let of_item = super::step::references_at(given, &wrong.path).item;
        let problem = explain(&self.parsed.document, base, wrong, &owner);
        let help = "this is what the item of `for_each` gives: mend it there";
        self.problems.push(if of_item && problem.help.is_none() { problem.help(help) } else { problem });
    }
}

/// The first name that a message quotes.
fn quoted(message: &str) -> Option<String> {
    message.split('`').nth(1).map(str::to_owned)
}

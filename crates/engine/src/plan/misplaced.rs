//! Templates where nothing renders them: they would be shown, matched or compared with their braces.

use std::convert::Infallible;

use super::{Document, Problem, template::texts};
use crate::code::Code;

/// A problem for each template that would be taken literally.
pub(super) fn misplaced_templates(document: &Document) -> Vec<Problem> {
    let mut found = Vec::new();
    let Ok(()) = texts::<Infallible>(&document.value, &mut Vec::new(), &mut |path, text| {
        let parts: Vec<&str> = path.iter().map(String::as_str).collect();
        if text.contains("{{") && !takes_templates(&parts) {
            found.push(problem(document, path, text));
        }
        Ok(())
    });
    found
}

fn problem(document: &Document, path: &[String], text: &str) -> Problem {
    let (what, place) = if path.last().is_some_and(|key| key == text) {
        ("this key cannot be a template".to_owned(), document.key_place(path))
    } else {
        let named = path.iter().rev().find(|part| part.parse::<usize>().is_err());
        (format!("`{}` takes no template", named.map_or("this", String::as_str)), document.place(path))
    };
    let help = "templates stand in `id`, `with`, `for_each`, the durations and the rungs of steps, and in `report`";
    Problem { code: Code::BrokenTemplate, file: document.file.clone(), place, what, help: Some(help.into()) }
}

/// Whether what stands there is rendered.
fn takes_templates(path: &[&str]) -> bool {
    match path {
        ["report", _] => true,
        ["preflight", _, key, ..] | ["stages", _, "steps", _, key, ..] => {
            ["id", "with", "for_each", "within", "every", "timeout"].contains(key)
        }
        ["stages", _, "ramp", "guard", _, key, ..] => ["with", "within", "every"].contains(key),
        ["stages", _, "ramp", key, ..] => ["id", "with", "through", "hold"].contains(key),
        _ => false,
    }
}

//! What is wrong with a text whatever it names, and what a text is like that only a run knows.

use std::borrow::Cow;

/// The faults of names that can be the name of nothing: empty ones, and those with spaces around them.
pub(crate) fn nameless<'a>(names: impl IntoIterator<Item = (&'a str, &'a str)>) -> Vec<String> {
    let wrong = |(parameter, name): (&str, &str)| {
        let bare = name.trim();
        if bare.is_empty() {
            Some(format!("`{parameter}` is empty, so it names nothing"))
        } else if bare != name {
            Some(format!("`{parameter}` is `{name}`, with a space at an end: write `{bare}`"))
        } else {
            None
        }
    };
    names.into_iter().filter_map(wrong).collect()
}

/// A text with a plain letter for each part that only a run can know. `check` has `‹inputs.api›` in such a place, of which
/// nothing can be said.
pub(crate) fn as_far_as_known(text: &str) -> Cow<'_, str> {
    if !text.contains('‹') {
        return text.into();
    }
    let mut known = String::with_capacity(text.len());
    let mut inside = false;
    for c in text.chars() {
        match c {
            '‹' => {
                known.push('x');
                inside = true;
            }
            '›' => inside = false,
            _ if !inside => known.push(c),
            _ => {}
        }
    }
    known.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_of_something_and_has_no_spaces_around_it() {
        assert!(nameless([("api", "abc"), ("stage", "a b")]).is_empty());
        assert_eq!(
            nameless([("api", ""), ("stage", " prod")]),
            ["`api` is empty, so it names nothing", "`stage` is ` prod`, with a space at an end: write `prod`"]
        );
    }

    #[test]
    fn what_only_a_run_knows_is_a_letter() {
        assert_eq!(as_far_as_known("https://‹inputs.host›/‹steps.a steps.b›/x"), "https://x/x/x");
        assert_eq!(as_far_as_known("plain"), "plain");
    }
}

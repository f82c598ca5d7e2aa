//! What a text is like that only a run knows.

use std::borrow::Cow;

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
    fn what_only_a_run_knows_is_a_letter() {
        assert_eq!(as_far_as_known("https://‹inputs.host›/‹steps.a steps.b›/x"), "https://x/x/x");
        assert_eq!(as_far_as_known("plain"), "plain");
    }
}

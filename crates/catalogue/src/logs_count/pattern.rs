//! What CloudWatch Logs refuses in a filter pattern, and what means something else:
//! <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/FilterAndPatternSyntax.html>

/// The most characters of a pattern.
const LONGEST: usize = 1024;

/// Why a pattern is refused. The sentence goes on from the pattern's parameter.
pub(super) fn fault(pattern: &str) -> Option<String> {
    let length = pattern.chars().count();
    if length > LONGEST {
        return Some(format!("has {length} characters: a filter pattern has at most {LONGEST}"));
    }
    if pattern.contains('‹') {
        return None;
    }
    let pattern = pattern.trim();
    for (open, close, what) in [('{', '}', "of JSON"), ('[', ']', "of fields")] {
        if pattern.starts_with(open) {
            return (!pattern.ends_with(close))
                .then(|| format!("begins with `{open}`, as a pattern {what}, and does not end with `{close}`"));
        }
    }
    // A regular expression has characters of its own.
    if pattern.contains('%') {
        return None;
    }
    match terms(pattern) {
        Ok(terms) => {
            // Words with nothing else about them were probably meant as they stand.
            let phrase = terms.iter().all(|term| term.sign.is_none()) && !pattern.contains('"');
            terms.iter().find_map(|term| term.fault(phrase.then_some(pattern)))
        }
        Err(Unclosed) => Some("has a double quote that is never closed".into()),
    }
}

/// Why part of a pattern has no effect.
pub(super) fn warning(pattern: &str) -> Option<String> {
    let pattern = pattern.trim();
    if pattern.starts_with(['{', '[']) || pattern.contains(['‹', '%']) {
        return None;
    }
    let terms = terms(pattern).ok()?;
    let (any, others): (Vec<_>, Vec<_>) = terms.iter().partition(|term| term.sign == Some('?'));
    (!any.is_empty() && !others.is_empty()).then(|| {
        "has terms with `?` beside others, where they have no effect: give all of them a `?`, of which one has to be \
         there, or none"
            .into()
    })
}

struct Unclosed;

/// A term, as it is written without its sign.
struct Term<'a> {
    sign: Option<char>,
    text: &'a str,
}

impl Term<'_> {
    /// Why it is refused. `phrase` is the whole pattern where it may be meant as one.
    fn fault(&self, phrase: Option<&str>) -> Option<String> {
        if self.text.is_empty() {
            return Some(format!("has a `{}` with nothing after it", self.sign.unwrap_or_default()));
        }
        if self.text.starts_with('"') {
            return None;
        }
        let odd = self.text.chars().find(|c| c.is_ascii_punctuation() && *c != '_')?;
        let sign = self.sign.map(String::from).unwrap_or_default();
        let plain = phrase.map_or_else(|| self.text.replace('"', ""), str::to_owned).replace('\\', r"\\");
        Some(format!("has `{odd}` outside of double quotes, which CloudWatch refuses: write `{sign}\"{plain}\"`"))
    }
}

fn terms(pattern: &str) -> Result<Vec<Term<'_>>, Unclosed> {
    let mut terms = Vec::new();
    let mut rest = pattern.trim_start();
    while let Some(first) = rest.chars().next() {
        let sign = ['?', '-'].contains(&first).then_some(first);
        let text = sign.map_or(rest, |sign| &rest[sign.len_utf8()..]);
        let length = match text.strip_prefix('"') {
            Some(inside) => 1 + end_of_quote(inside).ok_or(Unclosed)?,
            None => text.find(char::is_whitespace).unwrap_or(text.len()),
        };
        terms.push(Term { sign, text: &text[..length] });
        rest = text[length..].trim_start();
    }
    Ok(terms)
}

/// How long a quoted text is, with the quote that ends it.
fn end_of_quote(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cloudwatch_takes_is_taken() {
        for pattern in [
            "ERROR",
            "ERROR ARGUMENTS",
            "ERROR -ARGUMENTS",
            "?ERROR ?WARN",
            "?\"status: 500\"\n?\"status: 502\"",
            r#""Exception: \"not found\"""#,
            r#"-"/health" Method"#,
            r#"{ $.eventType = "UpdateTrail" }"#,
            "{ ($.status = 5*) && ($.user.id = 1) }",
            " [ip, user, username, timestamp, request, status = 5*, bytes] ",
            "[w1=ERROR, w2]",
            "%AUTHORIZED%",
            "ERROR %4[0-9]{2}%",
            "größe ERR_9",
            "‹inputs.pattern›: x",
        ] {
            assert_eq!(fault(pattern), None, "{pattern}");
            assert_eq!(warning(pattern), None, "{pattern}");
        }
        assert_eq!(fault(&"x".repeat(1024)), None);
    }

    #[test]
    fn what_cloudwatch_refuses_is_told_with_what_would_be_right() {
        let long = "x".repeat(1025);
        for (pattern, said) in [
            ("\"abc", "a double quote that is never closed"),
            ("ERROR -\"a b", "a double quote that is never closed"),
            ("{ $.status = 5* ", "begins with `{`, as a pattern of JSON, and does not end with `}`"),
            ("[ip, user", "begins with `[`, as a pattern of fields, and does not end with `]`"),
            ("status: 502", "has `:` outside of double quotes, which CloudWatch refuses: write `\"status: 502\"`"),
            (r"C:\logs", r#"write `"C:\\logs"`"#),
            ("?a.b", "write `?\"a.b\"`"),
            ("ERROR -", "has a `-` with nothing after it"),
            (&long, "has 1025 characters"),
        ] {
            let told = fault(pattern).unwrap_or_default();
            assert!(told.contains(said), "{pattern}: {told}");
        }
    }

    #[test]
    fn terms_without_effect_are_worth_a_word() {
        for pattern in ["ERROR ?WARN", "?WARN -DEBUG", "?\"a b\" c"] {
            assert!(warning(pattern).is_some_and(|told| told.contains("no effect")), "{pattern}");
        }
    }
}

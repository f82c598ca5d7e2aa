//! Taking values out of a text that may quote them as they are, or as JSON writes them.

/// The text with "(hidden)" for whatever of it belongs to one of the values, plain or escaped. Values that overlap in
/// the text are hidden as one.
pub fn hidden(text: &str, values: &[&str]) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut hidden_until = 0;
    for (at, character) in text.char_indices() {
        let rest = text.get(at..).unwrap_or_default();
        let quoted = values.iter().filter_map(|value| quoted(rest, value)).max();
        if at >= hidden_until {
            match quoted {
                Some(_) => shown.push_str("(hidden)"),
                None => shown.push(character),
            }
        }
        // Also of one that begins within another, the rest has to go.
        hidden_until = hidden_until.max(at + quoted.unwrap_or(0));
    }
    shown
}

/// How many bytes at the beginning of the text quote the value, if any do.
fn quoted(text: &str, value: &str) -> Option<usize> {
    if value.is_empty() {
        return None;
    }
    let escaped = || value.chars().try_fold(text, after).map(|rest| text.len() - rest.len());
    if text.starts_with(value) { Some(value.len()) } else { escaped() }
}

/// The JSON text after this character, in any of the forms that JSON has for it.
fn after(text: &str, wanted: char) -> Option<&str> {
    let Some(escape) = text.strip_prefix('\\') else { return text.strip_prefix(wanted) };
    let short = match wanted {
        '"' | '\\' | '/' => Some(wanted),
        '\n' => Some('n'),
        '\r' => Some('r'),
        '\t' => Some('t'),
        '\u{8}' => Some('b'),
        '\u{c}' => Some('f'),
        _ => None,
    };
    short.and_then(|short| escape.strip_prefix(short)).or_else(|| {
        let mut units = [0; 2];
        wanted.encode_utf16(&mut units).iter().try_fold(text, |text, unit| {
            let (digits, rest) = text.strip_prefix("\\u")?.split_at_checked(4)?;
            (u16::from_str_radix(digits, 16) == Ok(*unit)).then_some(rest)
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_hidden_however_json_writes_it() {
        let value = "pa\"ss\\wörd/🔑\n";
        for text in [
            value,
            r#"pa\"ss\\wörd/🔑\n"#,
            r#"pa\"ss\\wörd\/🔑\n"#,
            r#"pa\u0022ss\u005cw\u00F6rd\/\ud83d\udd11\u000a"#,
            serde_json::to_string(value).expect("JSON").trim_matches('"'),
        ] {
            assert_eq!(hidden(&format!("key={text}, and more"), &[value]), "key=(hidden), and more", "{text}");
        }
    }

    #[test]
    fn backslashes_of_a_value_are_its_own() {
        for value in [r"a\nb", r"a\\b", r"\\host\share"] {
            let json = serde_json::to_string(value).expect("JSON");
            assert_eq!(hidden(&format!("{value} {json}"), &[value]), "(hidden) \"(hidden)\"", "{value}");
        }
    }

    #[test]
    fn no_part_of_overlapping_values_stays() {
        assert_eq!(hidden("x secret-key-two y", &["secret-key", "key-two", "secret"]), "x (hidden) y");
        assert_eq!(hidden("aaaaa", &["aaa"]), "(hidden)");
        assert_eq!(hidden("one and one", &["one"]), "(hidden) and (hidden)");
    }

    #[test]
    fn everything_else_stays() {
        for text in ["", "naïve", r"\u12", r"\ué", "hunter", r"a\tb"] {
            assert_eq!(hidden(text, &["hunter2", "a\\tbc", ""]), text);
        }
    }
}

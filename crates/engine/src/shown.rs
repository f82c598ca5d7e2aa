//! Texts of others, as people are shown them.
//!
//! A reason, a name, an answer of a service can hold what a terminal obeys (ANSI sequences, a carriage return), what a
//! CI system takes for a command (`::error::` at the beginning of a line, `##[…]` anywhere), and what makes a reader see
//! another order than the one that is written (bidirectional controls, invisible characters). All of it is written out.
//! What is shown already may be shown again: it stays as it is. Data (JSON, the ledger) keep the text itself.

/// A text on one line: its own line breaks become spaces.
pub fn line(text: &str) -> String {
    let parts = text.split(is_break).map(str::trim).filter(|part| !part.is_empty());
    lines(&parts.collect::<Vec<_>>().join(" ").replace('\t', " "))
}

/// A text that keeps its lines and tabs.
pub fn lines(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let mut shown = String::with_capacity(text.len());
    let mut begins_word = true;
    for (at, character) in text.char_indices() {
        let rest = text.get(at..).unwrap_or_default();
        if begins_word && is_workflow_command(rest) {
            shown.push('\\');
        }
        if is_unseen(character) && !matches!(character, '\n' | '\t') {
            shown.extend(character.escape_unicode());
        } else {
            shown.push(character);
        }
        if is_log_command(rest) {
            shown.push('\\');
        }
        begins_word = character.is_whitespace();
    }
    shown
}

/// A JSON text with the same meaning, in which none of it stands as it is.
pub fn json(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for (at, character) in text.char_indices() {
        // Outside its strings JSON has neither of them, but for the breaks between lines.
        let is_told = is_unseen(character) && character != '\n';
        if is_told || is_log_command(text.get(at..).unwrap_or_default()) {
            let mut units = [0; 2];
            let units = character.encode_utf16(&mut units);
            shown.extend(units.iter().map(|unit| format!("\\u{unit:04x}")));
        } else {
            shown.push(character);
        }
    }
    shown
}

/// What ends a line, for Unicode or for whoever reads the text.
const fn is_break(character: char) -> bool {
    matches!(character, '\n' | '\r' | '\u{b}' | '\u{c}' | '\u{85}' | '\u{2028}' | '\u{2029}')
}

/// Characters that are obeyed and not seen: controls, Unicode's `Bidi_Control`, separators of lines, and what of
/// `Default_Ignorable_Code_Point` can hide a text. The joiners of scripts and emoji stay.
fn is_unseen(character: char) -> bool {
    character.is_control()
        || matches!(
            character,
            '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'
                | '\u{200e}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// `::error …::`, as GitHub's runners take it from the beginning of a line. A line is broken between words too.
fn is_workflow_command(rest: &str) -> bool {
    rest.strip_prefix("::").is_some_and(|name| name.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// `##[…]`, `##vso[…]`, `##teamcity[…]`, as runners take them from anywhere in a line.
fn is_log_command(rest: &str) -> bool {
    let name = |rest: &str| rest.trim_start_matches(|c: char| c.is_ascii_alphabetic()).starts_with('[');
    rest.strip_prefix("##").is_some_and(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_obeyed_and_not_read_is_written_out() {
        for (text, shown) in [
            ("plain, naïve, 日本, 👩‍💻", "plain, naïve, 日本, 👩‍💻"),
            ("one\r\n  two\n\nthree\n", "one two three"),
            ("red \u{1b}[31mnow\u{7}", r"red \u{1b}[31mnow\u{7}"),
            ("title \u{9b}31m", r"title \u{9b}31m"),
            ("gone\rhere", "gone here"),
            ("a\u{202e}b\u{2066}c\u{200b}d\u{e0041}", r"a\u{202e}b\u{2066}c\u{200b}d\u{e0041}"),
            ("x\n::error file=a::b", r"x \::error file=a::b"),
            ("::set-output name=a::b", r"\::set-output name=a::b"),
            ("##[error]x ##vso[task.x] ##teamcity[y]", r"#\#[error]x #\#vso[task.x] #\#teamcity[y]"),
            ("std::io at ::1 or ::/0, ## heading", "std::io at ::1 or ::/0, ## heading"),
        ] {
            assert_eq!(line(text), shown);
            assert_eq!(line(shown), shown, "what is shown stays as it is");
        }
    }

    #[test]
    fn lines_and_tabs_of_a_text_stay() {
        assert_eq!(lines("one\r\n\ttwo\n::error::x\rz"), "one\n\ttwo\n\\::error::x\\u{d}z");
    }

    #[test]
    fn json_means_the_same_and_holds_none_of_it() {
        let data =
            serde_json::json!({"a": "\u{1b}[1m \u{9b}x \u{202e}y \u{e0041} ##[error]z\n::error::", "b": "plain"});
        for text in [data.to_string(), format!("{data:#}")] {
            let shown = json(&text);
            assert!(!shown.chars().any(|c| is_unseen(c) && c != '\n'), "{shown}");
            assert!(!shown.contains("##["), "{shown}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&shown).expect("JSON"), data);
        }
    }
}

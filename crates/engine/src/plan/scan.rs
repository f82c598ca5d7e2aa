//! Where an expression ends, and what it is made of.

/// Where the `}}` stands that closes an expression: outside of texts in quotes, and of braces within it.
pub(super) fn end_of_expression(text: &str) -> Option<usize> {
    let (mut at, mut open) = (0, 0_usize);
    while let Some(first) = text[at..].chars().next() {
        match first {
            '}' if open == 0 && text[at..].starts_with("}}") => return Some(at),
            '{' => open += 1,
            '}' => open = open.saturating_sub(1),
            '"' | '\'' => match end_of_quote(&text[at..]) {
                Some(length) => {
                    at += length;
                    continue;
                }
                // The expression is broken, and is told to be so as far as it goes.
                None => return text.find("}}"),
            },
            _ => {}
        }
        at += first.len_utf8();
    }
    text.find("}}")
}

/// How long the text in quotes is that stands at the beginning, its quotes included.
fn end_of_quote(text: &str) -> Option<usize> {
    let mut chars = text.char_indices();
    let (_, quote) = chars.next()?;
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => drop(chars.next()),
            c if c == quote => return Some(at + c.len_utf8()),
            _ => {}
        }
    }
    None
}

/// The parts of an expression that matter here. Step ids may hold `-`, which an expression would subtract.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Token<'a> {
    Input(&'a str),
    Step(&'a str),
    Name(&'a str),
    Other(&'a str),
}

impl Token<'_> {
    /// As the expression language wants it.
    pub(super) fn code(self) -> String {
        match self {
            Token::Input(name) => format!("inputs.{name}"),
            Token::Step(id) => format!("steps[\"{id}\"]"),
            Token::Name(text) | Token::Other(text) => text.to_owned(),
        }
    }
}

/// The parts of an expression.
pub(super) fn tokens(expression: &str) -> Vec<Token<'_>> {
    let name_end = |text: &str, dash: bool| {
        text.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_' || (dash && c == '-'))).unwrap_or(text.len())
    };
    let mut found = Vec::new();
    let mut rest = expression;
    let mut after_dot = false;
    while let Some(first) = rest.chars().next() {
        let (token, length) = if let Some(after) = rest.strip_prefix("steps.").filter(|_| !after_dot) {
            let end = name_end(after, true);
            (Token::Step(&after[..end]), "steps.".len() + end)
        } else if let Some(after) = rest.strip_prefix("inputs.").filter(|_| !after_dot) {
            let end = name_end(after, false);
            (Token::Input(&after[..end]), "inputs.".len() + end)
        } else if first == '"' || first == '\'' {
            let end = end_of_quote(rest).unwrap_or(rest.len());
            (Token::Other(&rest[..end]), end)
        } else if first.is_ascii_alphabetic() || first == '_' {
            let end = name_end(rest, false);
            let word = &rest[..end];
            (if after_dot { Token::Other(word) } else { Token::Name(word) }, end)
        } else {
            (Token::Other(&rest[..first.len_utf8()]), first.len_utf8())
        };
        after_dot = first == '.';
        found.push(token);
        rest = &rest[length..];
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_in_quotes_and_in_mappings_close_nothing() {
        for (text, inside) in [
            (" inputs.api }} and }}", " inputs.api "),
            (" '{{.tag}}' }}", " '{{.tag}}' "),
            (r#" "a\"}}" }}"#, r#" "a\"}}" "#),
            (" {'a': {'b': 1}}.a.b }}", " {'a': {'b': 1}}.a.b "),
            (" it's }} broken", " it's "),
            (" { }} broken", " { "),
        ] {
            assert_eq!(end_of_expression(text).map(|end| &text[..end]), Some(inside), "{text}");
        }
        assert_eq!(end_of_expression(" never "), None);
    }
}

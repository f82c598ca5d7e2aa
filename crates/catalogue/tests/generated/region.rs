//! A part of a file that is generated, between two lines that say so.

/// What stands between the lines `open` and `close`.
pub struct Region {
    pub open: String,
    pub close: String,
    pub lines: Vec<String>,
}

/// The text with its regions as they are to be.
///
/// # Errors
/// When one of them is not there.
pub fn replaced(text: &str, regions: &[Region]) -> Result<String, String> {
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    for Region { open, close, lines: wanted } in regions {
        let found = lines.iter().position(|line| line.trim() == open).and_then(|from| {
            let length = lines.iter().skip(from).position(|line| line.trim() == close)?;
            Some(from + 1..from + length)
        });
        let place = found.ok_or_else(|| format!("there is no `{open}` with `{close}` after it"))?;
        lines.splice(place, wanted.iter().cloned());
    }
    Ok(lines.join("\n") + "\n")
}

/// The words of a text in lines of at most so many characters.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 1 + word.chars().count() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// The lines, so far to the right.
pub fn indented(lines: impl IntoIterator<Item = String>, by: usize) -> Vec<String> {
    lines.into_iter().map(|line| format!("{}{line}", " ".repeat(by))).collect()
}

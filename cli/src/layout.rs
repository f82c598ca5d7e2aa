//! Columns, and lines that fit a terminal.

use console::measure_text_width;

/// Rows in columns that are as wide as their widest cell; two spaces between them, none at the end of a line.
pub fn columns<const N: usize>(rows: &[[String; N]]) -> Vec<String> {
    let mut widths = [0; N];
    for row in rows {
        for (width, cell) in widths.iter_mut().zip(row) {
            *width = (*width).max(measure_text_width(cell));
        }
    }
    let line = |row: &[String; N]| {
        let mut line = String::new();
        for (cell, width) in row.iter().zip(widths) {
            line.push_str(cell);
            line.push_str(&" ".repeat(width - measure_text_width(cell) + 2));
        }
        line.trim_end().to_owned()
    };
    rows.iter().map(line).collect()
}

/// A text whose lines are broken between words where they are wider than `width`. What is carried over stands under the
/// last column of its line (what follows two spaces), or a little further in than the line itself.
pub fn fitted(text: &str, width: usize) -> String {
    text.lines().map(|line| fitted_line(line, width)).collect::<Vec<_>>().join("\n")
}

fn fitted_line(line: &str, width: usize) -> String {
    if measure_text_width(line) <= width {
        return line.to_owned();
    }
    let column = line.trim_end().rmatch_indices("  ").map(|(at, _)| measure_text_width(&line[..at]) + 2);
    let margin = measure_text_width(line) - measure_text_width(line.trim_start());
    let hang = column.filter(|column| *column <= width / 2).max().unwrap_or(margin + 2).min(width / 2);
    let mut lines = vec![String::new()];
    for (index, word) in line.split(' ').enumerate() {
        let Some(last) = lines.last_mut() else { break };
        let end = measure_text_width(last) + 1;
        // A line that has nothing but its margin yet is no shorter for being broken.
        if index > 0 && end > hang && end + measure_text_width(word) > width {
            lines.push(format!("{}{word}", " ".repeat(hang)));
            continue;
        }
        if index > 0 {
            last.push(' ');
        }
        last.push_str(word);
    }
    lines.join("\n")
}

/// Every line of a text, that far in.
pub fn indented(text: &str, by: usize) -> String {
    let margin = " ".repeat(by);
    text.lines().map(|line| format!("{margin}{line}")).collect::<Vec<_>>().join("\n")
}

/// A value of which every character matters: what cannot be seen is written out, line breaks too.
pub fn verbatim(value: &str) -> String {
    let seen = |c: char| if c.is_control() { c.escape_default().to_string() } else { c.to_string() };
    backout_engine::shown::lines(&value.chars().map(seen).collect::<String>())
}

/// `1 change`, `2 changes`.
pub fn counted(number: usize, of: &str) -> String {
    format!("{number} {of}{}", if number == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_whatever_the_colours() {
        let rows = [["a".to_owned(), "x".to_owned()], ["\u{1b}[32mlong\u{1b}[0m".to_owned(), "y".to_owned()]];
        assert_eq!(columns(&rows), ["a     x", "\u{1b}[32mlong\u{1b}[0m  y"]);
    }

    #[test]
    fn long_lines_are_carried_over_under_their_last_column() {
        assert_eq!(fitted("  notes   one two three four", 20), "  notes   one two\n          three four");
        assert_eq!(fitted("one two three four five", 12), "one two\n  three four\n  five");
        assert_eq!(fitted("short", 20), "short");
        let word = "s3://a-place-that-cannot-be-broken";
        assert_eq!(fitted(&format!("  at   {word} now"), 20), format!("  at   {word}\n       now"));
    }

    #[test]
    fn of_a_value_nothing_is_hidden() {
        assert_eq!(verbatim("eu-west-1\r\n"), "eu-west-1\\r\\n");
        assert_eq!(verbatim("a\tb\u{202e}\u{1b}"), "a\\tb\\u{202e}\\u{1b}");
    }

    #[test]
    fn colours_take_no_room() {
        assert_eq!(fitted("\u{1b}[32mone\u{1b}[0m two", 7), "\u{1b}[32mone\u{1b}[0m two");
    }
}

//! Columns.

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

/// Every line of a text, that far in.
pub fn indented(text: &str, by: usize) -> String {
    let margin = " ".repeat(by);
    text.lines().map(|line| format!("{margin}{line}")).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_line_up_whatever_the_colours() {
        let rows = [["a".to_owned(), "x".to_owned()], ["\u{1b}[32mlong\u{1b}[0m".to_owned(), "y".to_owned()]];
        assert_eq!(columns(&rows), ["a     x", "\u{1b}[32mlong\u{1b}[0m  y"]);
    }
}

//! What is not YAML, in the words of people who write it.

use super::{Place, Problem, unquoted};

/// What a part of the parser's message says of what to do.
const MEANT: &[(&str, &str)] = &[
    (
        "unknown anchor",
        "`*x` without quotes repeats what is marked `&x` further up, and nothing is: put quotes around a text that begins with `*`",
    ),
    (
        "anchor or alias",
        "a name has to follow `&` and `*` at once: put quotes around a text that begins with one of them",
    ),
    ("alias expansion", "aliases of aliases are too much here: write out what they stand for"),
    ("unexpected character", "nothing without quotes can begin with this character: put quotes around the text"),
    (
        "unknown escape character",
        r"in double quotes `\` begins an escape like `\n`: write `\\`, or put the text in single quotes",
    ),
    (
        "hexadecimal number",
        r"`\x`, `\u` and `\U` take 2, 4 and 8 hexadecimal digits: write `\\` for the character itself",
    ),
    (
        "Unicode character escape",
        r"YAML knows no pairs like `\ud83d\ude00`, which some programs write into JSON: write the character itself (`json.dumps(…, ensure_ascii=False)`), or one escape like `\U0001F600`",
    ),
    ("unprintable character", "take this character out; it does not show in most editors"),
    (
        "byte order mark",
        "take this character out; it does not show in most editors, and may stand only at the beginning of a file",
    ),
    ("while scanning a tag", "put quotes around a text that begins with `!`"),
    ("verbatim tag", "put quotes around a text that begins with `!`"),
    ("while parsing a tag", "put quotes around a text that begins with `!`"),
    ("handle wasn't declared", "put quotes around a text that begins with `!`"),
    (
        "block scalar, found an indentation indicator",
        "after `|` and `>` nothing stands but `+`, `-` or a digit from 1 to 9; the text begins on the next line",
    ),
    (
        "block scalar, did not find",
        "after `|` and `>` nothing stands but `+`, `-` or a digit from 1 to 9; the text begins on the next line",
    ),
    (
        "wrongly indented line in block scalar",
        "the first line of a text after `|` or `>` says how far all of it is indented: an empty line before it cannot be indented further",
    ),
    (
        "mapping values",
        "put quotes around a text with `: ` in it, or look whether this line is indented like the ones beside it",
    ),
    ("simple key expect", "this line is neither `key: value` nor `- item`, nor the rest of a text in quotes"),
    ("trailing content", "put quotes around the whole text; double quotes inside of it are written `\\\"`"),
    ("block sequence entries", "begin a list on the line after its key, one `- ` on each line"),
    ("duplicated key", "each key stands once in a mapping: join the two, or take one out"),
];

const OTHERWISE: &str =
    "look at the indentation, and for a quote or bracket that is not closed, here or on the lines before";

/// With what is wrong and how to mend it, and perhaps at a better place.
pub(super) fn explained(problem: Problem, info: &str, text: &str) -> Problem {
    if let Some(index) = text.lines().position(|line| line.starts_with("<<<<<<< ")) {
        return Problem {
            place: Place { line: index + 1, column: 1 },
            what: "this is left of a merge that is not finished".into(),
            help: Some(
                "keep one of the two versions, and take out the lines `<<<<<<<`, `=======` and `>>>>>>>`".into(),
            ),
            ..problem
        };
    }
    let line = text.lines().nth(problem.place.line.saturating_sub(1)).unwrap_or_default();
    let unquoted_template = line.split_once("{{").is_some_and(|(before, _)| {
        let before = before.trim_end();
        before.ends_with([':', ',', '[', '{', '-']) || before.is_empty()
    });
    if unquoted_template {
        let column = line.find("{{").map_or(problem.place.column, |at| line[..at].chars().count() + 2);
        let (code, place, what, help) = unquoted(Place { column, ..problem.place });
        return Problem { code, place, what, help, ..problem };
    }
    tab(&problem, info, text).unwrap_or_else(|| {
        let help = if line.trim_start().starts_with("- ") && info.contains("block") && !line.contains(": - ") {
            "is this line indented like the ones beside it? and is a bracket on an earlier line not closed?"
        } else {
            MEANT.iter().find(|(said, _)| info.contains(said)).map_or(OTHERWISE, |(_, help)| help)
        };
        Problem { what: format!("this is not YAML: {info}"), help: Some(help.into()), ..problem }
    })
}

/// A tab where this parser takes none.
fn tab(problem: &Problem, info: &str, text: &str) -> Option<Problem> {
    let from = problem.place.line.saturating_sub(1);
    let line = text.lines().nth(from)?;
    // YAML allows this one.
    if info.contains("must be followed by a valid YAML whitespace")
        && let Some(at) = line.find(":\t").or_else(|| line.find("-\t"))
    {
        let column = line[..at].chars().count() + 2;
        let what = "a tab stands here, and only a space is taken".into();
        let help = Some("write a space instead of the tab".into());
        return Some(Problem { place: Place { column, ..problem.place }, what, help, ..problem.clone() });
    }
    // It is reported where the text before it began.
    let (index, line) = text.lines().enumerate().skip(from).find(|(_, line)| line.contains('\t'))?;
    let column = line.chars().take_while(|c| *c != '\t').count() + 1;
    info.contains("tab").then(|| Problem {
        place: Place { line: index + 1, column },
        what: "YAML does not allow tabs here".into(),
        help: Some("indent with spaces".into()),
        ..problem.clone()
    })
}

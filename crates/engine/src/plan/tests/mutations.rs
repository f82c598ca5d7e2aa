//! Plans as nobody would write them: what a slip of the hand, a broken upload or an enemy makes of a good one.

use proptest::{prelude::*, sample::Index};

/// Something that is done to the lines of a plan.
#[derive(Debug, Clone)]
enum Mutation {
    Delete(Index),
    Repeat(Index, Index),
    Swap(Index, Index),
    Indent(Index, usize),
    Outdent(Index),
    Value(Index, String),
    Key(Index, String),
    Insert(Index, String),
    Cut(Index),
}

/// A plan with a few things done to it.
pub fn mutated(plan: &'static str) -> impl Strategy<Value = String> {
    proptest::collection::vec(mutation(), 1..6).prop_map(|mutations| {
        let mut lines: Vec<String> = plan.lines().map(str::to_owned).collect();
        for mutation in &mutations {
            mutate(&mut lines, mutation);
        }
        lines.join("\n")
    })
}

/// Any text, and texts of what YAML is made of.
pub fn texts() -> impl Strategy<Value = String> {
    let bytes = proptest::collection::vec(any::<u8>(), 0..200);
    let pieces = prop_oneof![
        Just("\n".to_owned()),
        Just("\n  ".to_owned()),
        Just("\n- ".to_owned()),
        Just(": ".to_owned()),
        Just("name: x\nsystem: y\ndescription: z\nstages: ".to_owned()),
        Just("- {id: a, uses: config/flag, with: {name: b, on: true}}".to_owned()),
        scalars(),
    ];
    prop_oneof![
        bytes.prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
        ".{0,100}",
        r"[-\[\]{},:&*!|>'%@`#?a \n]{0,60}",
        proptest::collection::vec(pieces, 0..12).prop_map(|pieces| pieces.concat()),
    ]
}

/// What may stand where a value is expected.
pub fn scalars() -> impl Strategy<Value = String> {
    const ODD: &[&str] = &[
        "",
        "~",
        "null",
        "true",
        "yes",
        "-1",
        "0",
        "1e999",
        "-1e999",
        ".nan",
        "-.inf",
        "0x7fffffffffffffff",
        "1.5",
        "170141183460469231731687303715884105728",
        "9223372036854775807",
        "-9223372036854775808",
        "5s",
        "-5s",
        "1e9s",
        "9223372036854775807s",
        "9223372036854775807h",
        "1y",
        "[]",
        "{}",
        "[{}]",
        "[[], [[]]]",
        "{a: {b: {c: d}}}",
        "&a x",
        "*a",
        "&a [*a]",
        "!!binary x",
        "!x y",
        "!!int x",
        "|",
        ">-",
        "'",
        "\"",
        "\"\\u0000\"",
        "\u{feff}",
        "\0",
        "é‹›😀",
        "? a",
        "- a",
        "a: b",
        "<<: *a",
        "original",
        "unwind",
        "{{",
        "}}",
        "{{}}",
        "\"{{ }}\"",
        "/",
        "../x",
        "arn:aws:lambda:x",
        "ssm:/",
        "s3://",
        "http://",
        "{ rate: 1e308 }",
    ]; // as many kinds as there are ways to read a scalar
    prop_oneof![
        3 => proptest::sample::select(ODD).prop_map(str::to_owned),
        1 => any::<i128>().prop_map(|number| number.to_string()),
        1 => any::<f64>().prop_map(|number| number.to_string()),
        1 => ".{0,20}",
        3 => expressions().prop_map(|expression| format!("\"{{{{ {expression} }}}}\"")),
        1 => (1..300usize).prop_map(|depth| format!("{}{}", "[".repeat(depth), "]".repeat(depth))),
        1 => (1..300usize).prop_map(|depth| format!("{}x{}", "{a: ".repeat(depth), "}".repeat(depth))),
        1 => (1..300usize).prop_map(|depth| format!("\n{}x", "- ".repeat(depth))),
    ]
}

/// What may stand in a template.
pub fn expressions() -> impl Strategy<Value = String> {
    const PARTS: &[&str] = &[
        "inputs.api",
        "inputs.hold",
        "inputs.nothing",
        "steps.alive.status",
        "steps.x-y.z",
        "item",
        "item.function",
        "run.id",
        "nothing",
        "1",
        "-1",
        "10000000000",
        "1.5",
        "'é'",
        "none",
        "true",
        "[]",
        "[1, 2]",
        "{'a': 1}",
        "(1,)",
    ];
    const BETWEEN: &[&str] = &[
        " + ", " - ", " * ", " / ", " // ", " % ", " ** ", " ~ ", " == ", " in ", " and ", " is ", " if ", " else ",
        "|",
    ];
    let part = proptest::sample::select(PARTS).prop_map(str::to_owned);
    let whole = part.prop_recursive(4, 24, 3, |inner| {
        prop_oneof![
            (inner.clone(), proptest::sample::select(BETWEEN), inner.clone())
                .prop_map(|(a, op, b)| format!("{a}{op}{b}")),
            inner.clone().prop_map(|inner| format!("({inner})")),
            inner.clone().prop_map(|inner| format!("not {inner}")),
            inner.clone().prop_map(|inner| format!("-{inner}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a}[{b}]")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("{a}[{b}:]")),
            inner.prop_map(|inner| format!("{inner}.x(1)")),
        ]
    });
    prop_oneof![6 => whole, 1 => r#"[-a-z0-9.+*/()\[\]{}'"|~% é]{0,30}"#]
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let at = any::<Index>;
    prop_oneof![
        2 => at().prop_map(Mutation::Delete),
        1 => (at(), at()).prop_map(|(line, to)| Mutation::Repeat(line, to)),
        1 => (at(), at()).prop_map(|(one, other)| Mutation::Swap(one, other)),
        1 => (at(), 1..4usize).prop_map(|(line, by)| Mutation::Indent(line, by)),
        1 => at().prop_map(Mutation::Outdent),
        4 => (at(), scalars()).prop_map(|(line, value)| Mutation::Value(line, value)),
        1 => (at(), scalars()).prop_map(|(line, key)| Mutation::Key(line, key)),
        1 => (at(), texts()).prop_map(|(line, text)| Mutation::Insert(line, text)),
        1 => at().prop_map(Mutation::Cut),
    ]
}

fn mutate(lines: &mut Vec<String>, mutation: &Mutation) {
    let count = lines.len();
    if count == 0 {
        return;
    }
    match mutation {
        Mutation::Delete(line) => drop(lines.remove(line.index(count))),
        Mutation::Repeat(line, to) => lines.insert(to.index(count), lines[line.index(count)].clone()),
        Mutation::Swap(one, other) => lines.swap(one.index(count), other.index(count)),
        Mutation::Indent(line, by) => lines[line.index(count)].insert_str(0, &" ".repeat(*by)),
        Mutation::Outdent(line) => {
            let line = &mut lines[line.index(count)];
            *line = line.strip_prefix("  ").unwrap_or(line).to_owned();
        }
        Mutation::Value(line, value) => {
            let line = &mut lines[line.index(count)];
            let end = [": ", "- "].iter().filter_map(|mark| line.find(mark)).max().map_or(0, |at| at + 2);
            line.truncate(end);
            line.push_str(value);
        }
        Mutation::Key(line, key) => {
            let line = &mut lines[line.index(count)];
            let start = line.find(|c: char| c != ' ' && c != '-').unwrap_or(0);
            let end = line.find(':').filter(|end| *end > start).unwrap_or(line.len());
            line.replace_range(start..end, key);
        }
        Mutation::Insert(line, text) => lines.insert(line.index(count), text.clone()),
        Mutation::Cut(line) => lines.truncate(line.index(count)),
    }
}

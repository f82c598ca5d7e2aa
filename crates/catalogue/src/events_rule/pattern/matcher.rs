//! One way to compare a value, `{prefix: a}`: what it takes.

use std::net::IpAddr;

use serde_json::value::RawValue;

use super::Part;

/// Why EventBridge refuses a way to compare, and how to write it. Of one that is not known nothing can be said.
pub(super) fn fault(operator: &str, value: &RawValue) -> Option<String> {
    let part = Part::of(value);
    match operator {
        "prefix" | "suffix" => affix(operator, value, &part),
        "equals-ignore-case" => text(operator, value, &part).err(),
        "wildcard" => text(operator, value, &part).map_or_else(Some, wildcard),
        "exists" => (!matches!(part, Part::Plain("true" | "false")))
            .then(|| format!("`exists` is {}: write `{{exists: true}}` or `{{exists: false}}`", value.get())),
        "numeric" => numeric(value, &part),
        "cidr" => text(operator, value, &part).map_or_else(Some, cidr),
        "anything-but" => anything_but(value, part),
        _ => None,
    }
}

fn text<'t>(operator: &str, value: &RawValue, part: &'t Part<'_>) -> Result<&'t str, String> {
    match part {
        Part::Text(text) => Ok(text),
        Part::Plain(plain) => {
            Err(format!("`{operator}` is {plain} and has to be a text: write `{{{operator}: \"{plain}\"}}`"))
        }
        Part::List(values) => {
            let each: Vec<_> = values.iter().map(|one| format!("{{{operator}: {}}}", one.get())).collect();
            Err(format!("`{operator}` takes one text: write `[{}]`", each.join(", ")))
        }
        Part::Object(_) => Err(format!("`{operator}` is {} and has to be a text", value.get())),
    }
}

fn affix(operator: &str, value: &RawValue, part: &Part<'_>) -> Option<String> {
    const ANY_CASE: &str = "equals-ignore-case";
    let Part::Object(fields) = part else { return text(operator, value, part).err() };
    match (fields.len(), fields.get(ANY_CASE)) {
        (1, Some(inner)) => text(ANY_CASE, inner, &Part::of(inner)).err(),
        _ => Some(format!(
            "`{operator}` is {}: it takes a text, or `{{{ANY_CASE}: text}}` where capitals do not count",
            value.get()
        )),
    }
}

fn wildcard(text: &str) -> Option<String> {
    let mut before = None;
    let mut rest = text.chars();
    while let Some(c) = rest.next() {
        match c {
            '*' if before == Some('*') => {
                return Some(format!(
                    "the `wildcard` `{text}` has `*` twice in a row: write one, which stands for any text"
                ));
            }
            '\\' => {
                if !matches!(rest.next(), Some('*' | '\\')) {
                    return Some(format!(
                        "the `wildcard` `{text}` has a backslash before something else than `*` or a backslash: write \
                         two for one that is meant"
                    ));
                }
                before = None;
                continue;
            }
            _ => {}
        }
        before = Some(c);
    }
    None
}

fn cidr(text: &str) -> Option<String> {
    let bits = |address: IpAddr| if address.is_ipv4() { 32 } else { 128 };
    let range = text.split_once('/').and_then(|(address, mask)| {
        let address: IpAddr = address.parse().ok()?;
        Some(mask.parse::<u8>().ok()? <= bits(address))
    });
    (range != Some(true))
        .then(|| format!("`cidr` is `{text}`, which is no range of addresses: write it like `10.0.0.0/8`"))
}

/// A comparison and a number, or a lower bound and an upper one.
fn numeric(value: &RawValue, part: &Part<'_>) -> Option<String> {
    let wrong = |why: String| Some(format!("`numeric` {why}: write it like `[\">\", 0, \"<=\", 5]` or `[\"=\", 5]`"));
    let Part::List(items) = part else { return wrong(format!("is {} and no list", value.get())) };
    let items: Vec<_> = items.iter().map(|item| (Part::of(item), item.get())).collect();
    let mut bounds = Vec::new();
    for pair in items.chunks(2) {
        let [(comparison, shown), rest @ ..] = pair else { continue };
        let comparison = match comparison {
            Part::Text(text) if ["=", "<", "<=", ">", ">="].contains(&text.as_str()) => text.as_str(),
            _ => return wrong(format!("compares by {shown}, and knows `=`, `<`, `<=`, `>` and `>=`")),
        };
        match rest {
            [] => return wrong(format!("has no number after {shown}")),
            [(number, text), ..] => match number.number() {
                Some(number) => bounds.push((comparison, number)),
                None => return wrong(format!("has {text} after {shown}, which is not a number")),
            },
        }
    }
    match bounds.as_slice() {
        [_] => None,
        [(">" | ">=", low), ("<" | "<=", high)] if low < high => None,
        [(">" | ">=", low), ("<" | "<=", high)] => {
            wrong(format!("has the lower bound {low} and the upper bound {high}, between which there is nothing"))
        }
        [_, _] => wrong("has two comparisons which are not a lower bound and then an upper one".into()),
        _ => wrong(format!("is {}, which is not one comparison or two", value.get())),
    }
}

fn anything_but(value: &RawValue, part: Part<'_>) -> Option<String> {
    const IN_IT: [&str; 4] = ["equals-ignore-case", "prefix", "suffix", "wildcard"];
    let takes = "it takes texts or numbers, not both, or one of `equals-ignore-case`, `prefix`, `suffix` and `wildcard` \
                 with texts";
    match part {
        Part::Text(_) => None,
        Part::Plain(_) if part.number().is_some() => None,
        Part::Plain(plain) => Some(format!("`anything-but` is {plain}: {takes}")),
        Part::List(values) if values.is_empty() => Some(format!("`anything-but` is an empty list: {takes}")),
        Part::List(values) => {
            let parts: Vec<_> = values.iter().map(|value| Part::of(value)).collect();
            if let Some(write) = turned_round(&parts) {
                return Some(format!("`anything-but` has a way to compare in its list: write `{write}`"));
            }
            let all_texts = parts.iter().all(|part| matches!(part, Part::Text(_)));
            let all_numbers = parts.iter().all(|part| part.number().is_some());
            (!all_texts && !all_numbers).then(|| format!("`anything-but` is {}: {takes}", value.get()))
        }
        Part::Object(fields) => {
            let mut each = fields.iter();
            let (Some((inner, value)), None) = (each.next(), each.next()) else {
                return Some(format!("`anything-but` is {}: {takes}", value.get()));
            };
            if super::OPERATORS.contains(&inner.as_str()) && !IN_IT.contains(&inner.as_str()) {
                return Some(format!("`anything-but` does not go with `{inner}`: {takes}"));
            }
            IN_IT.contains(&inner.as_str()).then(|| not_texts(inner, value)).flatten()
        }
    }
}

/// What to write where each value of the list is one and the same way to compare with a text.
fn turned_round(parts: &[Part<'_>]) -> Option<String> {
    let mut operator: Option<String> = None;
    let mut texts = Vec::new();
    for part in parts {
        let Part::Object(fields) = part else { return None };
        let (name, value) = fields.iter().next().filter(|_| fields.len() == 1)?;
        if operator.get_or_insert_with(|| name.clone()) != name {
            return None;
        }
        texts.push(value.get());
    }
    Some(format!("{{anything-but: {{{}: [{}]}}}}", operator?, texts.join(", ")))
}

/// What is wrong with what nothing is to be like: a text, or a list of texts.
fn not_texts(operator: &str, value: &RawValue) -> Option<String> {
    let of_one = |value: &RawValue| match Part::of(value) {
        Part::Text(text) if text.is_empty() && ["prefix", "suffix"].contains(&operator) => {
            Some(format!("`anything-but` with an empty `{operator}` matches nothing"))
        }
        Part::Text(text) if operator == "wildcard" => wildcard(&text),
        Part::Text(_) | Part::Object(_) => None,
        part => text(operator, value, &part).err(),
    };
    match Part::of(value) {
        Part::List(values) => values.into_iter().find_map(of_one),
        _ => of_one(value),
    }
}

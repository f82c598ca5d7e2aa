use serde_json::{Value, json};

use super::*;

fn told(pattern: &Value) -> (Vec<String>, Vec<String>) {
    let text = pattern.to_string();
    let fields: Fields<'_> = serde_json::from_str(&text).expect("an object");
    (faults(&fields), warnings(&fields))
}

#[test]
fn what_eventbridge_takes_is_taken() {
    for matcher in [
        json!("text"),
        json!(1.5),
        json!(null),
        json!(true),
        json!(""),
        json!({"prefix": "us-"}),
        json!({"prefix": ""}),
        json!({"prefix": {"equals-ignore-case": "EventB"}}),
        json!({"suffix": ".png"}),
        json!({"suffix": {"equals-ignore-case": ".PNG"}}),
        json!({"equals-ignore-case": "alice"}),
        json!({"wildcard": "*.png"}),
        json!({"wildcard": "dir/*/x*y"}),
        json!({"wildcard": "a\\*\\\\b"}),
        json!({"wildcard": "a\\**"}),
        json!({"wildcard": "*\\**"}),
        json!({"exists": true}),
        json!({"exists": false}),
        json!({"numeric": [">", 0, "<=", 5]}),
        json!({"numeric": ["<", 10]}),
        json!({"numeric": ["=", 3.018e2]}),
        json!({"numeric": [">=", -1.5, "<", 0]}),
        json!({"cidr": "10.0.0.0/24"}),
        json!({"cidr": "10.0.0.1/32"}),
        json!({"cidr": "2001:db8::/32"}),
        json!({"anything-but": "initializing"}),
        json!({"anything-but": 123}),
        json!({"anything-but": ["stopped", "overloaded"]}),
        json!({"anything-but": [100, 200.5, -3]}),
        json!({"anything-but": {"prefix": "init"}}),
        json!({"anything-but": {"prefix": ["init", "error"]}}),
        json!({"anything-but": {"suffix": [".txt", ".rtf"]}}),
        json!({"anything-but": {"equals-ignore-case": ["initializing", "stopped"]}}),
        json!({"anything-but": {"wildcard": ["*/lib/*", "*/bin/*"]}}),
    ] {
        for pattern in
            [json!({"detail": {"x": [matcher]}}), json!({"detail": {"$or": [{"x": ["a", matcher]}, {"y": [1]}]}})]
        {
            assert_eq!(told(&pattern), (vec![], vec![]), "{pattern}");
        }
    }
    let fields = json!({"detail": {"prefix": ["a"], "cidr": ["10.0.0.0/8"], "exists": [true], "suffix": {"a": [1]}}});
    assert_eq!(told(&fields), (vec![], vec![]), "they are fields too");
}

#[test]
fn a_way_to_compare_that_eventbridge_refuses_is_told_with_what_to_write() {
    for (matcher, said) in [
        (json!({"anything-but": [{"wildcard": "*x*"}]}), r#"write `{anything-but: {wildcard: ["*x*"]}}`"#),
        (json!({"anything-but": ["a", 1]}), r#"`anything-but` is ["a",1]: it takes texts or numbers, not both"#),
        (json!({"anything-but": []}), "`anything-but` is an empty list"),
        (json!({"anything-but": true}), "`anything-but` is true"),
        (json!({"anything-but": null}), "`anything-but` is null"),
        (json!({"anything-but": [null]}), "`anything-but` is [null]"),
        (json!({"anything-but": {"numeric": [">", 1]}}), "`anything-but` does not go with `numeric`"),
        (json!({"anything-but": {"prefix": "a", "suffix": "b"}}), "`anything-but` is {"),
        (json!({"anything-but": {"prefix": 5}}), "`prefix` is 5 and has to be a text"),
        (json!({"anything-but": {"prefix": ["a", 5]}}), "`prefix` is 5 and has to be a text"),
        (json!({"anything-but": {"prefix": ""}}), "with an empty `prefix`"),
        (json!({"anything-but": {"wildcard": "a**b"}}), "`*` twice in a row"),
        (json!({"numeric": ["=>", 0]}), r#"compares by "=>", and knows"#),
        (json!({"numeric": [">"]}), r#"has no number after ">""#),
        (json!({"numeric": [">", "5"]}), r#"has "5" after ">", which is not a number"#),
        (json!({"numeric": [">", 5, "<", 1]}), "the lower bound 5 and the upper bound 1"),
        (json!({"numeric": ["<", 5, ">", 1]}), "not a lower bound and then an upper one"),
        (json!({"numeric": ["=", 5, "=", 1]}), "not a lower bound and then an upper one"),
        (json!({"numeric": [">", 1, "<", 2, "<", 3]}), "which is not one comparison or two"),
        (json!({"numeric": []}), "`numeric` is [], which is not one comparison or two"),
        (json!({"numeric": 5}), "`numeric` is 5 and no list"),
        (json!({"prefix": 5}), r#"write `{prefix: "5"}`"#),
        (json!({"suffix": ["a", "b"]}), r#"write `[{suffix: "a"}, {suffix: "b"}]`"#),
        (json!({"prefix": {"anything-but": "a"}}), "it takes a text, or `{equals-ignore-case: text}`"),
        (json!({"wildcard": "a**b"}), "`*` twice in a row"),
        (json!({"wildcard": "a\\***"}), "`*` twice in a row"),
        (json!({"wildcard": "a\\b"}), "has a backslash before something else"),
        (json!({"wildcard": "a\\"}), "has a backslash before something else"),
        (json!({"wildcard": ["a*"]}), r#"write `[{wildcard: "a*"}]`"#),
        (json!({"exists": "false"}), r#"`exists` is "false": write `{exists: true}` or `{exists: false}`"#),
        (json!({"equals-ignore-case": 5}), r#"write `{equals-ignore-case: "5"}`"#),
        (json!({"cidr": "10.0.0.0/33"}), "no range of addresses"),
        (json!({"cidr": "10.0.0.1"}), "no range of addresses"),
        (json!({"cidr": "999.0.0.1/8"}), "no range of addresses"),
        (json!({"cidr": 10}), "`cidr` is 10 and has to be a text"),
        (json!({"prefix": "a", "suffix": "b"}), r#"`[{prefix: "a"}, {suffix: "b"}]`"#),
        (json!({}), "has an empty object in its list"),
        (json!(["a"]), "has a list within a list"),
    ] {
        let (faults, _) = told(&json!({"detail": {"x": ["fine", matcher]}}));
        assert!(
            matches!(faults.as_slice(), [one] if one.starts_with("`pattern.detail.x`") && one.contains(said)),
            "{matcher}: {faults:#?}"
        );
    }
}

#[test]
fn what_stands_in_the_wrong_place_is_told_with_the_right_one() {
    for (pattern, said) in [
        (
            json!({"a": {"exists": true}}),
            "`pattern.a` compares by `exists` and has to be a list: write `a: [{exists: true}]`",
        ),
        (
            json!({"a": {"b": {"prefix": "x"}}}),
            r#"`pattern.a.b` compares by `prefix` and has to be a list: write `b: [{prefix: "x"}]`"#,
        ),
        (
            json!({"a": {"anything-but": {"prefix": "x"}}}),
            r#"`pattern.a` compares by `anything-but` and has to be a list: write `a: [{anything-but: {"prefix":"x"}}]`"#,
        ),
        (
            json!({"a": {"prefix": "x", "suffix": "y"}}),
            r#"`pattern.a` compares by `prefix` and `suffix` and has to be a list: write `a: [{prefix: "x"}, {suffix: "y"}]`"#,
        ),
        (json!({"a": true}), "`pattern.a` has to be a list: write `[true]`"),
        (json!({"$or": [{"source": ["a"]}]}), "`pattern.$or` has 1 of the two patterns"),
        (json!({"$or": {"source": ["a"]}}), "`pattern.$or` has to be a list of patterns"),
        (json!({"a": {"$or": [{"b": [1]}, "c"]}}), r#"`pattern.a.$or` holds "c", which is no pattern"#),
        (json!({"$or": [{"b": [1]}, {}]}), "`pattern.$or` has an empty pattern"),
        (json!({}), "`pattern` is empty"),
    ] {
        let (faults, _) = told(&pattern);
        assert!(matches!(faults.as_slice(), [one] if one.starts_with(said)), "{pattern}: {faults:#?}");
    }
}

#[test]
fn a_way_to_compare_that_would_be_taken_for_a_field_is_worth_a_word() {
    let (faults, warnings) = told(&json!({"a": {"anything-but": ["x"]}}));
    assert!(faults.is_empty());
    assert_eq!(
        warnings,
        [
            r#"`pattern.a.anything-but` is taken for a field called `anything-but`: to compare by it, write `[{anything-but: ["x"]}]` for `pattern.a`"#
        ]
    );
}

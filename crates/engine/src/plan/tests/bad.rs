//! One snapshot for each thing that can be wrong with a plan.

use super::{GOOD, but, said};

/// A plan, and what is said about it.
macro_rules! bad_plans {
    ($($(#[$attribute:meta])* $name:ident: $text:expr;)*) => {$(
        #[test]
        $(#[$attribute])*
        fn $name() {
            let text: String = $text.into();
            let said = said(&text);
            assert!(!said.starts_with("fine"), "it was accepted");
            insta::assert_snapshot!(said);
        }
    )*};
}

bad_plans! {
    empty_file: "";
    not_a_mapping: "- one\n- two\n";
    two_documents: format!("{GOOD}---\nname: other\n");
    broken_yaml: but("with: { name: maintenance, on: true }", "with: { name: maintenance, on: true");
    indented_wrongly: but("    steps:\n      - id: maintenance-on", "    steps:\n   - id: maintenance-on");
    tabs: but("    users_see: A notice.", "\tusers_see: A notice.");
    tag: but("deadline: 30m", "deadline: !duration 30m");
    anchor_that_is_not_there: but("deadline: 30m", "deadline: *half-an-hour");
    key_twice: but("deadline: 30m", "deadline: 30m\ndeadline: 40m");
    unquoted_template: but(r#"hold: "{{ inputs.hold }}""#, "hold: {{ inputs.hold }}");
    unquoted_template_in_a_flow: but(r#"with: { api: "{{ inputs.api }}" }"#, "with: { api: {{ inputs.api }} }");
    unquoted_template_with_more: but(r#"hold: "{{ inputs.hold }}""#, "hold: {{ inputs.hold }}s");
    unclosed_template: but(r#""{{ inputs.hold }}""#, r#""{{ inputs.hold }""#);

    unknown_key: but("deadline: 30m", "dedline: 30m");
    unknown_key_of_a_step: but("        for_each: [one, two]", "        foreach: [one, two]");
    unknown_key_far_from_any: but("deadline: 30m", "colour: red");
    unknown_parameter: but("with: { name: maintenance, on: true }", "with: { name: maintenance, onn: true }");
    missing_key: but("description: Sends the platform back.\n", "");
    missing_parameter: but("with: { name: maintenance, on: true }", "with: { name: maintenance }");
    no_parameters: but("        with: { name: maintenance, on: true }\n", "");
    wrong_type_of_a_parameter: but("on: true", "on: yes");
    wrong_type_of_a_parameter_in_a_rung: but("{ rate: 50 }", "{ rate: fast }");
    number_that_is_too_large: but("{ rate: 50 }", "{ rate: 50, burst: 99999999999 }");
    wrong_type_of_a_key: but("steps:\n      - id: maintenance-on", "steps:\n        id: maintenance-on");
    a_word_that_is_not_one_of_them: but("deadline: 30m", "deadline: 30m\non_failure: hlat");
    wrong_rung: but("original]", "orignal]");
    duration_without_unit: but("deadline: 30m", "deadline: 30");
    duration_that_is_none: but("within: 1m", "within: soon");
    duration_from_an_input: but("hold: { default: 30s }", "hold: { default: half a minute }");
    bad_name: but("name: back-to-timestream", "name: back to timestream");
    bad_step_id: but("id: maintenance-on", "id: maintenance on");
    bad_input_name: but("  hold: {", "  hold-on: {");
    input_from_nowhere: but("ssm:/platform/api-id", "/platform/api-id");
    input_from_and_default: but(r#"{ from: "ssm:/platform/api-id" }"#, r#"{ from: "ssm:/platform/api-id", default: x }"#);
    input_default_of_another_type: but("type: number, default: 5", "type: number, default: five");
    input_default_that_is_a_list: but("hold: { default: 30s }", "hold: { default: [30s] }");

    alarm_by_arn: but("alarm: influxdb-*", "alarm: arn:aws:cloudwatch:eu-west-2:111122223333:alarm:influxdb-down");
    alarm_without_a_name: but("alarm: influxdb-*", "alarm: ''");
    alarm_with_a_space_at_its_end: but("alarm: influxdb-*", "alarm: 'influxdb-down '");
    alarm_over_several_lines: but("alarm: influxdb-*", "alarm: \"influxdb\\ndown\"");
    alarm_of_a_length_that_none_has: but("alarm: influxdb-*", &format!("alarm: {}", "a".repeat(256)));
    parameters_that_fit_no_row: but("name: maintenance, on: true", &format!("name: {}, on: true", "m".repeat(100_000)));

    unknown_action: but("uses: config/flag", "uses: config/flga");
    unknown_action_unlike_any: but("uses: config/flag", "uses: route53/record");
    unknown_action_in_a_ramp: but("uses: gateway/throttle\n      with", "uses: gateway/throtle\n      with");
    unknown_action_in_a_guard: but("- { uses: http/health, with: { url: \"https://example.com\" } }", "- { uses: http/helth }");
    change_in_the_preflight: but("uses: http/health\n    with: { url: \"https://example.com/{{ inputs.api }}\" }\n    within: 1m",
        "uses: config/flag\n    with: { name: maintenance, on: true }");
    change_as_a_guard: but("{ uses: http/health, with: { url: \"https://example.com\" } }",
        "{ uses: config/flag, with: { name: x, on: true } }");
    check_as_a_ramp: but("uses: gateway/throttle\n      with", "uses: http/health\n      with");
    change_that_waits: but("with: { name: maintenance, on: true }", "with: { name: maintenance, on: true }\n        within: 5m");
    every_without_within: but("    within: 1m", "    every: 5s");
    refused_by_the_action: but("with: { url: \"https://example.com\" }", "with: { url: example.com }");

    undefined_input: but("\"{{ inputs.hold }}\"", "\"{{ inputs.hodl }}\"");
    undefined_input_unlike_any: but("\"{{ inputs.hold }}\"", "\"{{ inputs.environment }}\"");
    undefined_step: but("{{ steps.alive.status }}", "{{ steps.alvie.status }}");
    step_of_the_same_stage: but("with: { name: maintenance, on: true }", "with: { name: \"{{ steps.throttle-down.x }}\", on: true }");
    item_outside_for_each: but("name: maintenance, on: true", "name: \"{{ item }}\", on: true");
    no_such_field_of_an_item: but("/{{ item }}/{{ steps", "/{{ item.name }}/{{ steps");
    undefined_name: but("{{ inputs.rate }}", "{{ rate }}");
    broken_expression: but("{{ inputs.rate }}", "{{ inputs.rate + }}");
    undefined_step_in_the_report: but("{{ steps.alive.says }}", "{{ steps.alife.says }}");

    number_where_any_json_may_stand: but("        uses: config/flag\n        with: { name: maintenance, on: true }",
        "        uses: test/panel\n        with: { set: { version: 3.10, account: 012345678901, large: 12e34567, truth: True, plain: 3.5 } }");
    number_of_an_item_where_any_json_may_stand: but("        uses: cache/purge\n        with: { paths: [\"/{{ item }}/{{ steps.alive.status }}\"] }",
        "        uses: test/panel\n        with: { set: { version: \"{{ item }}\" } }").replace("[one, two]", "[3.10]");
    number_that_cannot_be_kept: but("{ rate: 50 }", "{ rate: 12345678901234567890123 }");
    number_where_a_mapping_is_needed: but("with: { name: maintenance, on: true }", "with: 3.10");
    input_default_that_cannot_be_kept: but("type: number, default: 5", "type: number, default: 12345678901234567890123");
    key_twice_in_other_quotes: but("name: maintenance, on: true", "name: maintenance, \"on\": true, on: false");
    merge_of_no_mapping: but("with: { name: maintenance, on: true }", "with: { <<: [maintenance], on: true }");
    key_of_our_own: but("with: { name: maintenance, on: true }", "with: { name: { $backout::written: x }, on: true }");
    templates_that_nothing_renders: but("alarm: influxdb-*", "alarm: \"{{ inputs.api }}-*\"")
        .replace("- name: Divert", "- name: \"Divert {{ inputs.api }}\"")
        .replace("description: Sends the platform back.", "description: \"Sends {{ inputs.api }} back.\"")
        .replace("users_see: A notice.", "users_see: \"A notice of {{ inputs.api }}.\"")
        .replace("default: 30s", "default: \"{{ inputs.rate }}s\"")
        .replace("deadline: 30m", "\"{{ inputs.api }}\": 1");

    duplicate_step: but("id: throttle-down", "id: maintenance-on");
    duplicate_step_by_for_each: but("id: purge-{{ item }}", "id: purge");
    duplicate_stage: but("- name: Purge", "- name: Divert");
    two_steps_on_one_resource: but("- id: throttle-down\n        uses: gateway/throttle\n        with: { api: \"{{ inputs.api }}\", rate: \"{{ inputs.rate }}\" }",
        "- id: other-flag\n        uses: config/flag\n        with: { name: other, on: true }");
    empty_plan: GOOD.split("stages:").next().expect("a part");
    empty_stage: but("    ramp:\n      id: traffic", "    x: 1").split("      uses: gateway/throttle\n      with: { api: \"{{ inputs.api }}\" }").next().expect("a part").replace("    x: 1\n", "");
    stage_with_steps_and_ramp: but("    users_see: Answers.\n", "    steps: [{ id: x, uses: config/flag, with: { name: y, on: true } }]\n");
    empty_for_each: but("for_each: [one, two]", "for_each: []");
    empty_ramp: but("through: [{ rate: 10 }, { rate: 50 }, original]", "through: []");
    original_of_nothing: but("[{ rate: 10 }, { rate: 50 }, original]", "[original]").replace("throttle-down\n        uses: gateway/throttle\n        with: { api: \"{{ inputs.api }}\", rate: \"{{ inputs.rate }}\" }", "purge-all\n        uses: cache/purge\n        with: { paths: [\"/\"] }").replace("with: { api: \"{{ inputs.api }}\" }", "with: { api: \"{{ inputs.api }}\", rate: 1 }");

    stage_with_an_empty_list_of_steps: but("  - name: Purge\n", "  - name: Nothing\n    steps: []\n  - name: Purge\n");
    stages_that_are_an_empty_list: format!("{}stages: []\n", GOOD.split("stages:").next().expect("a part"));
    input_that_no_alarm_gives: but("  hold: { default: 30s }", "  hold: { description: How long. }");
    input_default_that_is_nothing: but("default: 30s", "default:");
    run_field_misspelt: but("{{ steps.alive.says }}", "{{ run.startedat }}");
    run_field_unlike_any: but("{{ steps.alive.says }}", "{{ run.mode }}");
    report_line_that_no_run_writes: but("{{ steps.alive.says }}", "{{ inputs.rate + }}");
    alias_of_itself: but("with: { name: maintenance, on: true }", "with: &w { name: *w, on: true }");
    merge_that_is_not_finished: but("system: platform\n", "<<<<<<< HEAD\nsystem: platform\n=======\nsystem: shop\n>>>>>>> other\n");
    tab_after_a_colon: but("name: back-to-timestream", "name:\tback-to-timestream");
    character_that_begins_no_text: but("description: Sends the platform back.", "description: @platform");
    escape_that_is_none: but("description: Sends the platform back.", "description: \"\\d\"");
    pair_of_escapes: but("description: Sends the platform back.", "description: \"\\ud83d\\ude00\"");
    line_that_is_no_key_at_the_end: format!("{GOOD}users\n");

    a_plan_of_which_little_is_right: "name: t\nsystem: \"a b\"\nzz: 1\n";
    a_step_of_which_little_is_right: but("      - id: maintenance-on\n        uses: config/flag\n        with: { name: maintenance, on: true }",
        "      - id: \"a b\"\n        zz: 1\n        uses: config/flag\n        with: { name: [maintenance], on: maybe, foo: 1 }");
    what_follows_from_a_step_that_is_wrong: but("    within: 1m", "    within: soon\n    wth: { url: x }").replace("url: \"https://example.com/{{ inputs.api }}\"", "url: \"{{ inputs.u }}\"");

    several_at_once: but("deadline: 30m", "dedline: 30m")
        .replace("uses: config/flag", "uses: config/flga")
        .replace("for_each: [one, two]", "foreach: [one, two]");
    of_form_and_of_parameters: but("deadline: 30m", "dedline: 30m")
        .replace("        with: { name: maintenance, on: true }", "        whit: { name: maintenance, on: true }")
        .replace("inputs.rate }}\" }", "inputs.rate }}\", brust: 3 }")
        .replace("{ rate: 50 }", "{ rate: -1 }")
        .replace("  hold: { default: 30s }", "  hold: { defualt: 30s }");
    several_in_what_it_means: but("{{ inputs.rate }}", "{{ inputs.rat }}")
        .replace("/{{ item }}/", "/{{ itme }}/")
        .replace("{ rate: 50 }", "{ rat: 50 }")
        .replace("{{ steps.alive.says }}", "{{ steps.dead.says }}");
}

#[test]
fn a_plan_that_no_run_could_finish() {
    let items = (0..3_000).map(|n| n.to_string()).collect::<Vec<_>>().join(", ");
    insta::assert_snapshot!(said(&but("for_each: [one, two]", &format!("for_each: [{items}]"))));
}

use super::*;

const PLAN: &str = r#"
name: shop-backout
system: shop
description: Sends the shop back to its old database.
deadline: 30m
users_see: Errors.
triggers:
  - alarm: shop-down
inputs:
  api: { from: "ssm:/shop/api", description: The REST API's id }
  region: { default: north }
  limit: { type: number }
preflight:
  - id: api-seen
    uses: http/health
    with: { url: "https://shop.example/health" }
    on_failure: continue
stages:
  - name: Divert traffic
    users_see: A maintenance page.
    steps:
      - id: throttle-down
        uses: apigateway/throttle
        with: { api: "{{ inputs.api }}", stage: prod, rate: 1 }
      - id: rule-off-{{ item }}
        for_each: [one, two]
        uses: events/rule
        with: { name: "{{ item }}-{{ inputs.region }}", state: disabled }
  - name: Restore traffic
    users_see: The shop.
    ramp:
      id: traffic
      uses: apigateway/throttle
      with: { api: "{{ inputs.api }}", stage: prod }
      through: [{ rate: 10 }, { rate: 100 }, original]
      hold: 30s
      guard:
        - uses: logs/count
          with: { group: shop, pattern: ERROR, at_most: 5 }
"#;

fn preview(chosen: &Chosen) -> Preview {
    let parsed = parse("plans/shop-backout.yaml", PLAN, &CATALOGUE).expect("a plan");
    let expansion = expand(&parsed, &CATALOGUE, &InputValues::unknown(&parsed.plan), chosen).expect("expands");
    Preview { version: "v1".into(), sha256: "0123456789abcdef".into(), parsed, expansion }
}

#[test]
fn shows_everything_that_a_plan_does() {
    insta::assert_snapshot!(text(&preview(&Chosen::All), Paint::Plain));
}

#[test]
fn stages_that_are_not_selected_are_named_as_such() {
    let preview = preview(&Chosen::Only(["Divert traffic".to_owned()].into()));
    insta::assert_snapshot!(stages_text(&preview.parsed.plan, &preview.expansion, Paint::Plain));
}

#[test]
fn the_form_for_programs() {
    let preview = preview(&Chosen::All);
    let told = serde_json::to_value(Told::of(&preview)).expect("writes");
    assert_eq!(told["plan"]["name"], "shop-backout");
    assert_eq!(told["stages"][1]["steps"][0]["id"], "throttle-down");
    assert_eq!(told["stages"][1]["users_see"], "A maintenance page.");
    assert_eq!(told["stages"][2]["kind"], "rung");
}

#[test]
fn what_cannot_be_taken_back_is_marked_and_the_point_of_no_return_is_named() {
    use crate::commands::plans::testing::{PLAN_WITH_A_COMMAND, preview};

    let preview = preview(PLAN_WITH_A_COMMAND, |plan| Ok((InputValues::unknown(plan), Chosen::All)));
    insta::assert_snapshot!(text(&preview, Paint::Plain));
    let told = serde_json::to_value(Told::of(&preview)).expect("writes");
    assert_eq!(
        told["point_of_no_return"],
        serde_json::json!({"step": "flush", "stage": "Flush", "summary": "invoke flusher", "more": 1})
    );
    let [flush, check] = [0, 2].map(|step| &told["stages"][2]["steps"][step]);
    assert_eq!((&flush["nature"], &flush["irreversible"]), (&"command".into(), &true.into()));
    assert_eq!((&check["nature"], &check["irreversible"]), (&"check".into(), &false.into()));
}

//! Plans for the tests of commands.

use backout_aws::StoredPlan;
use backout_engine::plan::{Chosen, InputValues, Plan};

use super::Preview;
use crate::error::CliError;

/// A plan with a step that cannot be taken back.
pub const PLAN_WITH_A_COMMAND: &str = r#"
name: shop
system: shop
description: Sends the shop back to its old database.
deadline: 10m
inputs:
  rate: { type: number, default: 1 }
preflight:
  - { id: api-seen, uses: http/health, with: { url: "https://shop.example/health" } }
stages:
  - name: Divert traffic
    users_see: A maintenance page.
    steps:
      - { id: throttle-down, uses: apigateway/throttle, with: { api: abc, stage: prod, rate: "{{ inputs.rate }}" } }
      - { id: rule-off, uses: events/rule, with: { name: nightly, state: disabled } }
  - name: Flush
    steps:
      - { id: flush, uses: lambda/invoke, with: { function: flusher, repeat: never } }
      - { id: tell, uses: lambda/invoke, with: { function: teller, repeat: safe } }
      - { id: errors-seen, uses: logs/count, with: { group: shop, pattern: ERROR, at_most: 5 } }
  - name: Restore traffic
    ramp:
      id: traffic
      uses: apigateway/throttle
      with: { api: abc, stage: prod }
      through: [{ rate: 10 }, original]
      hold: 30s
"#;

/// What a plan's text does.
pub fn preview(text: &str, adjust: impl FnOnce(&mut Plan) -> Result<(InputValues, Chosen), CliError>) -> Preview {
    let stored = StoredPlan {
        name: "shop".parse().expect("name"),
        text: text.into(),
        version: "v1".into(),
        sha256: "0123456789abcdef".into(),
    };
    Preview::of(stored, adjust).expect("a plan")
}

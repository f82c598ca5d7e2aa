//! Whatever the shipped plans become by a slip of the hand, every action reads or refuses its parameters.

use backout_catalogue::CATALOGUE;
use backout_engine::plan::check;
use proptest::prelude::*;

#[path = "../../engine/src/plan/tests/mutations.rs"]
mod mutations;

const SHIPPED: &str = include_str!("../../../plans/influxdb-to-timestream.yaml");

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_shipped_plan_with_slips(text in mutations::mutated(SHIPPED)) {
        match check("plan.yaml", &text, &CATALOGUE) {
            Ok(_) => {}
            Err(problems) => assert!(!problems.0.is_empty() && problems.0.iter().all(|problem| problem.place.line > 0)),
        }
    }

    #[test]
    fn any_parameters(value in mutations::scalars(), entry in proptest::sample::select(CATALOGUE.0)) {
        if let Ok(document) = backout_engine::plan::Document::read("with.yaml", &format!("with: {value}")) {
            let _ = entry.look(&document.value["with"]);
        }
    }
}

//! Every action of the catalogue is hosted by the function it names, once, and no function hosts another.

use std::collections::BTreeSet;

use aws_config::{BehaviorVersion, SdkConfig};
use backout_aws::{Cloud, Names};
use backout_catalogue::CATALOGUE;
use backout_engine::carry_out::Actions;

#[test]
fn what_an_action_is_and_what_it_does_belong_together() {
    let names = Names { table: "table".into(), bucket: "bucket".into(), stack: "stack".into() };
    let cloud = Cloud::new(names, &SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build());
    let functions: [(&str, Actions); 5] = [
        ("endpoint", backout_endpoint::actions(&cloud)),
        ("flag", backout_flag::actions(&cloud)),
        ("traffic", backout_traffic::actions(&cloud)),
        ("validate", backout_validate::actions(&cloud)),
        ("version", backout_version::actions(&cloud)),
    ];
    let hosted: Vec<(&str, &str)> = functions
        .iter()
        .flat_map(|(function, actions)| actions.names().into_iter().map(move |action| (*function, action)))
        .collect();
    let described: BTreeSet<(&str, &str)> = CATALOGUE.0.iter().map(|entry| (entry.function, entry.uses)).collect();
    assert_eq!(hosted.iter().copied().collect::<BTreeSet<_>>(), described);
    assert_eq!(hosted.len(), described.len(), "an action is hosted twice: {hosted:?}");
}

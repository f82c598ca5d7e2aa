//! Every action of the catalogue is hosted by the function it names, once, and no function hosts another.

use std::collections::BTreeSet;

use aws_config::{BehaviorVersion, SdkConfig};
use backout_aws::{Cloud, Names};
use backout_catalogue::CATALOGUE;
use backout_engine::{action::Host, carry_out::Actions};

#[test]
fn what_an_action_is_and_what_it_does_belong_together() {
    let names = Names { table: "table".into(), bucket: "bucket".into(), stack: "stack".into() };
    let cloud = Cloud::new(names, &SdkConfig::builder().behavior_version(BehaviorVersion::latest()).build());
    let functions: [(Host, Actions); Host::ALL.len()] = [
        (Host::Endpoint, backout_endpoint::actions(&cloud)),
        (Host::Flag, backout_flag::actions(&cloud)),
        (Host::Traffic, backout_traffic::actions(&cloud)),
        (Host::Validate, backout_validate::actions(&cloud)),
        (Host::Version, backout_version::actions(&cloud)),
    ];
    let hosted: Vec<(Host, &str)> = functions
        .iter()
        .flat_map(|(function, actions)| actions.names().into_iter().map(move |action| (*function, action)))
        .collect();
    let described: BTreeSet<(Host, &str)> = CATALOGUE.0.iter().map(|entry| (entry.host, entry.uses)).collect();
    assert_eq!(hosted.iter().copied().collect::<BTreeSet<_>>(), described);
    assert_eq!(hosted.len(), described.len(), "an action is hosted twice: {hosted:?}");
}

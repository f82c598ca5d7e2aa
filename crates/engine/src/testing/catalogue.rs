//! A small catalogue: two changes, a check, a command, and the panel that the tests of one step act on.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    action::{Calls, Catalogue, Entry, Host, Kind, Nature},
    resource::Resource,
};

pub const CATALOGUE: Catalogue = Catalogue(&[
    Entry::of::<Throttle>(),
    Entry::of::<Flag>(),
    Entry::of::<Health>(),
    Entry::of::<Purge>(),
    Entry::of::<Panel>(),
]);

macro_rules! kind {
    ($(#[$doc:meta])* $kind:ident, $uses:literal, $nature:ident, $host:ident, $with:ident { $($field:tt)* }
     resource: $resource:expr, summary: $summary:expr, faults: $faults:expr) => {
        $(#[$doc])*
        pub struct $kind;

        #[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields)]
        pub struct $with { $($field)* }

        impl Kind for $kind {
            const USES: &'static str = $uses;
            const NATURE: Nature = Nature::$nature;
            const HOST: Host = Host::$host;
            const ABOUT: &'static str = concat!("A ", $uses, " for tests.");
            const RESOURCE: &'static str = "a thing of tests";
            const CALLS: &'static [Calls] = &[];
            type With = $with;

            fn resource(with: &$with) -> Resource {
                let name: fn(&$with) -> Vec<String> = $resource;
                Resource::new("test", $uses, name(with).iter().map(String::as_str))
            }

            fn summary(with: &$with) -> String {
                let summary: fn(&$with) -> String = $summary;
                summary(with)
            }

            fn faults(with: &$with) -> Vec<String> {
                let faults: fn(&$with) -> Vec<String> = $faults;
                faults(with)
            }
        }
    };
}

kind! {
    Throttle, "gateway/throttle", Change, Traffic,
    ThrottleWith { pub api: String, pub rate: f64, #[serde(default)] pub burst: Option<u32>, }
    resource: |with| vec![with.api.clone()],
    summary: |with| format!("limit {} to {} a second", with.api, with.rate),
    faults: |with| if with.rate < 0.0 { vec!["`rate` is less than nothing".into()] } else { Vec::new() }
}

kind! {
    Flag, "config/flag", Change, Flag,
    FlagWith { pub name: String, pub on: bool, }
    resource: |_| vec!["flags".into()],
    summary: |with| format!("switch {} {}", with.name, if with.on { "on" } else { "off" }),
    faults: |_| Vec::new()
}

kind! {
    Health, "http/health", Check, Validate,
    HealthWith { pub url: String, }
    resource: |with| vec![with.url.clone()],
    summary: |with| format!("ask {}", with.url),
    faults: |with| if with.url.starts_with("http") { Vec::new() } else { vec![format!("`{}` is not a URL", with.url)] }
}

kind! {
    Purge, "cache/purge", Command, Endpoint,
    PurgeWith { pub paths: Vec<String>, }
    resource: |with| with.paths.clone(),
    summary: |with| format!("purge {}", with.paths.join(", ")),
    faults: |_| Vec::new()
}

kind! {
    Panel, "test/panel", Change, Traffic,
    PanelWith { pub set: BTreeMap<String, Value>, }
    resource: |_| vec!["panel".into()],
    summary: |with| format!("set {}", with.set.keys().cloned().collect::<Vec<_>>().join(", ")),
    faults: |_| Vec::new()
}

//! The regions of the template.

use backout_catalogue::REACHES;
use backout_engine::action::{Host, Reach};

use super::{
    ban,
    region::{Region, indented, wrapped},
    statement::{self, condition},
};

/// All of them.
pub fn regions() -> Vec<Region> {
    let mut regions = vec![
        region("what plans may reach", indented(REACHES.iter().map(|it| format!("- {}", it.parameter)), 10)),
        region("parameters", REACHES.iter().flat_map(parameter).collect()),
        region("conditions", indented(REACHES.iter().map(asked), 2)),
        region("what no plan may change", ban::lines(12)),
    ];
    for host in Host::ALL {
        let statements = statement::of(host);
        let lines = statements.iter().flat_map(|it| it.lines(14)).chain(statement::limits(host, 14)).collect();
        regions.push(region(&format!("what the actions of {host} call"), lines));
    }
    regions
}

fn region(name: &str, lines: Vec<String>) -> Region {
    Region { open: format!("# Generated: {name}."), close: "# End of what is generated.".into(), lines }
}

fn parameter(reach: &Reach) -> Vec<String> {
    let mut lines = vec![
        format!("{}:", reach.parameter),
        "  Type: CommaDelimitedList".into(),
        format!("  Default: \"{}\"", if reach.all.is_some() { "*" } else { "" }),
        "  Description: >-".into(),
    ];
    lines.extend(indented(wrapped(reach.about, 114), 4));
    indented(lines, 2)
}

/// Whether everything may be reached, or anything.
fn asked(reach: &Reach) -> String {
    let (name, parameter) = (condition(reach), reach.parameter);
    match reach.all {
        Some(_) => format!("{name}: !Equals [!Join [\",\", !Ref {parameter}], \"*\"]"),
        None => format!("{name}: !Not [!Equals [!Join [\"\", !Ref {parameter}], \"\"]]"),
    }
}

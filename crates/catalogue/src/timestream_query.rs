//! `timestream/query`: what a query of Timestream answers.

use backout_engine::{
    action::{Calls, Host, Kind, Nature, On},
    resource::Resource,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::reach::{TIMESTREAM_TABLES, keys};

/// Asks Timestream and judges the first value of the answer.
#[derive(Debug)]
pub struct TimestreamQuery;

/// The parameters of `timestream/query`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TimestreamQueryWith {
    /// A query whose first row and column is what is judged; it begins with `SELECT`, `WITH`, `SHOW` or `DESCRIBE`. E.g.
    /// `SELECT COUNT(*) FROM "energy"."generation" WHERE time > ago(1h)`.
    pub query: String,
    /// What that number has to be. Without it the check only observes: it passes whenever there is an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expect: Option<NumberExpect>,
}

/// Bounds of a number; all that are given have to hold.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NumberExpect {
    /// The smallest number that is well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_least: Option<f64>,
    /// The largest number that is well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at_most: Option<f64>,
    /// The only number that is well.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub equals: Option<f64>,
}

impl NumberExpect {
    /// Whether a number is as it should be.
    pub fn holds(&self, number: f64) -> bool {
        self.at_least.is_none_or(|bound| number >= bound)
            && self.at_most.is_none_or(|bound| number <= bound)
            && self.equals.is_none_or(|wanted| number == wanted)
    }
}

impl std::fmt::Display for NumberExpect {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let bounds = [("at least ", self.at_least), ("at most ", self.at_most), ("", self.equals)];
        let words: Vec<_> = bounds.iter().filter_map(|(word, n)| n.map(|n| format!("{word}{n}"))).collect();
        f.write_str(&words.join(" and "))
    }
}

impl Kind for TimestreamQuery {
    const USES: &'static str = "timestream/query";
    const NATURE: Nature = Nature::Check;
    const HOST: Host = Host::Validate;
    const ABOUT: &'static str = "Asks Timestream and judges the first value of the answer; no rows are no verdict.";
    const RESOURCE: &'static str = "the query";
    const CALLS: &'static [Calls] = &[
        Calls::of("QueryTimestream", "Timestream Query", &["Query"], On::Listed(&TIMESTREAM_TABLES)),
        Calls::of(
            "FindTimestreamEndpoint",
            "Timestream Query",
            &["DescribeEndpoints"],
            On::Everything("endpoints have no resource"),
        ),
        Calls::of(
            "QueryNoTable",
            "Timestream Query",
            &["SelectValues"],
            On::Everything("a query without a table has no resource"),
        )
        .by_aws("a query names no table"),
        keys("DecryptTables", &["Decrypt"], "timestream", "the database is encrypted with a key of yours"),
    ];
    type With = TimestreamQueryWith;

    fn resource(with: &TimestreamQueryWith) -> Resource {
        Resource::new("timestream", "query", [with.query.as_str()])
    }

    fn summary(with: &TimestreamQueryWith) -> String {
        let table =
            table(&with.query).map_or_else(|| "Timestream".to_owned(), |table| format!("Timestream table {table}"));
        match &with.expect {
            Some(expect) => format!("{table} answers {expect}"),
            None => format!("what {table} answers"),
        }
    }

    fn faults(with: &TimestreamQueryWith) -> Vec<String> {
        let mut faults = Vec::new();
        let first = with.query.split_whitespace().next().unwrap_or("").to_ascii_lowercase();
        if !["select", "with", "show", "describe"].contains(&first.as_str()) {
            faults.push(format!(
                "`query` begins with `{first}`, not with SELECT, WITH, SHOW or DESCRIBE: a check only reads"
            ));
        }
        if let Some(expect) = &with.expect {
            if *expect == NumberExpect::default() {
                faults.push("`expect` says nothing: give `at_least`, `at_most` or `equals`, or leave it out".into());
            }
            if let (Some(least), Some(most)) = (expect.at_least, expect.at_most)
                && least > most
            {
                faults.push(format!("no number is at least {least} and at most {most}"));
            }
            if let Some(wanted) = expect.equals
                && (expect.at_least.is_some() || expect.at_most.is_some())
            {
                faults.push(format!("`equals: {wanted}` leaves nothing for the other bounds to say"));
            }
        }
        faults
    }
}

/// The first table that a query reads, as `database.table`, for summaries.
fn table(query: &str) -> Option<String> {
    let mut words = query.split_whitespace();
    words.find(|word| word.eq_ignore_ascii_case("from"))?;
    let named = words.next()?.trim_end_matches([')', ';', ',']);
    let plain = |c: char| c.is_ascii_alphanumeric() || "._-\"".contains(c);
    named.chars().all(plain).then(|| named.replace('"', ""))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn with(with: Value) -> TimestreamQueryWith {
        serde_json::from_value(with).expect("reads")
    }

    #[test]
    fn says_which_table_has_to_answer_what() {
        let query = "SELECT COUNT(*) FROM \"energy\".\"generation\" WHERE time > ago(1h)";
        let with_bound = with(json!({"query": query, "expect": {"at_least": 1}}));
        assert_eq!(TimestreamQuery::summary(&with_bound), "Timestream table energy.generation answers at least 1");
        assert!(TimestreamQuery::faults(&with_bound).is_empty());
        assert_eq!(TimestreamQuery::summary(&with(json!({"query": "SELECT 1"}))), "what Timestream answers");
        let nested = with(json!({"query": "SELECT COUNT(*) FROM (SELECT 1)"}));
        assert_eq!(TimestreamQuery::summary(&nested), "what Timestream answers");
    }

    #[test]
    fn bounds_hold_together() {
        let between = NumberExpect { at_least: Some(1.0), at_most: Some(5.0), equals: None };
        assert!(between.holds(1.0) && between.holds(5.0) && !between.holds(0.0) && !between.holds(5.5));
        assert_eq!(between.to_string(), "at least 1 and at most 5");
        assert!(NumberExpect { equals: Some(0.0), ..NumberExpect::default() }.holds(0.0));
    }

    #[test]
    fn what_says_nothing_or_can_never_hold_is_refused() {
        let wrong = [
            json!({"query": "DELETE FROM x"}),
            json!({"query": ""}),
            json!({"query": "SELECT 1", "expect": {}}),
            json!({"query": "SELECT 1", "expect": {"at_least": 2, "at_most": 1}}),
            json!({"query": "SELECT 1", "expect": {"at_least": 2, "equals": 1}}),
        ];
        for given in wrong {
            assert_eq!(TimestreamQuery::faults(&with(given.clone())).len(), 1, "{given}");
        }
    }
}

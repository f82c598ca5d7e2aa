//! `timestream/query`: what a query of Timestream answers.

use aws_sdk_timestreamquery::{
    Client, Config,
    config::Builder,
    types::{ColumnInfo, Datum, Row, ScalarType},
};
use backout_aws::{Cloud, Vocabulary, Word, fault, shortened};
use backout_catalogue::{NumberExpect, TimestreamQuery, TimestreamQueryWith};
use backout_engine::{
    action::{At, Check, Finding, Verdict},
    fault::Fault,
};
use serde_json::{Map, Value};

/// Timestream may answer with empty pages while it works; this many are waited for in one look.
const MOST_PAGES: usize = 50;

/// Asks Timestream and judges the first value.
pub(crate) struct Query {
    config: Config,
    /// AWS serves queries at endpoints that have to be looked up; an endpoint of one's own serves them itself.
    look_up_endpoint: bool,
}

impl Query {
    pub(crate) fn new(cloud: &Cloud) -> Self {
        let config = cloud.reads();
        Self { config: Builder::from(config).build(), look_up_endpoint: config.endpoint_url().is_none() }
    }

    async fn client(&self) -> Result<Client, Fault> {
        let client = Client::from_conf(self.config.clone());
        if !self.look_up_endpoint {
            return Ok(client);
        }
        let doing = "look up the endpoint of Timestream";
        let found = client.describe_endpoints().send().await.map_err(|error| fault(doing, error))?;
        let [endpoint, ..] = found.endpoints() else {
            return Err(Fault::passing(format!("could not {doing}: there is none")));
        };
        let url = format!("https://{}", endpoint.address());
        Ok(Client::from_conf(self.config.to_builder().endpoint_url(url).build()))
    }

    /// The first row, with its columns; `None` when there is none.
    async fn first_row(&self, query: &str) -> Result<Option<(Vec<ColumnInfo>, Row)>, Fault> {
        let client = self.client().await?;
        let mut next = None;
        for _ in 0..MOST_PAGES {
            let mut page = client
                .query()
                .query_string(query)
                .set_next_token(next.take())
                .send()
                .await
                .map_err(|error| CODES.explain(fault("query Timestream", error), "Timestream"))?;
            if !page.rows.is_empty() {
                return Ok(Some((page.column_info, page.rows.swap_remove(0))));
            }
            match page.next_token {
                Some(token) => next = Some(token),
                None => return Ok(None),
            }
        }
        Err(Fault::passing("could not query Timestream: it was still working on the query"))
    }
}

impl Check for Query {
    type Kind = TimestreamQuery;

    async fn judge(&self, at: &At<'_, TimestreamQueryWith>) -> Result<Verdict, Fault> {
        match self.first_row(&at.with.query).await? {
            Some((columns, row)) => Ok(verdict(at.with.expect.as_ref(), &columns, &row)),
            None => Ok(Verdict::new(Finding::Inconclusive, "the query found no row")),
        }
    }
}

fn verdict(expect: Option<&NumberExpect>, columns: &[ColumnInfo], row: &Row) -> Verdict {
    let values: Vec<_> = columns.iter().zip(row.data()).map(|(column, datum)| (column, value(column, datum))).collect();
    let first = values.first().map_or(&Value::Null, |(_, value)| value);
    let verdict = match (expect, first) {
        (_, Value::Null) => Verdict::new(Finding::Inconclusive, "the query's first value is NULL"),
        (None, value) => Verdict::new(Finding::Pass, format!("the query answers {}", shown(value))),
        (Some(expect), value) => match value.as_f64() {
            Some(number) if expect.holds(number) => {
                Verdict::new(Finding::Pass, format!("the query answers {value}, wanted {expect}"))
            }
            Some(_) => Verdict::new(Finding::Fail, format!("the query answers {value}, wanted {expect}")),
            None => Verdict::new(
                Finding::Inconclusive,
                format!("the query's first value is {}, which is no number to compare with {expect}", shown(value)),
            ),
        },
    };
    let named = values.iter().enumerate().map(|(index, (column, value))| {
        let name = column.name().map_or_else(|| format!("_col{index}"), str::to_owned);
        (name, value.clone())
    });
    let row: Map<_, _> = named.collect();
    verdict.observing("value", first.clone()).observing("row", row)
}

/// A cell as JSON: numbers and booleans by their column's type, anything else as text.
fn value(column: &ColumnInfo, datum: &Datum) -> Value {
    let Some(text) = datum.scalar_value() else { return Value::Null };
    let typed = match column.r#type().and_then(|kind| kind.scalar_type()) {
        Some(ScalarType::Bigint | ScalarType::Integer) => text.parse::<i64>().ok().map(Value::from),
        Some(ScalarType::Double) => text.parse::<f64>().ok().map(Value::from),
        Some(ScalarType::Boolean) => text.parse::<bool>().ok().map(Value::from),
        _ => None,
    };
    typed.unwrap_or_else(|| Value::String(text.to_owned()))
}

fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => shortened(text, 100),
        other => other.to_string(),
    }
}

/// What a person can do about a refused query.
const CODES: Vocabulary = Vocabulary(&[
    Word::new("ValidationException", "correct the query, or the names of database and table in it"),
    Word::new(
        "AccessDeniedException",
        "let the validate function read the table: the stack's parameter TimestreamTableArns says which it may; \
         Timestream for LiveAnalytics is also closed to accounts that did not use it before June 2025",
    ),
]);

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::judge;
    use backout_aws::testing::cloud;
    use serde_json::json;

    /// Judges a query that is answered with these pages, one after another.
    async fn look(expect: Value, pages: Vec<Value>) -> Verdict {
        let pages = std::sync::Mutex::new(pages.into_iter());
        let (cloud, _) = cloud(move |asked| {
            let answer = if asked.what.ends_with("DescribeEndpoints") {
                json!({"Endpoints": [{"Address": "query-cell1.timestream.example", "CachePeriodInMinutes": 1440}]})
            } else {
                pages.lock().expect("not poisoned").next().expect("one more page")
            };
            (200, answer.to_string())
        });
        let mut with = json!({"query": "SELECT COUNT(*) FROM \"db\".\"t\""});
        if !expect.is_null() {
            with["expect"] = expect;
        }
        judge(&Query::new(&cloud), &serde_json::from_value(with).expect("reads")).await.expect("a verdict")
    }

    fn page(kind: &str, cells: Value, next: Option<&str>) -> Value {
        let columns =
            [json!({"Name": "first", "Type": {"ScalarType": kind}}), json!({"Type": {"ScalarType": "TIMESTAMP"}})];
        let rows: Vec<_> = cells.as_array().into_iter().flatten().map(|row| json!({"Data": row})).collect();
        json!({"QueryId": "q", "ColumnInfo": columns, "Rows": rows, "NextToken": next})
    }

    #[tokio::test]
    async fn a_count_is_compared_and_the_row_is_observed() {
        let cells = json!([[{"ScalarValue": "3"}, {"ScalarValue": "2026-11-20 10:00:00.000000000"}]]);
        let verdict = look(json!({"at_least": 1}), vec![page("BIGINT", cells, None)]).await;
        assert_eq!(verdict.finding, Finding::Pass);
        assert_eq!(verdict.says, "the query answers 3, wanted at least 1");
        assert_eq!(verdict.observed["value"], 3);
        assert_eq!(verdict.observed["row"], json!({"first": 3, "_col1": "2026-11-20 10:00:00.000000000"}));
    }

    #[tokio::test]
    async fn a_count_of_zero_fails_and_is_no_missing_data() {
        let verdict = look(json!({"at_least": 1}), vec![page("BIGINT", json!([[{"ScalarValue": "0"}]]), None)]).await;
        assert_eq!(verdict.finding, Finding::Fail);
    }

    #[tokio::test]
    async fn no_row_and_null_are_inconclusive_whatever_is_expected() {
        for expect in [json!(null), json!({"at_most": 5})] {
            assert_eq!(
                look(expect.clone(), vec![page("DOUBLE", json!([]), None)]).await.finding,
                Finding::Inconclusive
            );
            let null = page("DOUBLE", json!([[{"NullValue": true}]]), None);
            assert_eq!(look(expect, vec![null]).await.finding, Finding::Inconclusive);
        }
    }

    #[tokio::test]
    async fn empty_pages_are_passed_over() {
        let pages =
            vec![page("BIGINT", json!([]), Some("more")), page("BIGINT", json!([[{"ScalarValue": "1"}]]), None)];
        assert_eq!(look(json!({"equals": 1}), pages).await.finding, Finding::Pass);
    }

    #[tokio::test]
    async fn a_text_is_observed_but_not_compared_with_numbers() {
        let latest = || vec![page("TIMESTAMP", json!([[{"ScalarValue": "2026-11-20 10:00:00"}]]), None)];
        let verdict = look(json!(null), latest()).await;
        assert_eq!((verdict.finding, verdict.observed["value"].clone()), (Finding::Pass, json!("2026-11-20 10:00:00")));
        assert_eq!(look(json!({"at_least": 1}), latest()).await.finding, Finding::Inconclusive);
    }
}

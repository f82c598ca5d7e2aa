//! The runs, newest first; and those that are not concluded.

use aws_sdk_dynamodb::types::AttributeValue;
use backout_engine::{fault::Fault, journal::Run};

use super::{DynamoLedger, item, row::LISTING};
use crate::fault;

pub async fn runs(ledger: &DynamoLedger, limit: usize) -> Result<Vec<Run>, Fault> {
    let request = ledger
        .client
        .query()
        .table_name(&ledger.table)
        .index_name("runs")
        .key_condition_expression("listing = :listing")
        .expression_attribute_values(":listing", AttributeValue::S(LISTING.into()))
        .scan_index_forward(false);
    let mut runs = Vec::new();
    let mut items = request.into_paginator().page_size(page(limit)).items().send();
    while runs.len() < limit {
        let Some(found) = items.next().await else { break };
        let found = found.map_err(|error| fault("list the runs", error))?;
        match item::row(&found) {
            Ok(run) => runs.push(run),
            // One row that a later version wrote does not hide the others.
            Err(unreadable) => tracing::warn!("{unreadable}"),
        }
    }
    Ok(runs)
}

/// The runs that are not concluded: the index `open` has no others.
pub async fn open(ledger: &DynamoLedger) -> Result<Vec<Run>, Fault> {
    let request = ledger
        .client
        .query()
        .table_name(&ledger.table)
        .index_name("open")
        .key_condition_expression("#open = :open")
        .expression_attribute_names("#open", "open")
        .expression_attribute_values(":open", AttributeValue::S(LISTING.into()));
    let mut runs = Vec::new();
    let mut items = request.into_paginator().items().send();
    while let Some(found) = items.next().await {
        let found = found.map_err(|error| fault("list the runs that are not concluded", error))?;
        match item::row(&found) {
            Ok(run) => runs.push(run),
            Err(unreadable) => tracing::warn!("{unreadable}"),
        }
    }
    Ok(runs)
}

fn page(limit: usize) -> i32 {
    i32::try_from(limit.clamp(1, 100)).unwrap_or(100)
}

//! Consistent reads.

use aws_sdk_dynamodb::types::AttributeValue;
use backout_engine::{fault::Fault, ids::RunId, journal::Journal, ledger::Depth};
use serde::de::DeserializeOwned;

use super::{
    DynamoLedger, Item, item,
    row::{Key, Kind, OUTLINE},
};
use crate::fault;

/// An item, if it is there.
pub async fn item(ledger: &DynamoLedger, key: &Key) -> Result<Option<Item>, Fault> {
    let request = ledger.client.get_item().table_name(&ledger.table).set_key(Some(key.attributes()));
    let answer = request.consistent_read(true).send().await;
    let answer = answer.map_err(|error| fault(&format!("read `{}` `{}` of the ledger", key.pk, key.sk), error))?;
    Ok(answer.item)
}

/// A row, if it is there.
pub async fn row<R: DeserializeOwned>(ledger: &DynamoLedger, key: &Key) -> Result<Option<R>, Fault> {
    item(ledger, key).await?.map(|found| item::row(&found)).transpose()
}

/// A run with its steps, if there is one.
pub async fn journal(ledger: &DynamoLedger, run: &RunId, depth: Depth) -> Result<Option<Journal>, Fault> {
    let key = Key::run(run);
    let mut request = ledger
        .client
        .query()
        .table_name(&ledger.table)
        .key_condition_expression("pk = :pk")
        .expression_attribute_values(":pk", AttributeValue::S(key.pk))
        .consistent_read(true);
    if depth == Depth::Outline {
        let aliases: Vec<String> = (0..OUTLINE.len()).map(|index| format!("#{index}")).collect();
        request = request.projection_expression(aliases.join(", "));
        for (alias, name) in aliases.into_iter().zip(OUTLINE) {
            request = request.expression_attribute_names(alias, *name);
        }
    }
    let (mut row_of_run, mut steps) = (None, Vec::new());
    let mut items = request.into_paginator().items().send();
    while let Some(found) = items.next().await {
        let found = found.map_err(|error| fault(&format!("read the journal of run `{run}`"), error))?;
        match Kind::of(&found) {
            Kind::Run => row_of_run = Some(item::row(&found)?),
            Kind::Step => steps.push(item::row(&found)?),
            Kind::Other => {}
        }
    }
    Ok(row_of_run.map(|row| Journal::new(row, steps)))
}

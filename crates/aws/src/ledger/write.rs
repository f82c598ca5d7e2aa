//! Conditional writes that tell their own work from somebody else's.

use std::collections::BTreeMap;

use aws_sdk_dynamodb::{
    error::SdkError,
    operation::{put_item::PutItemError, update_item::UpdateItemError},
    types::AttributeValue,
};
use backout_engine::{
    fault::{CarriedOut, Fault},
    ids::RunId,
    journal::{Run, Step},
    ledger::Saved,
};
use futures::{StreamExt, TryStreamExt, stream};
use uuid::Uuid;

use super::{
    DynamoLedger, Item, item, read,
    row::{Key, Row},
};
use crate::fault;

/// How often a write is begun again when its answer was lost and a look shows that it did not happen. The SDK has
/// tried several times before that.
const ROUNDS: u32 = 3;
/// How many planned steps are under way to the table at once.
const AT_ONCE: usize = 32;
/// The attribute that says which write made the row as it is.
const WRITER: &str = "writer";

/// What a write came back with.
enum Sent {
    /// It is done.
    Done,
    /// Its condition did not hold, or nobody knows: look.
    Unclear(Fault),
}

/// The fault of a write after which one has to look how the item stands.
///
/// # Errors
/// The same fault, if it was refused for another reason than its condition: then it did nothing.
pub fn unclear(was_conditional: bool, fault: Fault) -> Result<Fault, Fault> {
    if was_conditional || fault.carried_out == CarriedOut::Perhaps { Ok(fault) } else { Err(fault) }
}

/// Writes a run's first row, unless there is one.
pub async fn create(ledger: &DynamoLedger, run: &Run) -> Result<Saved<Run>, Fault> {
    let key = Key::run(&run.id);
    let doing = format!("begin the journal of run `{}`", run.id);
    let writer = nonce();
    let mut new = run.attributes()?;
    new.extend(key.attributes());
    new.insert(WRITER.into(), writer.clone());
    item::weigh(&run.what(), &new)?;
    let mut last = None;
    for _ in 0..ROUNDS {
        match put(ledger, &doing, &new).await? {
            Sent::Done => return Ok(Saved::Done),
            Sent::Unclear(fault) => last = Some(fault),
        }
        if let Some(found) = read::item(ledger, &key).await? {
            let ours = found.get(WRITER) == Some(&writer);
            return if ours { Ok(Saved::Done) } else { Ok(Saved::Behind(Box::new(item::row(&found)?))) };
        }
    }
    Err(last.unwrap_or_else(|| Fault::unanswered(format!("could not {doing}"))))
}

/// Writes planned steps: one request each. A step that is there already is left as it is.
pub async fn plan(ledger: &DynamoLedger, run: &RunId, steps: &[Step]) -> Result<(), Fault> {
    stream::iter(steps)
        .map(|step| async move {
            let mut new = step.attributes()?;
            new.extend(Key::step(run, &step.id).attributes());
            new.insert(WRITER.into(), nonce());
            item::weigh(&step.what(), &new)?;
            match put(ledger, &format!("plan step `{}` of run `{run}`", step.id), &new).await? {
                Sent::Done => Ok(()),
                // There already, by this call's own first attempt or by an earlier call: both are as it should be.
                Sent::Unclear(fault) if fault.carried_out == CarriedOut::No => Ok(()),
                Sent::Unclear(fault) => Err(fault),
            }
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await
}

/// Moves a row on from exactly `was`: sets what differs and removes what is gone.
pub async fn save<R: Row>(ledger: &DynamoLedger, key: &Key, was: &R, now: &R) -> Result<Saved<R>, Fault> {
    if now.revision() <= was.revision() {
        return Err(Fault::refused(format!("the row of {} was to be written without a new revision", now.what())));
    }
    let doing = format!("write the journal's row of {}", now.what());
    let writer = nonce();
    let target = now.attributes()?;
    item::weigh(&now.what(), &target)?;
    let change = Difference::between(&was.attributes()?, &target, &writer);
    let mut last = None;
    for _ in 0..ROUNDS {
        match update(ledger, &doing, key, &change, was.revision()).await? {
            Sent::Done => return Ok(Saved::Done),
            Sent::Unclear(fault) => last = Some(fault),
        }
        let Some(found) = read::item(ledger, key).await? else {
            return Err(Fault::refused(format!("could not {doing}: it is not there")));
        };
        if found.get(WRITER) == Some(&writer) {
            return Ok(Saved::Done);
        }
        let current: R = item::row(&found)?;
        if current.revision() != was.revision() {
            return Ok(Saved::Behind(Box::new(current)));
        }
    }
    Err(last.unwrap_or_else(|| Fault::unanswered(format!("could not {doing}"))))
}

async fn put(ledger: &DynamoLedger, doing: &str, new: &Item) -> Result<Sent, Fault> {
    let request = ledger.client.put_item().table_name(&ledger.table).set_item(Some(new.clone()));
    match request.condition_expression("attribute_not_exists(pk)").send().await {
        Ok(_) => Ok(Sent::Done),
        Err(error) => {
            let conditional = matches!(
                &error,
                SdkError::ServiceError(answer) if matches!(answer.err(), PutItemError::ConditionalCheckFailedException(_))
            );
            unclear(conditional, fault(doing, error)).map(Sent::Unclear)
        }
    }
}

async fn update(
    ledger: &DynamoLedger,
    doing: &str,
    key: &Key,
    change: &Difference,
    revision: u32,
) -> Result<Sent, Fault> {
    let request = ledger
        .client
        .update_item()
        .table_name(&ledger.table)
        .set_key(Some(key.attributes()))
        .update_expression(&change.expression)
        .set_expression_attribute_names(Some(change.names.clone().into_iter().collect()))
        .set_expression_attribute_values(Some(change.values.clone()))
        .expression_attribute_names("#revision", "revision")
        .expression_attribute_values(":was", AttributeValue::N(revision.to_string()))
        .condition_expression("#revision = :was");
    match request.send().await {
        Ok(_) => Ok(Sent::Done),
        Err(error) => {
            let conditional = is_conditional(&error);
            unclear(conditional, fault(doing, error)).map(Sent::Unclear)
        }
    }
}

/// Whether an update was refused by its own condition.
pub fn is_conditional<R>(error: &SdkError<UpdateItemError, R>) -> bool {
    matches!(
        error,
        SdkError::ServiceError(answer) if matches!(answer.err(), UpdateItemError::ConditionalCheckFailedException(_))
    )
}

/// Unique to one write.
fn nonce() -> AttributeValue {
    AttributeValue::S(Uuid::new_v4().to_string())
}

/// What an update sets and removes.
#[derive(Debug, PartialEq)]
struct Difference {
    expression: String,
    names: BTreeMap<String, String>,
    values: Item,
}

impl Difference {
    fn between(was: &Item, now: &Item, writer: &AttributeValue) -> Self {
        // In the order of their names, so that the same write is the same request.
        let was: BTreeMap<_, _> = was.iter().collect();
        let now: BTreeMap<_, _> = now.iter().collect();
        let (mut sets, mut removes) = (vec!["#writer = :writer".to_owned()], Vec::new());
        let mut names = BTreeMap::from([("#writer".to_owned(), WRITER.to_owned())]);
        let mut values = Item::from([(":writer".to_owned(), writer.clone())]);
        for (&name, &value) in now.iter().filter(|(name, value)| was.get(*name) != Some(*value)) {
            sets.push(format!("#{name} = :{name}"));
            names.insert(format!("#{name}"), name.clone());
            values.insert(format!(":{name}"), value.clone());
        }
        for &name in was.keys().filter(|name| !now.contains_key(*name)) {
            removes.push(format!("#{name}"));
            names.insert(format!("#{name}"), name.clone());
        }
        let mut expression = format!("SET {}", sets.join(", "));
        if !removes.is_empty() {
            expression.push_str(&format!(" REMOVE {}", removes.join(", ")));
        }
        Self { expression, names, values }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(value: &str) -> AttributeValue {
        AttributeValue::S(value.into())
    }

    #[test]
    fn only_what_differs_is_written() {
        let was =
            Item::from([("id".into(), text("s")), ("status".into(), text("issued")), ("turn".into(), text("{}"))]);
        let now =
            Item::from([("id".into(), text("s")), ("status".into(), text("started")), ("before".into(), text("{}"))]);
        let difference = Difference::between(&was, &now, &text("w"));
        let expression = "SET #writer = :writer, #before = :before, #status = :status REMOVE #turn";
        assert_eq!(difference.expression, expression);
        assert_eq!(difference.names.keys().collect::<Vec<_>>(), ["#before", "#status", "#turn", "#writer"]);
        assert_eq!(difference.values.len(), 3);
        assert_eq!(difference.values[":status"], text("started"));
    }
}

//! The lock of a system. It has an owner and an epoch and no expiry: a run may have to wait for long, and a lock that
//! ends by itself would let a second run in beside it. The item outlives its holders, so the epoch only grows.

use aws_sdk_dynamodb::types::AttributeValue;
use backout_engine::{
    fault::Fault,
    ids::{RunId, SystemName},
    journal::Execution,
    ledger::{Held, Lock, Locked},
};
use serde::Deserialize;

use super::{
    DynamoLedger, item, read,
    row::Key,
    write::{is_conditional, unclear},
};
use crate::fault;

/// How often taking or freeing is begun again when a look shows that it did not happen.
const ROUNDS: u32 = 3;

/// The item. Without `run` nobody holds the system.
#[derive(Debug, Deserialize)]
struct Row {
    run: Option<RunId>,
    execution: Option<Execution>,
    epoch: u64,
    previous: Option<RunId>,
}

/// Takes the lock if it is free, or held by exactly `instead_of`.
pub async fn lock(
    ledger: &DynamoLedger,
    system: &SystemName,
    run: &RunId,
    execution: &Execution,
    instead_of: Option<&Lock>,
) -> Result<Locked, Fault> {
    let doing = format!("lock the system `{system}`");
    let mut last = None;
    for _ in 0..ROUNDS {
        match take(ledger, &doing, system, (run, execution), instead_of).await? {
            Ok(lock) => return Ok(Locked::Ours(lock)),
            Err(fault) => last = Some(fault),
        }
        // Free once more since, or never taken: another round.
        let Some(holder) = holder(ledger, system).await? else { continue };
        let ours = holder.run == *run && holder.execution.arn == execution.arn;
        return Ok(if ours { Locked::Ours(holder) } else { Locked::Theirs(holder) });
    }
    Err(last.unwrap_or_else(|| Fault::unanswered(format!("could not {doing}"))))
}

/// Frees the lock if that run holds it; whoever else holds it is left alone.
pub async fn unlock(ledger: &DynamoLedger, system: &SystemName, run: &RunId) -> Result<(), Fault> {
    let doing = format!("free the system `{system}`");
    let mut last = None;
    for _ in 0..ROUNDS {
        let request = ledger
            .client
            .update_item()
            .table_name(&ledger.table)
            .set_key(Some(Key::lock(system).attributes()))
            .update_expression("SET #previous = #run REMOVE #run, #execution")
            .expression_attribute_names("#previous", "previous")
            .condition_expression("#run = :run")
            .expression_attribute_names("#run", "run")
            .expression_attribute_names("#execution", "execution")
            .expression_attribute_values(":run", AttributeValue::S(run.to_string()));
        let Err(error) = request.send().await else { return Ok(()) };
        if is_conditional(&error) {
            return Ok(());
        }
        last = Some(unclear(false, fault(&doing, error))?);
        if holder(ledger, system).await?.is_none_or(|holder| holder.run != *run) {
            return Ok(());
        }
    }
    Err(last.unwrap_or_else(|| Fault::unanswered(format!("could not {doing}"))))
}

/// One attempt. The inner error is one after which one has to look.
async fn take(
    ledger: &DynamoLedger,
    doing: &str,
    system: &SystemName,
    (run, execution): (&RunId, &Execution),
    instead_of: Option<&Lock>,
) -> Result<Result<Lock, Fault>, Fault> {
    let fields = item::attributes(&serde_json::json!({"run": run, "execution": execution, "epoch": 1}))?;
    let mut request = ledger
        .client
        .update_item()
        .table_name(&ledger.table)
        .set_key(Some(Key::lock(system).attributes()))
        .update_expression("SET #run = :run, #execution = :execution ADD #epoch :epoch")
        .return_values(aws_sdk_dynamodb::types::ReturnValue::AllNew);
    for (name, value) in fields {
        request = request.expression_attribute_names(format!("#{name}"), &name);
        request = request.expression_attribute_values(format!(":{name}"), value);
    }
    request = match instead_of {
        None => request.condition_expression("attribute_not_exists(#run)"),
        Some(holder) => request
            .update_expression("SET #run = :run, #execution = :execution, #previous = :holder ADD #epoch :epoch")
            .expression_attribute_names("#previous", "previous")
            .condition_expression("attribute_not_exists(#run) OR (#run = :holder AND #epoch = :held)")
            .expression_attribute_values(":holder", AttributeValue::S(holder.run.to_string()))
            .expression_attribute_values(":held", AttributeValue::N(holder.epoch.to_string())),
    };
    match request.send().await {
        Ok(answer) => {
            let row = answer.attributes.map(|found| item::row::<Row>(&found)).transpose()?;
            let unread =
                || Fault::unanswered(format!("could not {doing}: the answer does not say how the lock stands"));
            let ours = |row: Row| {
                let (run, execution) = (run.clone(), execution.clone());
                Lock { run, execution, epoch: row.epoch, previous: row.previous }
            };
            Ok(row.map(ours).ok_or_else(unread))
        }
        Err(error) => {
            let was_conditional = is_conditional(&error);
            unclear(was_conditional, fault(doing, error)).map(Err)
        }
    }
}

/// Who holds the system.
async fn holder(ledger: &DynamoLedger, system: &SystemName) -> Result<Option<Lock>, Fault> {
    Ok(held(ledger, system).await?.holder)
}

/// Who holds the system, and who did.
pub async fn held(ledger: &DynamoLedger, system: &SystemName) -> Result<Held, Fault> {
    let Some(row) = read::row::<Row>(ledger, &Key::lock(system)).await? else { return Ok(Held::default()) };
    let previous = row.previous.clone();
    let holder = row.run.zip(row.execution).map(|(run, execution)| Lock {
        run,
        execution,
        epoch: row.epoch,
        previous: row.previous,
    });
    Ok(Held { holder, previous })
}

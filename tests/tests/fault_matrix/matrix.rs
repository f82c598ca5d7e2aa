//! Runs every case of every action, and says what was wrong.

use std::collections::BTreeSet;

use backout_aws::SystemClock;
use backout_engine::{
    action::Nature,
    clock::Clock as _,
    ids::RunId,
    journal::{Status, Step},
};
use backout_tests::LocalCloud;

use super::{
    cases,
    choice::{Choice, Share},
    fixtures::{Calls, Fixture, Kept, Platform},
    machine::Machine,
    models::Service,
    named::PLAIN_HTTP,
    permitted::Made,
    trouble::Trouble,
    truth::{Ends, changes, differences, repeated, untrue, untrue_of_command},
    watch::{Effect, Seen, Watch},
    world::{Snapshot, World},
};

/// What came of it.
#[derive(Debug, Default)]
pub struct Tally {
    pub uses: &'static str,
    pub calls: usize,
    pub cases: usize,
    pub failures: Vec<String>,
    /// The calls, by name.
    pub made: Option<Calls>,
    /// Every call that was made, disturbed or not.
    pub called: BTreeSet<Made>,
}

/// Where something goes wrong: on the way there, or on the way back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    There,
    Back,
}

/// What an undisturbed run of an action does, each way.
struct Undisturbed {
    there: (Ends, Vec<Seen>),
    back: Option<(Ends, Vec<Seen>)>,
}

/// What came of a case.
struct Tried {
    wrong: Vec<String>,
    /// The step's row.
    row: Step,
    /// The cloud after the undo.
    cloud: Snapshot,
}

/// One worker: a cloud of its own.
pub struct Matrix {
    world: World,
    platform: Platform,
    share: Share,
    choice: Choice,
    runs: std::cell::Cell<u32>,
    called: std::cell::RefCell<BTreeSet<Made>>,
}

impl Matrix {
    pub fn new(share: Share, choice: Choice) -> Self {
        let cloud = LocalCloud::at_rest();
        let platform = Platform::of(&cloud);
        Self {
            world: World::new(cloud),
            platform,
            share,
            choice,
            runs: std::cell::Cell::default(),
            called: std::cell::RefCell::default(),
        }
    }

    /// All cases of an action.
    pub fn try_out(&self, fixture: &Fixture) -> Tally {
        let mut tally = Tally { uses: fixture.uses, ..Tally::default() };
        self.world.hands.give(fixture, &self.platform);
        self.world.cloud.wait(self.cases(fixture, &mut tally));
        tally.called = self.called.take();
        tally
    }

    async fn cases(&self, fixture: &Fixture, tally: &mut Tally) {
        let title = fixture.title();
        let Undisturbed { there: (ends, seen), back } = match self.undisturbed(fixture).await {
            Ok(found) => found,
            Err(wrong) => return tally.failures.push(format!("{title}: undisturbed\n  {}", wrong.join("\n  "))),
        };
        tally.made = Calls::of(fixture, &seen, back.as_ref().map(|(_, seen)| seen.as_slice()));
        tally.calls = seen.len() + back.as_ref().map_or(0, |(_, seen)| seen.len());
        let trouble = |trouble: Trouble| (trouble.to_string(), Some((Way::There, trouble)));
        let mut troubles: Vec<_> = cases::of(&seen, self.choice.cases()).into_iter().map(trouble).collect();
        if let Some((_, seen)) = &back {
            let trouble = |trouble: Trouble| (format!("undo:{trouble}"), Some((Way::Back, trouble)));
            troubles.extend(cases::of(seen, self.choice.cases().on_the_way_back()).into_iter().map(trouble));
        }
        // Once more after everything, the invocations of a step are delivered that ended long ago.
        troubles.push(("later".to_owned(), None));
        let wanted = troubles.iter().enumerate();
        let wanted = wanted.filter(|(at, (name, _))| self.choice.has(fixture.uses, &format!("{title}:{name}"), *at));
        for (_, (name, trouble)) in wanted.skip(self.share.number).step_by(self.share.of) {
            tally.cases += 1;
            let Tried { wrong, row, cloud } = match (trouble, &back) {
                (Some((Way::Back, trouble)), Some((ends, _))) => self.disturbed_back(fixture, trouble, ends).await,
                (Some((_, trouble)), _) => self.disturbed(fixture, trouble, &ends).await,
                (None, _) => self.delivered_later(fixture, &ends).await,
            };
            let is_dirty = cloud != ends.before;
            if !wrong.is_empty() {
                let row = serde_json::to_string(&row).expect("JSON");
                tally.failures.push(format!("{title}:{name}\n  {}\n  {row}", wrong.join("\n  ")));
            }
            self.world.tidy(fixture, &seen).await;
            if is_dirty {
                return tally.failures.push(format!("{title}: its other cases were not run, the cloud is not clean"));
            }
        }
    }

    async fn undisturbed(&self, fixture: &Fixture) -> Result<Undisturbed, Vec<String>> {
        let before = self.world.snapshot();
        let machine = self.begin(fixture, &[fixture.step(&self.platform)], None).await;
        let journal = machine.run().await;
        let watch = self.unwatched();
        let after = self.world.snapshot();
        let row = journal.steps.first().expect("a step");
        let mut wrong = watch.offences;
        if !row.status.is_good() {
            wrong.push(format!("it did not work: {}", serde_json::to_string(row).expect("JSON")));
        }
        if row.status == Status::InPlace {
            wrong.push("it has nothing to do: give it something to change".into());
        }
        wrong.extend(unseen(&watch.seen, &before));
        match fixture.nature() {
            Nature::Change if before == after => {
                wrong.push("it says that it has changed something, and has not".into())
            }
            Nature::Check if before != after => {
                wrong.push("a check has changed the cloud".into());
                wrong.extend(differences(&before, &after));
            }
            _ => {}
        }
        let (took, changes_there) = (row.took(SystemClock.now()), changes(&watch.seen));
        let undoing = machine.undo(1).await;
        *self.world.wire.watch() = Watch::begin(fixture.nature(), None);
        let (undone, cloud) = undone(&undoing).await;
        let back = self.unwatched();
        wrong.extend(undone.iter().flat_map(|undone| undone.wrong.iter().cloned()).chain(back.offences));
        wrong.extend(differ(&before, &cloud));
        self.world.tidy(fixture, &watch.seen).await;
        if !wrong.is_empty() {
            return Err(wrong);
        }
        let back = undone.map(|undone| {
            let (took, changes) = (undone.row.took(SystemClock.now()), changes(&back.seen));
            let (before, after) = (after.clone(), before.clone());
            let lends = fixture.lends(&self.platform);
            (Ends { before, after, status: undone.row.status, took, changes, lends }, back.seen)
        });
        let lends = fixture.lends(&self.platform);
        let ends = Ends { before, after, status: row.status, took, changes: changes_there, lends };
        Ok(Undisturbed { there: (ends, watch.seen), back })
    }

    async fn disturbed(&self, fixture: &Fixture, trouble: &Trouble, ends: &Ends) -> Tried {
        let machine = self.begin(fixture, &[fixture.step(&self.platform)], Some(trouble.clone())).await;
        let row = machine.run().await.steps.first().expect("a step").clone();
        let watch = self.unwatched();
        let mut wrong = watch.offences;
        if watch.struck == 0 {
            wrong.push("the call at which something was to go wrong was not made".into());
        }
        let cloud = self.world.snapshot();
        if row.nature == Nature::Command {
            let (arrived, repeat) = (self.world.wire.invocations(), row.with["repeat"] == "safe");
            wrong.extend(untrue_of_command(&row, arrived, repeat, trouble));
        } else {
            wrong.extend(repeated(&watch.seen, ends, trouble));
            wrong.extend(untrue(&row, &cloud, ends, Some(trouble)));
        }
        let (undone, cloud) = undo(&machine, 1).await;
        wrong.extend(undone.into_iter().flat_map(|undone| undone.wrong));
        wrong.extend(differ(&ends.before, &cloud));
        Tried { wrong, row, cloud }
    }

    /// What has been done undisturbed is taken back, disturbed; and what that leaves is taken back once more.
    async fn disturbed_back(&self, fixture: &Fixture, trouble: &Trouble, ends: &Ends) -> Tried {
        let machine = self.begin(fixture, &[fixture.step(&self.platform)], None).await;
        machine.run().await;
        let undoing = machine.undo(1).await;
        *self.world.wire.watch() = Watch::begin(fixture.nature(), Some(trouble.clone()));
        let row = undoing.run().await.steps.first().expect("a step").clone();
        let watch = self.unwatched();
        let mut wrong = watch.offences;
        if watch.struck == 0 {
            wrong.push("the call at which something was to go wrong was not made".into());
        }
        wrong.extend(repeated(&watch.seen, ends, trouble));
        let mut cloud = self.world.snapshot();
        wrong.extend(untrue(&row, &cloud, ends, Some(trouble)));
        if cloud != ends.after {
            let (undone, now) = undo(&machine, 2).await;
            wrong.extend(undone.into_iter().flat_map(|undone| undone.wrong));
            wrong.extend(differ(&ends.after, &now));
            cloud = now;
        }
        Tried { wrong, row, cloud }
    }

    /// The invocations of a step, once more after a later step of the same resource has run, and after the undo.
    async fn delivered_later(&self, fixture: &Fixture, ends: &Ends) -> Tried {
        let step = fixture.step(&self.platform);
        let steps: Vec<_> = [step.clone()].into_iter().chain(fixture.later(&self.platform)).collect();
        let machine = self.begin(fixture, &steps, None).await;
        let journal = machine.run().await;
        let mut wrong = Vec::new();
        if journal.steps.iter().any(|step| !step.status.is_good()) {
            wrong.push("the steps did not work".into());
        }
        let cloud = self.world.snapshot();
        wrong.extend(self.again(&machine, &step, &cloud).await);
        let (undone, cloud) = undo(&machine, 1).await;
        wrong.extend(undone.into_iter().flat_map(|undone| undone.wrong));
        wrong.extend(differ(&ends.before, &cloud));
        wrong.extend(self.again(&machine, &step, &cloud).await);
        Tried { wrong, row: journal.steps.first().expect("a step").clone(), cloud }
    }

    /// Delivers the invocations of a step that has ended, which is to change nothing.
    async fn again(&self, machine: &Machine<'_>, step: &Step, cloud: &Snapshot) -> Vec<String> {
        *self.world.wire.watch() = Watch::begin(step.nature, None);
        machine.deliver_again(&step.id).await;
        let watch = self.unwatched();
        let mut wrong = watch.offences;
        for call in watch.seen.iter().filter(|call| call.effect != Effect::Read) {
            wrong.push(format!("{} was sent for a step that had ended", call.operation));
        }
        if self.world.snapshot() != *cloud {
            wrong.push("an invocation delivered late has changed the cloud".into());
        }
        wrong
    }

    fn unwatched(&self) -> Watch {
        let watch = std::mem::take(&mut *self.world.wire.watch());
        self.called.borrow_mut().extend(watch.seen.iter().map(Made::of));
        watch
    }

    async fn begin(&self, fixture: &Fixture, steps: &[Step], trouble: Option<Trouble>) -> Machine<'_> {
        backout_aws::testing::back_to_now();
        // What a step creates is named after its run, so that all have one name; a table keeps its rows.
        self.runs.set(self.runs.get() + 1);
        let run = match fixture.journal {
            Kept::Memory => "matrix".to_owned(),
            Kept::Table => format!("matrix-{}", self.runs.get()),
        };
        let run: RunId = run.parse().expect("an id");
        let machine = Machine::new(&self.world, fixture.journal, &run, steps).await;
        *self.world.wire.watch() = Watch::begin(fixture.nature(), trouble);
        self.world.wire.invocations();
        machine
    }
}

/// What came of an undo.
struct Undone {
    wrong: Vec<String>,
    row: Step,
}

/// Takes a run back, if it has done anything; and the cloud then.
async fn undo(machine: &Machine<'_>, time: u32) -> (Option<Undone>, Snapshot) {
    undone(&machine.undo(time).await).await
}

async fn undone(undoing: &Machine<'_>) -> (Option<Undone>, Snapshot) {
    let journal = undoing.run().await;
    let Some(row) = journal.steps.first().cloned() else { return (None, undoing.world.snapshot()) };
    let mut wrong = Vec::new();
    for row in journal.steps.iter().filter(|row| !matches!(row.status, Status::Undone | Status::InPlace)) {
        wrong.push(format!("the undo went wrong: {}", serde_json::to_string(row).expect("JSON")));
    }
    (Some(Undone { wrong, row }), undoing.world.snapshot())
}

/// The services that are changed and that a snapshot does not have: whatever is done there, all snapshots are the same.
fn unseen(seen: &[Seen], snapshot: &Snapshot) -> Vec<String> {
    let mut wrong: Vec<_> = seen
        .iter()
        .filter(|call| call.effect == Effect::Change && call.service != PLAIN_HTTP)
        .map(|call| (&call.operation, &Service::called(&call.service).name))
        .filter(|(_, name)| snapshot.get(name.as_str()).is_none())
        .map(|(operation, name)| format!("{operation}: the snapshot has no {name}; it is to be in localcloud/snapshot"))
        .collect();
    wrong.dedup();
    wrong
}

fn differ(before: &Snapshot, cloud: &Snapshot) -> Vec<String> {
    if cloud == before {
        return Vec::new();
    }
    let heading = "after the undo the cloud is not as it was at first".to_owned();
    [heading].into_iter().chain(differences(before, cloud)).collect()
}

#[test]
fn a_service_that_snapshots_do_not_have_is_named() {
    let call = |service: &str, operation: &str, effect| Seen {
        service: service.into(),
        call: operation.into(),
        operation: operation.into(),
        number: 1,
        effect,
        differs: false,
    };
    let seen = [
        call("Lambda", "lambda.UpdateFunctionCode", Effect::Change),
        call("Route 53", "route-53.ListHostedZones", Effect::Read),
        call("Route 53", "route-53.ChangeResourceRecordSets", Effect::Change),
    ];
    let snapshot = Snapshot::new(serde_json::json!({"lambda": {}}));
    let named = ["route-53.ChangeResourceRecordSets: the snapshot has no route53; it is to be in localcloud/snapshot"];
    assert_eq!(unseen(&seen, &snapshot), named);
}

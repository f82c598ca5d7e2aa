//! The state machine, as far as it matters: hands out, invokes, waits, hands out again, concludes.

use std::{cell::RefCell, collections::BTreeMap, pin::pin, rc::Rc};

use super::{fixtures::Kept, put_back::put_back, watch::Watch, watched::Watched, wire::Ask, world::World};
use async_trait::async_trait;
use backout_aws::SystemClock;
use backout_catalogue::CATALOGUE;
use backout_engine::{
    action::Nature,
    advance::{Advance, Item, advance},
    carry_out::{Answer, Call, Purpose},
    clock::{Clock as _, Timestamp},
    conclude::{Closed, Reconcile, close},
    duration::Duration,
    fault::Fault,
    ids::{RunId, StepId},
    journal::{Execution, Journal, Mode, Phase, Run, Stage, StageKind, Step, Turn},
    ledger::{Depth, Ledger as _},
    request::Request,
    sensitive::FingerprintKey,
    undo::{Chosen, Undoing, undoing},
};

/// How long a Lambda may take, less what it keeps for writing down its end. A command's takes twice as long.
const LAMBDA: Duration = Duration::seconds(58);
const LAMBDA_OF_COMMANDS: Duration = Duration::seconds(118);

/// How often `Advance` and `Conclude` are tried again (the machine does so more often), and what is waited in between.
const TRIES: u32 = 5;
const BETWEEN_TRIES: Duration = Duration::seconds(20);

/// The machine, with one run in its ledger.
pub struct Machine<'a> {
    pub world: &'a World,
    ledger: Rc<Watched>,
    run: RunId,
    uses: BTreeMap<StepId, String>,
    lambda: Duration,
    /// Every invocation that there was.
    invoked: RefCell<Vec<Call>>,
}

impl<'a> Machine<'a> {
    /// A run of these steps, each in a stage of its own.
    pub async fn new(world: &'a World, kept: Kept, run: &RunId, steps: &[Step]) -> Self {
        let stages = 1 + steps.iter().map(|step| step.stage).max().unwrap_or_default();
        let stage = |index| Stage { name: format!("stage {index}"), kind: StageKind::Steps, users_see: None };
        let request = Request { plan: "fault-matrix".into(), ..Request::default() };
        Self::of(world, Rc::new(world.ledger(kept)), new_run(run, request, (0..stages).map(stage).collect()), steps)
            .await
    }

    /// A run that takes back what the one of this machine has done, as `Prepare` begins it: the first to do so, or the second.
    pub async fn undo(&self, time: u32) -> Machine<'a> {
        let journal = self.journal().await;
        let Undoing { stages, steps } = undoing(&journal, &Chosen::All, 0);
        let request = Request { mode: Mode::Undo, undo: Some(self.run.clone()), ..journal.run.request.clone() };
        let run = format!("undo-{time}-{}", self.run).parse().expect("an id");
        Self::of(self.world, self.ledger.clone(), new_run(&run, request, stages), &steps).await
    }

    async fn of(world: &'a World, ledger: Rc<Watched>, run: Run, steps: &[Step]) -> Self {
        ledger.create_run(&run).await.expect("a run");
        ledger.plan_steps(&run.id, steps).await.expect("steps");
        let uses = steps.iter().map(|step| (step.id.clone(), step.uses.clone())).collect();
        let is_command = steps.iter().any(|step| step.nature == Nature::Command);
        let lambda = if is_command { LAMBDA_OF_COMMANDS } else { LAMBDA };
        Self { world, ledger, run: run.id, uses, lambda, invoked: RefCell::default() }
    }

    /// The run, to its end.
    pub async fn run(&self) -> Journal {
        for _ in 0..100 {
            match self.tried(|| advance(&*self.ledger, &CATALOGUE, &SystemClock, &self.run)).await {
                Advance::Stage { steps } | Advance::Unwind { steps } => {
                    for item in steps {
                        self.iterate(&item).await;
                    }
                }
                Advance::Pause { seconds } => pass(Duration::seconds(seconds)),
                Advance::Finish => return self.close().await,
            }
        }
        panic!("the run never ends: {:#?}", self.journal().await)
    }

    async fn close(&self) -> Journal {
        loop {
            match self.tried(|| close(&*self.ledger, &SystemClock, Some(self), &self.run, None)).await {
                Closed::Outcome(journal) => return *journal,
                Closed::StillUnderWay(until) => {
                    pass(Duration::seconds(Duration::between(SystemClock.now(), until).seconds_up() + 1));
                }
            }
        }
    }

    async fn journal(&self) -> Journal {
        self.ledger.journal(&self.run, Depth::Full).await.expect("the ledger answers").expect("the run")
    }

    /// What one of the run's own functions answers. It is tried again, and in the end what goes wrong has ended.
    async fn tried<T, F: Future<Output = Result<T, Fault>>>(&self, doing: impl Fn() -> F) -> T {
        for _ in 0..TRIES {
            if let Some(Ok(answer)) = self.supervised(doing(), async || drop(doing().await)).await {
                return answer;
            }
            pass(BETWEEN_TRIES);
        }
        self.world.wire.watch().trouble = None;
        doing().await.expect("nothing goes wrong any more")
    }

    /// One iteration of the map: until the step is done, or its Lambda is lost.
    async fn iterate(&self, item: &Item) {
        let mut attempt = item.attempt;
        while let Some(Answer::Pending { wait }) = self.invoke(&item.step, Turn { issue: item.issue, attempt }).await {
            pass(wait);
            attempt += 1;
            assert!(attempt < 300, "it never ends: {:#?}", self.journal().await);
        }
    }

    /// One invocation; `None` if nobody hears of it any more.
    async fn invoke(&self, step: &StepId, turn: Turn) -> Option<Answer> {
        let deadline = SystemClock.now() + self.lambda.signed();
        let call = Call { run: self.run.clone(), step: step.clone(), turn, deadline, purpose: Purpose::CarryOn };
        self.invoked.borrow_mut().push(call.clone());
        self.world.wire.watch().deadline = Some(deadline);
        let answer = self.supervised(self.deliver(&call), async || drop(self.deliver(&call).await)).await;
        self.world.wire.watch().deadline = None;
        answer?.ok()
    }

    async fn deliver(&self, call: &Call) -> Result<Answer, Fault> {
        let uses = self.uses.get(&call.step).expect("a step");
        self.world.carry_out(&self.ledger, uses, call).await
    }

    /// Has a function work, and does what the wire asks meanwhile; `None` if it is killed.
    async fn supervised<T>(&self, doing: impl Future<Output = T>, again: impl AsyncFn()) -> Option<T> {
        let mut at_work = pin!(doing);
        // A run inside a run is not disturbed.
        let Ok(mut asked) = self.world.asked.try_lock() else { return Some(at_work.await) };
        loop {
            tokio::select! {
                biased;
                ask = asked.recv() => match ask.expect("the wire is there") {
                    Ask::Kill => return None,
                    Ask::Repeat(done) => {
                        let mut was = self.undisturbed(again()).await;
                        was.may_write_until = self.world.wire.watch().may_write_until;
                        *self.world.wire.watch() = was;
                        done.send(()).expect("it waits");
                    }
                    Ask::GoBack(done) => {
                        let back = async {
                            put_back(self.world, &self.journal().await).await;
                        };
                        let was = self.undisturbed(back).await;
                        *self.world.wire.watch() = was;
                        done.send(()).expect("it waits");
                    }
                },
                answer = &mut at_work => return Some(answer),
            }
        }
    }

    /// Nothing goes wrong meanwhile, and nothing is counted. Gives what was watched before.
    async fn undisturbed(&self, doing: impl Future<Output = ()>) -> Watch {
        let calm = Watch::calm(self.world.wire.watch().may_write_until);
        let was = std::mem::replace(&mut *self.world.wire.watch(), calm);
        doing.await;
        was
    }

    /// Delivers every invocation of a step once more.
    pub async fn deliver_again(&self, step: &StepId) {
        let calls: Vec<_> = self.invoked.borrow().iter().filter(|call| call.step == *step).cloned().collect();
        for call in calls {
            let call = Call { deadline: SystemClock.now() + self.lambda.signed(), ..call };
            assert_eq!(self.deliver(&call).await.ok(), Some(Answer::Done), "a step that has ended was gone on with");
        }
    }
}

/// `Conclude` invokes the function that hosts a step's action.
#[async_trait(?Send)]
impl Reconcile for Machine<'_> {
    async fn reconcile(&self, run: &RunId, step: &Step, since: Timestamp) -> Result<Answer, Fault> {
        let deadline = SystemClock.now() + self.lambda.signed();
        let turn = Turn { issue: step.issues, attempt: 0 };
        let purpose = Purpose::Reconcile { since };
        let call = Call { run: run.clone(), step: step.id.clone(), turn, deadline, purpose };
        self.deliver(&call).await
    }
}

pub fn pass(time: Duration) {
    backout_aws::testing::pass(time.signed());
}

fn new_run(id: &RunId, request: Request, stages: Vec<Stage>) -> Run {
    let execution = Execution {
        arn: format!("arn:aws:states:us-east-1:123456789012:execution:backout:{id}"),
        started_at: SystemClock.now().to_string(),
    };
    Run {
        phase: Phase::Running,
        system: Some("ons-data-platform".parse().expect("a name")),
        stages,
        ..Run::new(id.clone(), execution, request, SystemClock.now(), FingerprintKey::new(&[7; 32]))
    }
}

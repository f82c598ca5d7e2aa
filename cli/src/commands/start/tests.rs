use backout_engine::plan::{Chosen, InputValues};

use super::*;
use crate::commands::plans::testing::{PLAN_WITH_A_COMMAND, preview};

fn sealed() -> Request {
    let inputs = [("rate".to_owned(), 2.into())].into();
    Request { plan: "shop".into(), inputs, sealed: "shop-rehearsal-1".parse().ok(), ..Request::default() }
}

#[test]
fn what_cannot_be_taken_back_is_seen_before_the_question() {
    let preview = preview(PLAN_WITH_A_COMMAND, |plan| Ok((InputValues::unknown(plan), Chosen::All)));
    insta::assert_snapshot!(question(&preview, &sealed(), Paint::Plain));
}

mod sealing {
    use backout_engine::journal::{Execution, Mode, Outcome};
    use backout_engine::sensitive::FingerprintKey;

    use super::*;

    fn rehearsal(preview: &Preview) -> Journal {
        let request = Request { plan: "shop".into(), mode: Mode::Rehearse, ..Request::default() };
        let execution = Execution { arn: "arn".into(), started_at: "then".into() };
        let at = "2026-11-20T03:00:00Z".parse().expect("time");
        let row =
            Run::new("shop-rehearsal-1".parse().expect("id"), execution, request, at, FingerprintKey::new(&[7; 32]));
        let mut rehearsal = Journal::new(Run { outcome: Some(Outcome::Rehearsed), ..row }, Vec::new());
        rehearsal.run.pinned = run_of(preview, &sealed(), &rehearsal).pinned;
        rehearsal.run.inputs = [("rate".to_owned(), 2.into())].into();
        rehearsal
    }

    #[test]
    fn only_what_was_rehearsed_is_started() {
        let preview = preview(PLAN_WITH_A_COMMAND, |plan| Ok((InputValues::unknown(plan), Chosen::All)));
        let rehearsal = rehearsal(&preview);
        let refused =
            |request: Request| fits(&rehearsal, &run_of(&preview, &request, &rehearsal)).err().map(CliError::from);
        assert_eq!(refused(sealed()), None);
        let other = Request { inputs: [("rate".to_owned(), 3.into())].into(), ..sealed() };
        let error = refused(other).expect("refused");
        assert_eq!((error.code.as_str(), error.exit), ("differs-from-rehearsal", Exit::WrongUse));
        assert!(error.message.contains("other inputs: `rate`"), "{error}");
        assert!(refused(Request { only: vec!["Divert traffic".into()], ..sealed() }).is_some());
    }
}

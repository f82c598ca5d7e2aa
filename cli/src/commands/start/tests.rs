use backout_engine::plan::{Chosen, InputValues};

use super::*;
use crate::commands::{
    plans::testing::{PLAN_WITH_A_COMMAND, preview},
    story::{HOSTILE, is_harmless},
};

fn sealed() -> Request {
    let inputs = [("rate".to_owned(), 2.into())].into();
    Request { plan: "shop".into(), inputs, sealed: "shop-rehearsal-1".parse().ok(), ..Request::default() }
}

#[test]
fn what_cannot_be_taken_back_is_seen_before_the_question() {
    let preview = preview(PLAN_WITH_A_COMMAND, |plan| Ok((InputValues::unknown(plan), Chosen::All)));
    insta::assert_snapshot!(question(&preview, &sealed(), Paint::Plain));
}

#[test]
fn texts_of_others_are_shown_and_never_obeyed() {
    let written = |text: &str| serde_json::to_string(text).expect("writes").replace("\\u001b", "\\e");
    let hostile = written(HOSTILE);
    let text = PLAN_WITH_A_COMMAND
        .replace("description: Sends the shop back to its old database.", &format!("description: {hostile}"))
        .replace("users_see: A maintenance page.", &format!("users_see: {hostile}"))
        .replace("name: Divert traffic", &format!("name: {hostile}"))
        .replace("name: Flush", "name: |\n      Flush\n      ::error::all")
        .replace("pattern: ERROR", &format!("pattern: {}", written(&format!("\"{HOSTILE}\""))));
    let preview = preview(&text, |plan| Ok((InputValues::unknown(plan), Chosen::All)));
    is_harmless(&question(&preview, &sealed(), Paint::Plain));
}

#[test]
fn an_input_that_does_not_fit_is_said_to_be_what_is_wrong() {
    let of = |rate: i32| {
        let stored = backout_aws::StoredPlan {
            name: "shop".parse().expect("name"),
            text: PLAN_WITH_A_COMMAND.into(),
            version: "v1".into(),
            sha256: "0123456789abcdef".into(),
        };
        let values = [("rate".to_owned(), serde_json::Value::from(rate))].into();
        Preview::of(stored, |_| Ok((InputValues::known(values), Chosen::All)))
    };
    let error = of(-5).expect_err("refused");
    insta::assert_snapshot!(crate::output::error_text(&error, Paint::Plain));
    assert!(of(5).is_ok());
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

//! Every action is proved, and what proves it is well-formed. No cloud is needed to say so.

use super::*;

fn all() -> Vec<Proof> {
    proofs().unwrap_or_else(|wrong| panic!("{}", wrong.join("\n")))
}

/// As the fault matrix and the canaries have it.
fn example() -> BTreeMap<String, String> {
    [("api", "a1b2c3d4e5"), ("url", "http://127.0.0.1:1"), ("server", "http://127.0.0.1:1")]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

#[test]
fn every_action_has_its_folder_and_every_folder_its_action() {
    assert_eq!(proofs().err().unwrap_or_default(), Vec::<String>::new());
}

#[test]
fn every_part_of_a_folder_is_there() {
    let mut wrong = Vec::new();
    for proof in all() {
        let mut missing = |what: &str| wrong.push(format!("tests/actions/{}: {what}", folder_name(proof.entry)));
        if proof.matrix.is_empty() {
            missing("`matrix` has no use of it, so that no fault is tried");
        }
        for (part, is_empty) in [
            ("secrets", proof.canaries.secrets.is_empty()),
            ("works", proof.canaries.works.is_empty()),
            ("fails", proof.canaries.fails.is_empty()),
        ] {
            if is_empty {
                missing(&format!("`canaries.{part}` is empty, so that nobody knows whether it tells what it meets"));
            }
        }
        let calls = proof.matrix.iter().filter_map(Use::calls);
        let mut snapshots: Vec<_> = calls.map(|name| format!("{name}.snap")).collect();
        for snapshot in snapshots.iter().filter(|name| !proof.folder.join(name).exists()) {
            missing(&format!("{snapshot} is missing: the fault matrix writes it with INSTA_UPDATE=always"));
        }
        snapshots.extend(["proof.yaml", "cloud.py"].map(str::to_owned));
        for file in std::fs::read_dir(&proof.folder).expect("a folder").filter_map(Result::ok) {
            let name = file.file_name().to_string_lossy().into_owned();
            if !name.starts_with('_') && !snapshots.contains(&name) {
                missing(&format!("nothing reads {name}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn what_the_matrix_tries_is_what_the_action_takes() {
    for Proof { entry, matrix, .. } in all() {
        let named: std::collections::BTreeSet<_> = matrix.iter().map(Use::slug).collect();
        assert_eq!(named.len(), matrix.len(), "{}: two uses have one name", entry.uses);
        for one in &matrix {
            let first = entry.look(&filled(&one.with, &example())).unwrap_or_else(|wrong| panic!("{one:?}: {wrong}"));
            assert_eq!(first.faults, [""; 0], "{one:?}");
            assert_eq!(one.later.is_some(), entry.nature == backout_engine::action::Nature::Change, "{one:?}");
            let Some(later) = &one.later else { continue };
            let later = entry.look(&filled(later, &example())).unwrap_or_else(|wrong| panic!("{one:?}: {wrong}"));
            assert_eq!((later.resource, later.faults), (first.resource, Vec::new()), "{one:?}");
        }
    }
}

#[test]
fn the_plans_full_of_canaries_are_plans() {
    let proofs = all();
    let by: BTreeMap<_, _> = secrets(&proofs).into_iter().chain(example()).collect();
    for outcome in [Outcome::Works, Outcome::Fails] {
        let plan = plan(&proofs, outcome, &by).expect("a plan");
        let checked = backout_engine::plan::check("canaries.yaml", &plan.to_string(), &CATALOGUE);
        assert!(checked.is_ok(), "{outcome:?}: {:#?}\n{plan:#}", checked.err());
    }
}

#[test]
fn every_secret_of_an_action_is_known_by_one_form_and_every_place_for_one_is_filled() {
    let proofs = all();
    let mut forms: BTreeMap<&str, Form> = BTreeMap::new();
    for (name, form) in proofs.iter().flat_map(|proof| &proof.canaries.secrets) {
        assert_eq!(forms.insert(name, *form).unwrap_or(*form), *form, "{name} is written in two ways");
    }
    let by: BTreeMap<_, _> = secrets(&proofs).into_iter().chain(example()).collect();
    for outcome in [Outcome::Works, Outcome::Fails] {
        let filled = plan(&proofs, outcome, &by).expect("a plan").to_string();
        assert!(!filled.contains('«'), "{filled}");
    }
}

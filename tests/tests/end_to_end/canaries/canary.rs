//! Known secrets, and finding them again however they are written.

use std::collections::BTreeMap;

use backout_proof::{Form, Proof, proofs as proofs_of_folders};
pub use backout_proof::{Outcome, core};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};

/// No action's: an input that names a SecureString.
const SECURE: &str = "securestring";

/// Every secret by its name: those that each action takes or meets, as its folder says, and that of an input.
pub fn all() -> BTreeMap<String, String> {
    let mut all = backout_proof::secrets(&proofs());
    all.insert(SECURE.to_owned(), Form::Any.value(SECURE));
    all
}

fn proofs() -> Vec<Proof> {
    proofs_of_folders().unwrap_or_else(|wrong| panic!("{}", wrong.join("\n")))
}

/// A plan that uses every action, with the secrets in the places of their names.
pub fn plan(outcome: Outcome, server: &str, api: &str) -> String {
    let places = [("server", server), ("api", api)].map(|(name, value)| (name.to_owned(), value.to_owned()));
    let by = all().into_iter().chain(places).collect();
    backout_proof::plan(&proofs(), outcome, &by).expect("a plan").to_string()
}

/// What is around a secret in a text, if it stands there: as it is, in JSON, in a URL, in base64.
pub fn found(name: &str, text: &str) -> Option<String> {
    const AROUND: usize = 120;
    let mut forms = vec![core(name)];
    forms.extend((0..3).map(|before| base64_of(&core(name), before)));
    let at = forms.iter().find_map(|form| text.find(form.as_str()))?;
    let start = text[..at].char_indices().rev().nth(AROUND).map_or(0, |(start, _)| start);
    Some(text[start..].chars().take(2 * AROUND).collect())
}

/// The letters of base64 that a text gives wherever it stands `before` bytes behind a multiple of three.
fn base64_of(text: &str, before: usize) -> String {
    let whole = STANDARD_NO_PAD.encode([vec![0; before], text.as_bytes().to_vec()].concat());
    // The letters at both ends hold bits of what stands beside it.
    let from = (before * 8).div_ceil(6);
    let to = (before + text.len()) * 8 / 6;
    whole[from..to].to_owned()
}

#[test]
fn a_canary_is_found_however_it_is_written() {
    use serde_json::json;
    let secret = Form::Any.value("body");
    let in_base64 = |before: &str| STANDARD_NO_PAD.encode(format!("{before}{secret} and more"));
    for text in [
        format!("key={secret}"),
        json!({"a": json!({"b": secret}).to_string()}).to_string(),
        format!("token=%22{}%22%5C", core("body")),
        in_base64(""),
        in_base64("1"),
        in_base64("12"),
        in_base64("123"),
    ] {
        assert!(found("body", &text).is_some(), "{text}");
    }
    assert_eq!(found("body", "Canaryrow9 Canarybod"), None);
}

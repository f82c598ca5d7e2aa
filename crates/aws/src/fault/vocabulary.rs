//! What error codes mean to one action, beside the table for all.

use backout_engine::fault::{CarriedOut, Fault, Lasting};

/// A code, as one action understands it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Word {
    code: &'static str,
    lasting: Option<Lasting>,
    advice: &'static str,
}

impl Word {
    /// With what a person can do about it; `{}` stands for what the call was about. Whether it passes is for the table.
    pub const fn new(code: &'static str, advice: &'static str) -> Self {
        Self { code, lasting: None, advice }
    }

    /// It passes with this action, whatever it means elsewhere.
    pub const fn that_passes(self) -> Self {
        Self { lasting: Some(Lasting::Transient), ..self }
    }

    /// It stays with this action, whatever it means elsewhere.
    pub const fn that_stays(self) -> Self {
        Self { lasting: Some(Lasting::Permanent), ..self }
    }
}

/// The codes that mean something special to one action. It stands in the action's file.
#[derive(Debug, Clone, Copy)]
pub struct Vocabulary(pub &'static [Word]);

impl Vocabulary {
    /// The fault as the action understands it. `about` is what the call was about, as people know it: a function's name.
    pub fn explain(&self, fault: Fault, about: &str) -> Fault {
        let Some(word) = self.0.iter().find(|word| word.code == fault.code) else { return fault };
        // An error of the server is no refusal, whatever its code.
        let lasting = word.lasting.filter(|_| fault.carried_out == CarriedOut::No).unwrap_or(fault.lasting);
        Fault { lasting, ..fault }.with_advice(word.advice.replace("{}", about))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: Vocabulary = Vocabulary(&[
        Word::new("AccessDenied", "let the role reach {}"),
        Word::new("Managed", "somebody else manages {}").that_stays(),
        Word::new("Waiting", "{} is being made").that_passes(),
    ]);

    fn explained(code: &str, fault: Fault) -> (Lasting, Option<String>) {
        let fault = WORDS.explain(fault.with_code(code), "the rule r");
        (fault.lasting, fault.advice)
    }

    #[test]
    fn a_word_has_the_advice_of_its_action() {
        let advice = Some("let the role reach the rule r".to_owned());
        assert_eq!(explained("AccessDenied", Fault::refused("no")), (Lasting::Permanent, advice));
        let general = Fault::refused("no").with_advice("the general one");
        assert_eq!(explained("Other", general).1.as_deref(), Some("the general one"));
    }

    #[test]
    fn a_word_may_say_that_a_refusal_passes_or_stays() {
        assert_eq!(explained("Waiting", Fault::refused("no")).0, Lasting::Transient);
        assert_eq!(explained("Managed", Fault::passing("no")).0, Lasting::Permanent);
        assert_eq!(explained("Managed", Fault::unanswered("502")).0, Lasting::Transient, "no refusal");
    }
}

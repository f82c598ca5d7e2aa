//! What the documents say of actions and codes where the code says it too. `make generate` writes it, and without it
//! a page that has drifted fails here.
//!
//! What is generated stands between `<!-- name -->` and `<!-- /name -->`; the prose around it is written by hand.

#![allow(clippy::expect_used, clippy::panic, reason = "a test fails loudly, in its helpers too")]

use std::path::{Path, PathBuf};

use backout_catalogue::CATALOGUE;
use backout_engine::{
    action::{Entry, Nature},
    code::{Code, SaidOf},
};

mod page;
mod parameters;

/// A file with regions that are generated.
struct Written {
    path: PathBuf,
    was: String,
    text: String,
}

impl Written {
    fn open(path: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path);
        let was = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self { path, text: was.clone(), was }
    }

    /// Puts a text into a region.
    fn put(&mut self, name: &str, text: &str) {
        let (begin, end) = (format!("<!-- {name} -->\n"), format!("<!-- /{name} -->"));
        let parts = self.text.split_once(&begin).and_then(|(before, rest)| Some((before, rest.split_once(&end)?.1)));
        let (before, after) = parts.unwrap_or_else(|| panic!("{} has no region `{name}`", self.path.display()));
        self.text = format!("{before}{begin}{text}{end}{after}");
    }

    /// Writes it where that is wanted; otherwise it has to be as it was.
    fn close(self) {
        if self.was == self.text {
            return;
        }
        assert!(
            std::env::var_os("BACKOUT_GENERATE").is_some(),
            "{} is not what the code says: run `make generate`. It would be\n{}",
            self.path.display(),
            self.text
        );
        std::fs::write(&self.path, self.text).expect("written");
    }
}

/// What an action's page is called.
fn page_name(entry: &Entry) -> String {
    format!("{}.md", entry.uses.replace('/', "-"))
}

#[test]
fn the_page_of_each_action_shows_its_parameters_its_resource_and_what_aws_serialises() {
    for entry in CATALOGUE.0 {
        let mut page = Written::open(&format!("docs/actions/{}", page_name(entry)));
        page.put("parameters", &page::about(entry, &page.was));
        page.close();
    }
}

#[test]
fn the_index_lists_every_action() {
    let mut index = Written::open("docs/actions/README.md");
    for (region, nature) in [("changes", Nature::Change), ("checks", Nature::Check), ("commands", Nature::Command)] {
        index.put(region, &page::rows(nature));
    }
    index.close();
}

#[test]
fn the_index_of_errors_lists_every_code() {
    let mut index = Written::open("docs/errors/README.md");
    for (region, said_of) in [("plan", SaidOf::Plan), ("start", SaidOf::Start), ("step", SaidOf::Step)] {
        let codes = Code::ALL.iter().filter(|code| code.said_of() == said_of);
        let row = |code: &Code| format!("| [{code}]({code}.md) | {} |\n", code.about().trim_end_matches('.'));
        index.put(
            &format!("codes: {region}"),
            &format!("| code | |\n|---|---|\n{}", codes.map(row).collect::<String>()),
        );
    }
    index.close();
}

#[test]
fn an_action_that_acts_says_what_aws_serialises() {
    for entry in CATALOGUE.0 {
        assert!(!entry.resource.is_empty(), "{}: say what one resource is", entry.uses);
        assert_eq!(entry.serialised.is_empty(), entry.nature == Nature::Check, "{}", entry.uses);
        assert!(
            !entry.serialised.ends_with('.') && !entry.resource.ends_with('.'),
            "{}: it is no sentence",
            entry.uses
        );
    }
}

//! The one way in which a command says something.
//!
//! Results go to standard output, what is said on the way and errors to standard error; with `--output json`
//! standard output holds JSON only, and the result (or the error) is its last line. Nothing leaves here that a terminal or a
//! CI system would obey.

use std::{
    cell::RefCell,
    io::{ErrorKind, Write},
};

use backout_engine::shown;
use clap::ValueEnum;
use console::{AnsiCodeIterator, Term};
use serde::Serialize;

use crate::{
    error::{CliError, Exit, WhatFailed},
    layout::fitted,
    paint::Paint,
};

/// How results are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Form {
    /// For people.
    Text,
    /// For programs: one JSON object.
    Json,
}

/// Where a command's words go.
#[derive(Debug)]
pub struct Output {
    form: Form,
    trouble: RefCell<Option<Trouble>>,
}

/// Why nothing more can be written.
#[derive(Debug, Clone)]
enum Trouble {
    /// Whoever read it has gone away (`backout runs | head`), which is no error of ours.
    Gone,
    /// A full disk, for instance.
    Failed(String),
}

impl Output {
    /// In that form.
    pub const fn new(form: Form) -> Self {
        Self { form, trouble: RefCell::new(None) }
    }

    /// The form.
    pub const fn form(&self) -> Form {
        self.form
    }

    /// The result: as text, or as one line of JSON.
    pub fn result(&self, json: &impl Serialize, text: impl FnOnce(Paint) -> String) {
        self.document(json, |paint| fit(text(paint), &Term::stdout()));
    }

    /// A result whose lines are left as they are on a narrow terminal too: source, Markdown.
    pub fn document(&self, json: &impl Serialize, text: impl FnOnce(Paint) -> String) {
        match self.form {
            Form::Text => {
                let paint = Paint::of_stdout();
                self.stdout(&harmless(&text(paint), paint));
            }
            Form::Json => match serde_json::to_string(json) {
                Ok(line) => self.stdout(&shown::json(&line)),
                Err(error) => self.failed(format!("the result cannot be written as JSON: {error}")),
            },
        }
    }

    /// A text that was asked for by name, whatever the form of the rest is.
    pub fn text(&self, text: &str) {
        self.stdout(&harmless(text, Paint::Plain));
    }

    /// JSON over many lines that was asked for by name, whatever the form of the rest is.
    pub fn json(&self, json: &serde_json::Value) {
        self.stdout(&shown::json(&format!("{json:#}")));
    }

    /// A line of a log that is itself what was asked for: standard output, unless that is kept for JSON.
    pub fn log(&self, line: &str) {
        let line = harmless(line, self.paint_of_log());
        match self.form {
            Form::Text => self.stdout(&line),
            Form::Json => self.printed(write(std::io::stderr().lock(), &line)),
        }
    }

    /// Something said on the way. Where it cannot be said, nothing is lost that was asked for.
    pub fn note(&self, line: impl FnOnce(Paint) -> String) {
        let paint = Paint::of_stderr();
        to_stderr(&fit(harmless(&line(paint), paint), &Term::stderr()));
    }

    /// What went wrong.
    pub fn error(&self, error: &CliError) {
        #[derive(Serialize)]
        struct Told<'a> {
            error: &'a CliError,
        }
        if error.exit == Exit::ReaderGone {
            return;
        }
        if self.form == Form::Json && self.trouble.borrow().is_none() {
            self.result(&Told { error }, |_| String::new());
        }
        if self.form == Form::Text || matches!(*self.trouble.borrow(), Some(Trouble::Failed(_))) {
            self.note(|paint| error_text(error, paint));
        }
    }

    /// How the command ends: as it was going to, if all that it said was written or nobody wants to read it any more.
    pub fn end(&self, exit: Exit) -> Exit {
        let Some(Trouble::Failed(why)) = self.trouble.take() else { return exit };
        let error =
            CliError { code: WhatFailed::Output, ..CliError::broken(format!("the output is not whole: {why}")) };
        self.note(|paint| error_text(&error.help("make room or write it elsewhere; only the telling failed"), paint));
        Exit::Broken
    }

    /// That there is no use in going on to say something, if it is so.
    ///
    /// # Errors
    /// The end of the command: quiet where the reader has gone.
    pub fn is_read(&self) -> Result<(), CliError> {
        match *self.trouble.borrow() {
            None => Ok(()),
            Some(Trouble::Gone) => {
                let gone = CliError::broken("whoever read this has gone");
                Err(CliError { code: WhatFailed::Output, exit: Exit::ReaderGone, ..gone })
            }
            Some(Trouble::Failed(ref why)) => {
                let what = format!("this cannot be followed, because the output cannot be written: {why}");
                Err(CliError { code: WhatFailed::Output, ..CliError::broken(what) })
            }
        }
    }

    /// How the log is coloured.
    pub fn paint_of_log(&self) -> Paint {
        match self.form {
            Form::Text => Paint::of_stdout(),
            Form::Json => Paint::of_stderr(),
        }
    }

    /// Whether somebody is there to watch: standard error is a terminal that understands control characters.
    pub fn is_watched(&self) -> bool {
        Term::stderr().features().is_attended() && std::env::var("TERM").is_ok_and(|kind| kind != "dumb")
    }

    /// Notes what became of something that was written.
    pub fn printed(&self, written: std::io::Result<()>) {
        match written {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::BrokenPipe => {
                self.trouble.borrow_mut().get_or_insert(Trouble::Gone);
            }
            Err(error) => self.failed(error.to_string()),
        }
    }

    fn failed(&self, why: String) {
        self.trouble.borrow_mut().get_or_insert(Trouble::Failed(why));
    }

    fn stdout(&self, text: &str) {
        self.printed(write(std::io::stdout().lock(), text));
    }
}

/// A text with nothing in it that a terminal or a CI system would obey, but for our own colours where there are any.
pub fn harmless(text: &str, paint: Paint) -> String {
    if paint == Paint::Plain {
        return shown::lines(text);
    }
    let is_colour = |part: &str| {
        let codes = part.strip_prefix("\u{1b}[").and_then(|part| part.strip_suffix('m'));
        codes.is_some_and(|codes| codes.chars().all(|c| c.is_ascii_digit() || c == ';'))
    };
    let shown =
        |(part, is_ansi): (&str, bool)| if is_ansi && is_colour(part) { part.into() } else { shown::lines(part) };
    AnsiCodeIterator::new(text).map(shown).collect()
}

/// An error, for people.
pub fn error_text(error: &CliError, paint: Paint) -> String {
    let code = paint.faint(format!("[{}]", error.code.as_str()));
    let mut text = format!("{} {} {code}", paint.bad("error:"), error.message);
    if let Some(help) = &error.help {
        text.push_str(&format!("\n    {help}"));
    }
    text
}

/// Whoever reads it on a terminal reads whole words; what goes into a file keeps its lines.
fn fit(text: String, term: &Term) -> String {
    match term.size_checked() {
        Some((_, width)) if term.is_term() && width >= 40 => fitted(&text, usize::from(width)),
        _ => text,
    }
}

fn write(mut to: impl Write, text: &str) -> std::io::Result<()> {
    writeln!(to, "{}", text.trim_end()).and_then(|()| to.flush())
}

fn to_stderr(text: &str) {
    // There is nowhere left to say so.
    let _ = write(std::io::stderr().lock(), text);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_colours_stay_and_nothing_else_is_obeyed() {
        let text = "\u{1b}[32mgood\u{1b}[0m \u{1b}[2J\u{1b}]0;title\u{7}\n::error::x \u{202e}";
        assert_eq!(
            harmless(text, Paint::Coloured),
            "\u{1b}[32mgood\u{1b}[0m \\u{1b}[2J\\u{1b}]0;title\\u{7}\n\\::error::x \\u{202e}"
        );
        assert!(!harmless(text, Paint::Plain).contains('\u{1b}'));
    }

    #[test]
    fn who_has_gone_ends_it_quietly_and_a_full_disk_does_not() {
        let output = Output::new(Form::Text);
        assert_eq!((output.is_read(), output.end(Exit::NotCompleted)), (Ok(()), Exit::NotCompleted));
        output.printed(Err(ErrorKind::BrokenPipe.into()));
        assert_eq!(output.is_read().expect_err("gone").exit, Exit::ReaderGone);
        assert_eq!(output.end(Exit::Completed), Exit::Completed);
        output.printed(Err(ErrorKind::StorageFull.into()));
        assert_eq!(output.is_read().expect_err("full").code, WhatFailed::Output);
        assert_eq!(output.end(Exit::Completed), Exit::Broken);
    }
}

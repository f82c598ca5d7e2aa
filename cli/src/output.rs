//! The one way in which a command says something.
//!
//! Results go to standard output, what is said on the way and errors to standard error; with `--output json`
//! standard output holds JSON only, and the result (or the error) is its last line.

use std::io::Write as _;

use clap::ValueEnum;
use console::Term;
use serde::Serialize;

use crate::{error::CliError, layout::fitted, paint::Paint};

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
}

impl Output {
    /// In that form.
    pub const fn new(form: Form) -> Self {
        Self { form }
    }

    /// The form.
    pub const fn form(&self) -> Form {
        self.form
    }

    /// The result: as text, or as one line of JSON.
    pub fn result(&self, json: &impl Serialize, text: impl FnOnce(Paint) -> String) {
        self.document(json, |paint| fit(text(paint), &Term::stdout()));
    }

    /// A result whose lines are left as they are on a narrow terminal too: source, Markdown, JSON.
    pub fn document(&self, json: &impl Serialize, text: impl FnOnce(Paint) -> String) {
        match self.form {
            Form::Text => to_stdout(&text(Paint::of_stdout())),
            Form::Json => match serde_json::to_string(json) {
                Ok(line) => to_stdout(&line),
                Err(error) => to_stderr(&format!("the result cannot be written as JSON: {error}")),
            },
        }
    }

    /// A line of a log that is itself what was asked for: standard output, unless that is kept for JSON.
    pub fn log(&self, line: &str) {
        match self.form {
            Form::Text => to_stdout(line),
            Form::Json => to_stderr(line),
        }
    }

    /// Something said on the way.
    pub fn note(&self, line: impl FnOnce(Paint) -> String) {
        to_stderr(&fit(line(Paint::of_stderr()), &Term::stderr()));
    }

    /// What went wrong.
    pub fn error(&self, error: &CliError) {
        #[derive(Serialize)]
        struct Told<'a> {
            error: &'a CliError,
        }
        match self.form {
            Form::Json => self.result(&Told { error }, |_| String::new()),
            Form::Text => to_stderr(&error_text(error, Paint::of_stderr())),
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
}

fn error_text(error: &CliError, paint: Paint) -> String {
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

// A reader that has gone away (`backout runs | head`) is no error of ours.
fn to_stdout(text: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{}", text.trim_end());
}

fn to_stderr(text: &str) {
    let _ = writeln!(std::io::stderr().lock(), "{}", text.trim_end());
}

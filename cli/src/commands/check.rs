//! `backout check`: everything that is wrong with plans, without AWS.

use std::{
    io::ErrorKind,
    path::{Path, PathBuf},
};

use backout_catalogue::CATALOGUE;
use backout_engine::{
    plan::{Plan, Problem, check},
    shown::{line, lines},
};
use clap::Args;
use console::measure_text_width;
use serde::Serialize;

use crate::{
    error::{CliError, Exit, WhatFailed},
    layout::{counted, verbatim},
    output::{Output, error_text},
    paint::Paint,
    reversal::{PointOfNoReturn, point_of_no_return},
};

/// The arguments of `backout check`.
#[derive(Debug, Args)]
pub struct Check {
    /// Plans to check.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

impl Check {
    /// Checks the files.
    pub fn run(self, output: &Output) -> Result<Exit, CliError> {
        let checked = check_files(&self.files);
        output.document(&told(&checked), |paint| text(&checked, paint));
        Ok(if checked.iter().any(|file| file.unreadable.is_some()) {
            Exit::WrongUse
        } else if checked.iter().any(|file| file.plan.is_none()) {
            Exit::NotCompleted
        } else {
            Exit::Completed
        })
    }
}

/// A file, and what was found in it.
#[derive(Debug)]
pub struct Checked {
    /// Its name, as it was given.
    pub file: String,
    /// Its text.
    pub text: String,
    /// The plan, if nothing is wrong with it.
    pub plan: Option<Plan>,
    /// What is wrong, or without that what is worth a word.
    pub problems: Vec<Problem>,
    /// Why there is nothing to be checked.
    pub unreadable: Option<CliError>,
    /// From where on not everything that the plan does can be taken back.
    pub point_of_no_return: Option<PointOfNoReturn>,
}

impl Checked {
    /// Checks a plan's text.
    pub fn of(file: String, text: String) -> Self {
        match check(&file, &text, &CATALOGUE) {
            Ok((plan, expansion)) => Self {
                point_of_no_return: point_of_no_return(&expansion),
                problems: expansion.warnings,
                plan: Some(plan),
                unreadable: None,
                file,
                text,
            },
            Err(problems) => Self { problems: problems.0, ..Self::nothing(file, text) },
        }
    }

    fn unreadable(file: String, error: CliError) -> Self {
        Self { unreadable: Some(error), ..Self::nothing(file, String::new()) }
    }

    const fn nothing(file: String, text: String) -> Self {
        Self { file, text, plan: None, problems: Vec::new(), unreadable: None, point_of_no_return: None }
    }
}

/// Reads and checks files. One that cannot be read is no reason not to look at the others.
pub fn check_files(files: &[PathBuf]) -> Vec<Checked> {
    let check = |path: &PathBuf| {
        let file = path.display().to_string();
        match read(path) {
            Ok(text) => Checked::of(file, text),
            Err(error) => Checked::unreadable(file, error),
        }
    };
    files.iter().map(check).collect()
}

fn read(path: &Path) -> Result<String, CliError> {
    std::fs::read_to_string(path).map_err(|error| {
        let help = match error.kind() {
            ErrorKind::InvalidData => "plans are UTF-8 text: save it as such",
            _ => "name the plans' files, e.g. plans/*.yaml",
        };
        CliError::wrong_use(
            WhatFailed::File,
            format!("`{}` cannot be read: {error}", verbatim(&path.display().to_string())),
        )
        .help(help)
    })
}

#[derive(Debug, Serialize)]
struct Told<'a> {
    problems: usize,
    files: Vec<File<'a>>,
}

#[derive(Debug, Serialize)]
struct File<'a> {
    file: &'a str,
    plan: Option<&'a str>,
    problems: &'a [Problem],
    warnings: &'a [Problem],
    /// Why it could not be read.
    unreadable: Option<&'a CliError>,
    point_of_no_return: Option<&'a PointOfNoReturn>,
}

fn told(checked: &[Checked]) -> impl Serialize {
    let files: Vec<_> = checked
        .iter()
        .map(|it| {
            let (problems, warnings) =
                if it.plan.is_some() { (&[][..], &it.problems[..]) } else { (&it.problems[..], &[][..]) };
            let plan = it.plan.as_ref().map(|plan| plan.name.as_str());
            let (unreadable, point_of_no_return) = (it.unreadable.as_ref(), it.point_of_no_return.as_ref());
            File { file: &it.file, plan, problems, warnings, unreadable, point_of_no_return }
        })
        .collect();
    let problems = files.iter().map(|file| file.problems.len() + usize::from(file.unreadable.is_some())).sum();
    Told { problems, files }
}

/// What was found, for people; at the end how many of what.
pub fn text(checked: &[Checked], paint: Paint) -> String {
    let mut text = String::new();
    let (mut problems, mut bad_files, mut warnings) = (0, 0, 0);
    for file in checked {
        if let Some(error) = &file.unreadable {
            text.push_str(&format!("{}\n\n", error_text(error, paint)));
        }
        for alike in file.problems.chunk_by(|one, other| one.place == other.place && one.code == other.code) {
            let Some(first) = alike.first() else { continue };
            text.push_str(&problem_text(first, &file.text, file.plan.is_some(), paint));
            if alike.len() > 1 {
                // One line of a plan that `for_each` makes many steps of.
                text.push_str(&format!(
                    "    {}\n",
                    paint.faint(format!("and {} more of the kind here", alike.len() - 1))
                ));
            }
            text.push('\n');
        }
        if let Some(point) = &file.point_of_no_return {
            text.push_str(&format!(
                "{} note: {}\n\n",
                paint.strong(format!("{}:", verbatim(&file.file))),
                point.told(paint)
            ));
        }
        match &file.plan {
            Some(_) => warnings += file.problems.len(),
            None => {
                problems += file.problems.len() + usize::from(file.unreadable.is_some());
                bad_files += 1;
            }
        }
    }
    let worth_knowing = if warnings > 0 { format!(", with {}", counted(warnings, "warning")) } else { String::new() };
    let sum = match (problems, checked) {
        (0, [only]) => {
            let name = only.plan.as_ref().map_or(only.file.as_str(), |plan| plan.name.as_str());
            paint.good(format!("the plan {} is fine{worth_knowing}", verbatim(name))).to_string()
        }
        (0, all) => paint.good(format!("{} plans are fine{worth_knowing}", all.len())).to_string(),
        _ => paint.bad(format!("{} in {}", counted(problems, "problem"), counted(bad_files, "file"))).to_string(),
    };
    text + &sum
}

/// A problem with the line that it is in, and a mark under where it begins.
fn problem_text(problem: &Problem, plan: &str, is_warning: bool, paint: Paint) -> String {
    let place = format!("{}:{}:{}:", verbatim(&problem.file), problem.place.line, problem.place.column);
    let kind = if is_warning { format!(" {}", paint.warning("warning:")) } else { String::new() };
    let mut text = format!(
        "{}{kind} {} {}\n",
        paint.strong(place),
        line(&problem.what),
        paint.faint(format!("[{}]", problem.code))
    );
    let written = plan.lines().nth(problem.place.line.saturating_sub(1)).unwrap_or_default();
    if !written.trim().is_empty() {
        let (excerpt, before) = excerpt(written, problem.place.column.saturating_sub(1));
        let number = problem.place.line.to_string();
        let margin = " ".repeat(number.len());
        let mark = if is_warning { paint.warning("^") } else { paint.bad("^") };
        text.push_str(&format!("    {} {excerpt}\n", paint.faint(format!("{number} |"))));
        text.push_str(&format!("    {} {before}{mark}\n", paint.faint(format!("{margin} |"))));
    }
    if let Some(help) = &problem.help {
        text.push_str(&format!("    {}\n", line(help)));
    }
    text
}

/// The most of a line that is shown, in characters.
const WIDEST: usize = 120;

/// A line, or of a long one what stands around a character; and as much blank as stands before that.
fn excerpt(written: &str, at: usize) -> (String, String) {
    let length = written.chars().count();
    let from = if length > WIDEST { at.saturating_sub(WIDEST / 2).min(length - WIDEST) } else { 0 };
    let part = |from: usize, to: usize| lines(&written.chars().take(to).skip(from).collect::<String>());
    let cut = |is_cut: bool| if is_cut { "…" } else { "" };
    let (begin, end) = (cut(from > 0), cut(from + WIDEST < length));
    // A tab stays a tab, so that the mark stands where it should.
    let blank =
        |c: char| if c == '\t' { "\t".into() } else { " ".repeat(measure_text_width(c.encode_utf8(&mut [0; 4]))) };
    let before = format!("{begin}{}", part(from, at)).chars().map(blank).collect();
    (format!("{begin}{}{end}", part(from, from + WIDEST)), before)
}

#[cfg(test)]
#[path = "check/tests.rs"]
mod tests;

//! `backout check`: everything that is wrong with plans, without AWS.

use std::path::{Path, PathBuf};

use backout_catalogue::CATALOGUE;
use backout_engine::plan::{Chosen, Expansion, InputValues, Plan, Problem, Problems, expand, parse};
use clap::Args;
use serde::Serialize;

use crate::{
    error::{CliError, Exit, WhatFailed},
    layout::counted,
    output::Output,
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
        let checked = check_files(&self.files)?;
        output.document(&told(&checked), |paint| text(&checked, paint));
        let all_good = checked.iter().all(|file| file.plan.is_some());
        Ok(if all_good { Exit::Completed } else { Exit::NotCompleted })
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
    /// From where on not everything that the plan does can be taken back.
    pub point_of_no_return: Option<PointOfNoReturn>,
}

impl Checked {
    /// Checks a plan's text.
    pub fn of(file: String, text: String) -> Self {
        match expanded(&file, &text) {
            Ok((plan, expansion)) => Self {
                point_of_no_return: point_of_no_return(&expansion),
                problems: expansion.warnings,
                plan: Some(plan),
                file,
                text,
            },
            Err(mut problems) => {
                problems.0.sort_by_key(|problem| problem.place);
                Self { file, text, plan: None, problems: problems.0, point_of_no_return: None }
            }
        }
    }
}

fn expanded(file: &str, text: &str) -> Result<(Plan, Expansion), Problems> {
    let parsed = parse(file, text, &CATALOGUE)?;
    let expansion = expand(&parsed, &CATALOGUE, &InputValues::unknown(&parsed.plan), &Chosen::All)?;
    Ok((parsed.plan, expansion))
}

/// Reads and checks files.
///
/// # Errors
/// When a file cannot be read.
pub fn check_files(files: &[PathBuf]) -> Result<Vec<Checked>, CliError> {
    files.iter().map(|path| Ok(Checked::of(path.display().to_string(), read(path)?))).collect()
}

fn read(path: &Path) -> Result<String, CliError> {
    std::fs::read_to_string(path).map_err(|error| {
        CliError::wrong_use(WhatFailed::File, format!("`{}` cannot be read: {error}", path.display()))
            .help("name the plans' files, e.g. plans/*.yaml")
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
    point_of_no_return: Option<&'a PointOfNoReturn>,
}

fn told(checked: &[Checked]) -> impl Serialize {
    let files: Vec<_> = checked
        .iter()
        .map(|it| {
            let (problems, warnings) =
                if it.plan.is_some() { (&[][..], &it.problems[..]) } else { (&it.problems[..], &[][..]) };
            let plan = it.plan.as_ref().map(|plan| plan.name.as_str());
            File { file: &it.file, plan, problems, warnings, point_of_no_return: it.point_of_no_return.as_ref() }
        })
        .collect();
    Told { problems: files.iter().map(|file| file.problems.len()).sum(), files }
}

/// What was found, for people; at the end how many of what.
pub fn text(checked: &[Checked], paint: Paint) -> String {
    let mut text = String::new();
    let (mut problems, mut bad_files, mut warnings) = (0, 0, 0);
    for file in checked {
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
            text.push_str(&format!("{} note: {}\n\n", paint.strong(format!("{}:", file.file)), point.told(paint)));
        }
        match &file.plan {
            Some(_) => warnings += file.problems.len(),
            None => {
                problems += file.problems.len();
                bad_files += 1;
            }
        }
    }
    let worth_knowing = if warnings > 0 { format!(", with {}", counted(warnings, "warning")) } else { String::new() };
    let sum = match (problems, checked) {
        (0, [only]) => {
            let name = only.plan.as_ref().map_or(only.file.as_str(), |plan| plan.name.as_str());
            paint.good(format!("the plan {name} is fine{worth_knowing}")).to_string()
        }
        (0, all) => paint.good(format!("{} plans are fine{worth_knowing}", all.len())).to_string(),
        _ => paint.bad(format!("{} in {}", counted(problems, "problem"), counted(bad_files, "file"))).to_string(),
    };
    text + &sum
}

/// A problem with the line that it is in, and a mark under where it begins.
fn problem_text(problem: &Problem, plan: &str, is_warning: bool, paint: Paint) -> String {
    let place = format!("{}:{}:{}:", problem.file, problem.place.line, problem.place.column);
    let kind = if is_warning { format!(" {}", paint.warning("warning:")) } else { String::new() };
    let mut text =
        format!("{}{kind} {} {}\n", paint.strong(place), problem.what, paint.faint(format!("[{}]", problem.code)));
    let line = plan.lines().nth(problem.place.line.saturating_sub(1)).unwrap_or_default();
    if !line.trim().is_empty() {
        let number = problem.place.line.to_string();
        let margin = " ".repeat(number.len());
        // A tab stays a tab, so that the mark stands where it should.
        let before = line.chars().take(problem.place.column.saturating_sub(1));
        let before: String = before.map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
        let mark = if is_warning { paint.warning("^") } else { paint.bad("^") };
        text.push_str(&format!("    {} {line}\n", paint.faint(format!("{number} |"))));
        text.push_str(&format!("    {} {before}{mark}\n", paint.faint(format!("{margin} |"))));
    }
    if let Some(help) = &problem.help {
        text.push_str(&format!("    {help}\n"));
    }
    text
}

#[cfg(test)]
#[path = "check/tests.rs"]
mod tests;

//! The command line.

use std::{ffi::OsString, process::ExitCode};

use clap::{Parser, Subcommand, error::ErrorKind};

use crate::{
    commands::{abort, check, plans, rehearse, report, resolve, resume, runs, schema, start, undo, unlock, watch},
    error::{CliError, Exit, WhatFailed},
    output::{Form, Output},
    paint::Paint,
    stack::Stack,
};

/// Runs backout plans: rollbacks that run by themselves, in the right order, once.
#[derive(Debug, Parser)]
#[command(
    name = "backout",
    version,
    after_help = "Exit codes: 0 done, 1 not completed, 2 wrong use, 3 AWS could not be reached or would not do its part, \
                  4 the command itself failed, 141 the reader went away. docs/cli.md says more of each."
)]
pub struct Args {
    /// How results are written.
    #[arg(long, global = true, value_enum, default_value_t = Form::Text, help_heading = "Everywhere")]
    pub output: Form,
    /// The CloudFormation stack that backout is deployed as.
    #[arg(
        long,
        global = true,
        value_name = "NAME",
        env = "BACKOUT_STACK",
        default_value = "backout",
        help_heading = "Everywhere"
    )]
    stack: String,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Say everything that is wrong with plans, without AWS.
    Check(check::Check),
    /// Store, list and show plans.
    #[command(subcommand)]
    Plans(plans::Plans),
    /// Look at everything that a plan would do, and change nothing.
    Rehearse(rehearse::Rehearse),
    /// Start a run of a plan.
    Start(start::Start),
    /// Follow a run until it ends.
    Watch(watch::Watch),
    /// Stop a run; what it has done stands.
    Abort(abort::Abort),
    /// Go on with a run that stopped half-way, after its last finished stage.
    Resume(resume::Resume),
    /// Take back what a run has done.
    Undo(undo::Undo),
    /// Decide what became of a step whose outcome nobody could tell.
    Resolve(resolve::Resolve),
    /// Free a system whose run has ended without freeing it.
    Unlock(unlock::Unlock),
    /// List the latest runs.
    Runs(runs::Runs),
    /// Show the report of a run.
    Report(report::Report),
    /// Print the JSON Schema of plans, for editors.
    Schema(schema::Schema),
    /// Say what an error's code means and what to do.
    Explain(crate::commands::explain::Explain),
}

impl Args {
    /// Does what was asked for.
    pub async fn run(self, output: &Output) -> Result<Exit, CliError> {
        let stack = async || Stack::find(&self.stack).await;
        match self.command {
            Command::Check(check) => check.run(output),
            Command::Schema(schema) => schema.run(output),
            Command::Explain(explain) => explain.run(output),
            Command::Plans(plans) => plans.run(stack, output).await,
            Command::Rehearse(rehearse) => rehearse.run(&stack().await?, output).await,
            Command::Start(start) => start.run(&stack().await?, output).await,
            Command::Watch(watch) => watch.run(&stack().await?, output).await,
            Command::Abort(abort) => abort.run(&stack().await?, output).await,
            Command::Resume(resume) => resume.run(&stack().await?, output).await,
            Command::Undo(undo) => undo.run(&stack().await?, output).await,
            Command::Resolve(resolve) => resolve.run(&stack().await?, output).await,
            Command::Unlock(unlock) => unlock.run(&stack().await?, output).await,
            Command::Runs(runs) => runs.run(&stack().await?, output).await,
            Command::Report(report) => report.run(&stack().await?, output).await,
        }
    }
}

/// Says what is wrong with the arguments, in the form that they ask for as far as they can be understood.
pub fn wrong_use(wrong: &clap::Error, given: impl Iterator<Item = OsString>) -> ExitCode {
    let given: Vec<OsString> = given.collect();
    let json = given.iter().any(|it| it == "--output=json") || given.windows(2).any(|it| it == ["--output", "json"]);
    if !wrong.use_stderr() {
        // Help that was asked for, or the version: in colours of its own.
        let output = Output::new(Form::Text);
        output.printed(wrong.print());
        return output.end(Exit::Completed).into();
    }
    if json {
        let told = wrong.render().to_string();
        let (what, help) = told.split_once("\n\n").unwrap_or((&told, "backout --help"));
        let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
        let what = words(what.trim_start_matches("error: "));
        let output = Output::new(Form::Json);
        output.error(&CliError::wrong_use(WhatFailed::Arguments, what).help(words(help)));
        return output.end(Exit::WrongUse).into();
    }
    Output::new(Form::Text).note(|paint| told(wrong, paint));
    Exit::WrongUse.into()
}

/// Clap's words, with the code where every error has it: at the end of what is wrong, before what would be right.
fn told(wrong: &clap::Error, paint: Paint) -> String {
    let told = match paint {
        Paint::Plain => wrong.render().to_string(),
        Paint::Coloured => wrong.render().ansi().to_string(),
    };
    if wrong.kind() == ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand {
        return told;
    }
    let (what, rest) = told.split_once('\n').unwrap_or((&told, ""));
    let code = paint.faint(format!("[{}]", WhatFailed::Arguments.as_str()));
    format!("{what} {code}\n{rest}")
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed() {
        Args::command().debug_assert();
    }

    #[test]
    fn what_is_wrong_with_the_arguments_has_a_code_and_help_has_none() {
        let told = |line: &str| told(&Args::try_parse_from(line.split(' ')).expect_err(line), Paint::Plain);
        let lines = ["backout strat", "backout start", "backout runs --limit many", "backout report x --format pdf"];
        let all: Vec<_> = lines.into_iter().chain(["backout undo shop/1", "backout watch"]).map(told).collect();
        insta::assert_snapshot!(all.join("\n---\n"));
        assert!(!told("backout").contains("[wrong-use]"));
    }

    #[test]
    fn the_exit_codes_are_those_of_the_docs() {
        let docs = include_str!("../../docs/cli.md").split("\n## Exit codes\n").nth(1).expect("a section");
        let help = Args::command().render_help().to_string();
        let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
        let rows: Vec<_> =
            docs.lines().skip_while(|line| !line.starts_with("| 0")).take_while(|line| !line.is_empty()).collect();
        assert_eq!(rows.len(), 6);
        for row in rows {
            let (code, meaning) = row.trim_matches(['|', ' ']).split_once(" | ").expect("a row");
            let said = format!("{code} {}", meaning.split([':', ';']).next().expect("a meaning"));
            assert!(help.contains(&said), "{said}: {help}");
        }
    }

    #[test]
    fn the_version_is_that_of_backout() {
        assert!(Args::command().render_version().starts_with("backout 0."));
    }

    #[test]
    fn global_options_may_stand_anywhere() {
        for line in ["backout --output json runs --stack other", "backout --stack other runs --output json"] {
            let args = Args::try_parse_from(line.split(' ')).expect(line);
            assert_eq!((args.output, args.stack.as_str()), (Form::Json, "other"));
        }
    }

    #[test]
    fn each_command_takes_what_it_needs_and_nothing_else() {
        for fine in [
            "start shop --sealed shop-rehearsal-1 --yes",
            "rehearse shop --input rate=1 --only Divert --reason tried --run-id r-2 --no-wait",
            "undo shop-1 --only Divert --only flush --reason wrong --wait --yes --run-id r-2",
            "resume shop-1 --reason mended --wait --yes --run-id r-2",
            "abort shop-1 --after-step --reason wrong --wait --yes",
            "resolve shop-1 flush not-applied --reason seen",
            "unlock shop --yes",
        ] {
            assert!(Args::try_parse_from(format!("backout {fine}").split(' ')).is_ok(), "{fine}");
        }
        for wrong in [
            "rehearse shop --yes",
            "undo",
            "undo shop/1",
            "resume shop-1 --only Divert",
            "abort shop-1 --run-id r-2",
            "resolve shop-1 flush applied",
            "resolve shop-1 flush --reason seen",
            "unlock shop/1",
        ] {
            assert!(Args::try_parse_from(format!("backout {wrong}").split(' ')).is_err(), "{wrong}");
        }
    }
}

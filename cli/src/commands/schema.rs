//! `backout schema`: what may stand in a plan and in a request.

use backout_catalogue::CATALOGUE;
use backout_engine::{
    action::{Calls, Entry, Host, Nature},
    plan::json_schema,
    request::Request,
};
use clap::Args;
use serde::Serialize;

use crate::{
    error::{CliError, Exit},
    layout::columns,
    output::Output,
    paint::Paint,
};

/// The arguments of `backout schema`.
#[derive(Debug, Args)]
pub struct Schema {
    /// The schema of the request that starts a run.
    #[arg(long, conflicts_with = "actions")]
    request: bool,
    /// The actions that a plan may use, one per line.
    #[arg(long)]
    actions: bool,
}

#[derive(Debug, Serialize)]
struct Action {
    uses: &'static str,
    nature: Nature,
    function: Host,
    about: &'static str,
    /// What it calls at AWS, and so what its function's role has to allow.
    calls: Vec<Permitted>,
}

#[derive(Debug, Serialize)]
struct Permitted {
    #[serde(flatten)]
    calls: &'static Calls,
    permissions: Vec<String>,
}

impl From<&Entry> for Action {
    fn from(entry: &Entry) -> Self {
        let permitted = |calls: &'static Calls| Permitted { calls, permissions: calls.permissions() };
        let calls = entry.calls.iter().map(permitted).collect();
        Self { uses: entry.uses, nature: entry.nature, function: entry.host, about: entry.about, calls }
    }
}

#[derive(Debug, Serialize)]
struct Actions {
    actions: Vec<Action>,
}

impl Schema {
    /// Prints it.
    pub fn run(self, output: &Output) -> Result<Exit, CliError> {
        if self.actions {
            let actions = Actions { actions: CATALOGUE.0.iter().map(Action::from).collect() };
            output.result(&actions, |paint| text(&actions, paint));
        } else {
            let schema = if self.request { schemars::schema_for!(Request) } else { json_schema(&CATALOGUE) };
            output.document(&schema, |_| format!("{:#}", schema.as_value()));
        }
        Ok(Exit::Completed)
    }
}

fn text(actions: &Actions, paint: Paint) -> String {
    let rows: Vec<_> = actions
        .actions
        .iter()
        .map(|action| {
            let nature = match action.nature {
                Nature::Change => "change",
                Nature::Check => "check",
                Nature::Command => "command",
            };
            [paint.strong(action.uses).to_string(), nature.to_owned(), action.about.to_owned()]
        })
        .collect();
    columns(&rows).join("\n")
}

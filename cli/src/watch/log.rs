//! A run in a log: one line per event, without control characters.

use backout_aws::SystemClock;
use backout_engine::{
    clock::{Clock as _, Timestamp},
    duration::Duration,
    ids::RunId,
    journal::{Journal, Status},
};

use super::{Screen, events::events, lines::what};
use crate::{output::Output, paint::Paint};

/// After so long a silence the log says what is waited for.
const SILENCE: Duration = Duration::seconds(60);

/// A run in a log.
pub struct Log<'a> {
    output: &'a Output,
    last: Option<Journal>,
    spoke_at: Timestamp,
    said_preparing: bool,
}

impl<'a> Log<'a> {
    /// An empty log.
    pub fn new(output: &'a Output) -> Self {
        Self { output, last: None, spoke_at: SystemClock.now(), said_preparing: false }
    }

    fn say(&mut self, at: Timestamp, line: impl FnOnce(Paint) -> String) {
        self.spoke_at = SystemClock.now();
        let paint = self.output.paint_of_log();
        self.output.log(&format!("{}  {}", paint.faint(at.strftime("%H:%M:%SZ")), line(paint)));
    }
}

impl Screen for Log<'_> {
    fn show(&mut self, journal: &Journal) {
        for event in events(self.last.as_ref(), journal, self.output.paint_of_log()) {
            self.say(event.at, |_| event.line);
        }
        self.last = Some(journal.clone());
        let now = SystemClock.now();
        if Duration::between(self.spoke_at, now) >= SILENCE
            && let Some(line) = waiting(journal, now)
        {
            self.say(now, |paint| paint.faint(line).to_string());
        }
    }

    fn preparing(&mut self, run: &RunId) {
        if !std::mem::replace(&mut self.said_preparing, true) {
            let run = run.clone();
            self.say(SystemClock.now(), |paint| paint.faint(format!("{run} is being prepared")).to_string());
        }
    }

    fn note(&mut self, text: &str) {
        self.say(SystemClock.now(), |paint| paint.warning(text).to_string());
    }

    fn tick(&mut self) {}

    fn close(&mut self) {}
}

/// What a run that says nothing is waiting for.
fn waiting(journal: &Journal, now: Timestamp) -> Option<String> {
    let open: Vec<_> = journal
        .steps
        .iter()
        .filter(|step| matches!(step.status, Status::Issued | Status::Started))
        .map(|step| {
            let since = step.took(now).unwrap_or_default();
            let within = step.within.map_or_else(String::new, |within| format!(" of at most {within}"));
            format!("{} ({since}{within}): {}", step.id, what(step))
        })
        .collect();
    (!open.is_empty()).then(|| format!("  … still waiting for {}", open.join("; ")))
}

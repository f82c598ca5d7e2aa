//! A run on a terminal: what is over stays, what is under way is drawn anew.

use backout_aws::SystemClock;
use backout_engine::{
    clock::{Clock as _, Timestamp},
    ids::RunId,
    journal::Journal,
    shown,
};
use console::{Term, truncate_str};
use indicatif::{MultiProgress, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::{Screen, lines};
use crate::{layout::fitted, output::harmless, paint::Paint};

/// A run on a terminal.
pub struct Live {
    paint: Paint,
    term: Term,
    area: MultiProgress,
    bars: Vec<ProgressBar>,
    journal: Option<Journal>,
    preparing: Option<(RunId, Timestamp)>,
    /// How many sections, from the first, are printed for good.
    printed: usize,
    said_beginning: bool,
}

impl Live {
    /// An empty screen.
    pub fn new(paint: Paint) -> Self {
        let area = MultiProgress::with_draw_target(ProgressDrawTarget::stderr());
        Self {
            paint,
            term: Term::stderr(),
            area,
            bars: Vec::new(),
            journal: None,
            preparing: None,
            printed: 0,
            said_beginning: false,
        }
    }

    /// A line that stays, whole.
    fn print(&self, line: &str) {
        // A terminal that has gone away ends the process by itself.
        let _ = self.area.println(fitted(&harmless(line, self.paint), self.width()));
    }

    /// A line that is drawn anew all the time, as much of it as fits: more would make the screen jump.
    fn cut(&self, line: &str) -> String {
        truncate_str(&harmless(line, self.paint), self.width(), "…").into_owned()
    }

    fn width(&self) -> usize {
        usize::from(self.term.size().1).max(40) - 1
    }

    fn draw(&mut self) {
        let now = SystemClock.now();
        let drawn = match (&self.journal, &self.preparing) {
            (Some(journal), _) => lines::region(journal, now, self.paint),
            (None, Some((run, since))) => {
                let waited = backout_engine::duration::Duration::between(*since, now).seconds_up();
                vec![format!("{} {waited:>5}s  {run} is being prepared", self.paint.busy("…"))]
            }
            (None, None) => Vec::new(),
        };
        let most = usize::from(self.term.size().0).saturating_sub(2).max(3);
        // The last line is the clock; it stays whatever else does not fit.
        let cut_away = drawn.len().saturating_sub(most);
        let keep = drawn.len() - cut_away;
        let shown = drawn.iter().enumerate().filter(|(index, _)| *index + 1 < keep || *index + 1 == drawn.len());
        let shown: Vec<String> = shown.map(|(_, line)| self.cut(line)).collect();
        while self.bars.len() > shown.len() {
            if let Some(bar) = self.bars.pop() {
                bar.finish_and_clear();
                self.area.remove(&bar);
            }
        }
        while self.bars.len() < shown.len() {
            let style = ProgressStyle::with_template("{msg}").unwrap_or_else(|_| ProgressStyle::default_spinner());
            self.bars.push(self.area.add(ProgressBar::new_spinner().with_style(style)));
        }
        for (bar, line) in self.bars.iter().zip(shown) {
            bar.set_message(line);
            bar.tick();
        }
    }

    fn begin(&mut self, journal: &Journal) {
        let run = &journal.run;
        if self.said_beginning || run.stages.is_empty() {
            return;
        }
        self.said_beginning = true;
        let system = run.system.as_ref().map_or_else(String::new, |system| format!(" on {system}"));
        let person =
            run.request.requested_by.as_ref().map_or_else(String::new, |person| format!("requested by {person}"));
        let reason = run.request.reason.as_ref().map_or_else(String::new, |reason| format!(": {reason}"));
        self.print(&format!(
            "{}{system}  {}",
            self.paint.strong(shown::line(&run.request.plan)),
            self.paint.faint(shown::line(&format!("{person}{reason}")))
        ));
        self.print(&self.paint.faint("Ctrl-C stops watching, not the run.").to_string());
        self.print(" ");
    }
}

impl Screen for Live {
    fn show(&mut self, journal: &Journal) {
        self.begin(journal);
        let (count, lines) = lines::finished(journal, self.printed, SystemClock.now(), self.paint);
        self.printed += count;
        for line in lines {
            self.print(&line);
        }
        self.journal = Some(journal.clone());
        self.draw();
    }

    fn preparing(&mut self, run: &RunId) {
        self.preparing.get_or_insert_with(|| (run.clone(), SystemClock.now()));
        self.draw();
    }

    fn note(&mut self, text: &str) {
        self.print(&self.paint.warning(text).to_string());
    }

    fn tick(&mut self) {
        self.draw();
    }

    fn close(&mut self) {
        for bar in self.bars.drain(..) {
            bar.finish_and_clear();
        }
    }
}

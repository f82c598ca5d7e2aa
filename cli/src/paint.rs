//! Colours, where they are wanted.

use std::fmt::Display;

use backout_engine::{journal::Status, report::sign};
use console::{Style, StyledObject};

/// Whether text is coloured. `console` asks the terminal, `NO_COLOR`, `CLICOLOR` and `CLICOLOR_FORCE`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Paint {
    /// Text only.
    Plain,
    /// With ANSI colours.
    Coloured,
}

impl Paint {
    /// As standard output can show it.
    pub fn of_stdout() -> Self {
        if console::colors_enabled() { Self::Coloured } else { Self::Plain }
    }

    /// As standard error can show it.
    pub fn of_stderr() -> Self {
        if console::colors_enabled_stderr() { Self::Coloured } else { Self::Plain }
    }

    fn with<D: Display>(self, style: Style, text: D) -> StyledObject<D> {
        style.force_styling(self == Self::Coloured).apply_to(text)
    }

    /// What matters most of a line.
    pub fn strong<D: Display>(self, text: D) -> StyledObject<D> {
        self.with(Style::new().bold(), text)
    }

    /// What matters least.
    pub fn faint<D: Display>(self, text: D) -> StyledObject<D> {
        self.with(Style::new().dim(), text)
    }

    /// What went well.
    pub fn good<D: Display>(self, text: D) -> StyledObject<D> {
        self.with(Style::new().green(), text)
    }

    /// What did not.
    pub fn bad<D: Display>(self, text: D) -> StyledObject<D> {
        self.with(Style::new().red().bold(), text)
    }

    /// What should be known.
    pub fn warning<D: Display>(self, text: D) -> StyledObject<D> {
        self.with(Style::new().yellow(), text)
    }

    /// What is under way.
    pub fn busy<D: Display>(self, text: D) -> StyledObject<D> {
        self.with(Style::new().cyan(), text)
    }

    /// The sign of a status, in its colour.
    pub fn sign(self, status: Status) -> String {
        let sign = sign(status);
        match status {
            Status::Applied | Status::Passed | Status::InPlace | Status::Undone => self.good(sign).to_string(),
            Status::Failed | Status::Drifted | Status::Stuck => self.bad(sign).to_string(),
            Status::Inconclusive | Status::Unknown => self.warning(sign).to_string(),
            Status::Issued | Status::Started | Status::Rehearsed => self.busy(sign).to_string(),
            Status::Skipped | Status::Closed | Status::Planned => self.faint(sign).to_string(),
        }
    }
}

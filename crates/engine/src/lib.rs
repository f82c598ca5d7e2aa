//! The engine of backout: plans, the journal, one step, the run, the report.
//!
//! It knows no AWS, opens no connection and has no clock of its own. What an action *is* comes in
//! through [`action::Kind`], what it *does* through [`action::Change`], [`action::Check`] and
//! [`action::Command`]; where a journal is kept comes in through [`ledger::Ledger`].
//!
//! | to read about | go to |
//! |---|---|
//! | plans: parsing, problems, templates, expansion | [`plan`] |
//! | the rows of a run and their legal transitions | [`journal`] |
//! | one step, from `issued` to its end | [`carry_out`] |
//! | what a run does next | [`mod@decide`], and its shell [`mod@advance`] |
//! | taking a run back | [`undo`] |
//! | going on where a run stopped; only as rehearsed | [`resume`], [`seal`] |
//! | how a run ends | [`conclude`] |
//! | what people are told, and how texts of others are shown | [`report`], [`shown`] |

pub mod action;
pub mod advance;
pub mod carry_out;
pub mod clock;
pub mod code;
pub mod conclude;
pub mod decide;
pub mod duration;
pub mod earlier;
pub mod evidence;
pub mod fault;
pub mod ids;
pub mod journal;
pub mod json;
pub mod ledger;
pub mod plan;
pub mod report;
pub mod request;
pub mod resource;
pub mod resume;
pub mod seal;
pub mod sensitive;
pub mod shown;
#[cfg(test)]
mod testing;
pub mod undo;
mod written;

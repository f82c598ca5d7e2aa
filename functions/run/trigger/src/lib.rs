//! Starts the plans that an alarm is to start.
//!
//! | file | its job |
//! |---|---|
//! | `delivery` | the three shapes in which an alarm arrives |
//! | `alarm` | how the alarm stands now |
//! | `matching` | which plans name it |
//! | `start` | the execution, under a name that one alarm gives only once |
//! | `trigger` | all of it, for all alarms of an invocation |

mod alarm;
mod delivery;
mod matching;
mod start;
mod trigger;

pub use trigger::Trigger;

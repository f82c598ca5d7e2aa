//! Time comes in from outside, so that every decision can be repeated.

pub use jiff::Timestamp;

/// What tells the time.
pub trait Clock {
    /// The time now.
    fn now(&self) -> Timestamp;
}

/// A clock that stands still at the time it holds: for decisions about one moment, and for tests.
impl Clock for Timestamp {
    fn now(&self) -> Timestamp {
        *self
    }
}

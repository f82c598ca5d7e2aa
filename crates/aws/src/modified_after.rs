//! Whose an update is that a function shows.

use backout_engine::clock::Timestamp;

/// Whether a function's last update began after a step's first write, so that it may be the step's own: a failure of an
/// earlier one is no obstacle, as another update may be just what mends it.
///
/// `last_modified` is as Lambda tells it, with milliseconds and an offset without a colon; `started_at` is that of
/// [`At`](backout_engine::action::At). `false` when either is not known.
pub fn modified_after(last_modified: Option<&str>, started_at: Option<Timestamp>) -> bool {
    match (last_modified.and_then(|text| text.parse::<Timestamp>().ok()), started_at) {
        (Some(modified), Some(started)) => modified >= started,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_an_update_since_the_first_write_may_be_ours() {
        let started = "2026-11-20T10:00:00Z".parse().ok();
        assert!(modified_after(Some("2026-11-20T10:00:00.000+0000"), started));
        assert!(modified_after(Some("2026-11-20T12:00:00.001+0200"), started));
        assert!(!modified_after(Some("2026-11-20T09:59:59.999+0000"), started));
        assert!(!modified_after(Some("2026-11-20T10:00:00.000+0000"), None));
        assert!(!modified_after(None, started) && !modified_after(Some("yesterday"), started));
    }
}

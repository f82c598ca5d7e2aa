//! What is left when the command itself fails: an error like any other, and never a panic.

use std::{
    any::Any,
    panic::{self, AssertUnwindSafe},
    sync::Mutex,
};

use crate::error::CliError;

/// Where the last panic was.
static PLACE: Mutex<Option<String>> = Mutex::new(None);

/// What the work gives; if it panics, an error with the code `internal`.
///
/// # Errors
/// As said.
pub fn caught<T>(work: impl FnOnce() -> T) -> Result<T, CliError> {
    let usual = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if let (Some(place), Ok(mut last)) = (panic.location(), PLACE.lock()) {
            *last = Some(format!(" ({}:{})", place.file(), place.line()));
        }
        // Whoever looks for the fault has asked for it.
        if std::env::var_os("RUST_BACKTRACE").is_some_and(|wanted| wanted != "0") {
            usual(panic);
        }
    }));
    // Nothing of the work is used afterwards.
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|said| failed(said.as_ref()))
}

fn failed(said: &(dyn Any + Send)) -> CliError {
    let said = said.downcast_ref::<String>().map(String::as_str).or_else(|| said.downcast_ref::<&str>().copied());
    let place = PLACE.lock().ok().and_then(|mut place| place.take()).unwrap_or_default();
    CliError::broken(format!("the command itself failed: {}{place}", said.unwrap_or("nothing is known of it")))
        .help("this is a fault of backout, and worth a report; a run that is under way goes on without the command")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_an_error_with_the_code_internal() {
        let error = caught(|| -> u8 { panic!("no {}", "way") }).expect_err("caught");
        drop(panic::take_hook());
        assert_eq!((error.code.as_str(), error.exit as u8), ("internal", 4));
        assert!(error.message.contains("no way (") && error.message.contains("last_resort.rs:"), "{error}");
        assert_eq!(caught(|| 7).ok(), Some(7));
        drop(panic::take_hook());
    }
}

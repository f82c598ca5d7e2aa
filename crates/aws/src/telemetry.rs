//! Logs: one JSON object a line on standard output, as CloudWatch Logs wants them.

use tracing_subscriber::EnvFilter;

/// Sends logs to standard output as JSON. `RUST_LOG` says how much; `info` of backout and `warn` of everything else if
/// it does not: at `debug` the SDK writes whole requests, with whatever secrets are in them.
pub fn telemetry() {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn,backout=info"));
    let subscriber = tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false)
        .with_env_filter(filter)
        .with_writer(std::io::stdout);
    if subscriber.try_init().is_err() {
        tracing::debug!("logs go where somebody else has sent them already");
    }
}

//! The example platform, as the tests run its plan.

/// The plan under test.
pub const PLAN: &str = "influxdb-to-timestream";

/// Inputs that make the plan's waits short; every check and every rung stays.
pub const FAST: [&str; 10] = [
    "--input",
    "settle=3s",
    "--input",
    "hold=3s",
    "--input",
    "every=1s",
    "--input",
    "patience=90s",
    "--input",
    "data_window=5m",
];

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

impl crate::LocalCloud {
    /// Stores the shipped plan with short waits by default: for starts that give no inputs, as an alarm's.
    pub fn push_quick_plan(&self) {
        let path = crate::cloud::root().join(format!("plans/{PLAN}.yaml"));
        let mut text = std::fs::read_to_string(path).expect("the shipped plan");
        let waits = [
            ("default: 30s", "default: 3s"),
            ("default: 60s", "default: 3s"),
            ("default: 10s", "default: 2s"),
            ("for the API to answer\n    default: 5m", "for the API to answer\n    default: 90s"),
        ];
        for (slow, quick) in waits {
            assert!(text.contains(slow), "{slow}");
            text = text.replace(slow, quick);
        }
        self.push(&format!("{PLAN}.yaml"), &text);
    }
}

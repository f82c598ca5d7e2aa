//! The real command line, as a user runs it.

use std::process::{Command, Stdio};

use serde_json::Value;

use crate::{LocalCloud, cloud::binaries};

/// A command that has ended.
#[derive(Debug)]
pub struct Finished {
    /// Its exit code.
    pub code: i32,
    /// What it wrote for its caller.
    pub stdout: String,
    /// What it wrote for whoever watches.
    pub stderr: String,
}

impl Finished {
    /// The object on the last line of its output.
    pub fn json(&self) -> Value {
        let last = self.stdout.lines().last().unwrap_or_else(|| panic!("no output: {self:?}"));
        serde_json::from_str(last).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

impl LocalCloud {
    /// Runs `backout` with these arguments and waits for its end.
    pub fn backout(&self, arguments: &[&str]) -> Finished {
        let output = self.command(arguments).output().expect("the binary is built");
        Finished {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(binaries().join("backout"));
        command.args(arguments).envs(self.environment()).stdin(Stdio::null());
        command
    }

    /// Stores a plan of the test's own.
    pub fn push(&self, file: &str, text: &str) {
        let path = self.dir().join(file);
        std::fs::write(&path, text).expect("a file");
        let pushed = self.backout(&["plans", "push", path.to_str().expect("text")]);
        assert_eq!(pushed.code, 0, "{pushed:?}");
    }
}

//! Triggers that no alarm could ever match.

use serde_json::{Map, Value};

use super::{Parser, gaps::UNREADABLE, under};
use crate::{code::Code, plan::spec::Trigger};

/// The longest name of an alarm, in characters (`AlarmName` of `PutMetricAlarm`).
const LONGEST: usize = 255;

impl Parser<'_> {
    pub(super) fn triggers(&mut self, top: &mut Map<String, Value>) -> Vec<Trigger> {
        let mut triggers = Vec::new();
        for (index, value) in self.items(top, &[], "triggers").into_iter().enumerate() {
            let path = under(&[], &["triggers", &index.to_string()]);
            let Some(trigger) = self.section::<Trigger>(value, &path, "an item") else { continue };
            self.alarm(&trigger, &path);
            triggers.push(trigger);
        }
        triggers
    }

    /// Refuses what can be the name of no alarm: such a plan would wait for ever, and nobody would notice.
    fn alarm(&mut self, Trigger::Alarm(alarm): &Trigger, path: &[String]) {
        if alarm == UNREADABLE {
            return;
        }
        let Some((what, help)) = never(alarm) else { return };
        self.problem(Code::WrongValue, &under(path, &["alarm"]), what);
        self.help(&help);
    }
}

/// What is wrong with the name or pattern of an alarm, and how to mend it.
fn never(alarm: &str) -> Option<(String, String)> {
    let write = |name: &str| format!("write `{name}`");
    if alarm.trim().is_empty() {
        let help = "name the alarm, or several by a pattern with `*` and `?`, like `influxdb-*`";
        return Some(("`alarm` is empty, and no alarm is called that".into(), help.into()));
    }
    if alarm.chars().any(char::is_control) {
        let help = "write the name on one line, without tabs";
        return Some(("`alarm` has a control character in it, which the name of no alarm has".into(), help.into()));
    }
    if alarm.trim() != alarm {
        return Some((format!("`alarm` is `{alarm}`, with a space at an end"), write(alarm.trim())));
    }
    if alarm.starts_with("arn:") {
        let help = match alarm.split_once(":alarm:") {
            Some((_, name)) if !name.is_empty() => write(name),
            _ => "write the alarm's name".into(),
        };
        return Some(("`alarm` is an ARN, and alarms are compared by their name".into(), help));
    }
    if alarm.chars().count() > LONGEST && !alarm.contains('*') {
        let help = "look the name up in CloudWatch";
        return Some((format!("`alarm` is longer than the {LONGEST} characters that a name may have"), help.into()));
    }
    None
}

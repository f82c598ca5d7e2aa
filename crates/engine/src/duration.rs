//! Durations as people write them: `30s`, `15m`, `1h`, `1h30m`.

use std::{borrow::Cow, fmt, str::FromStr};

use jiff::SignedDuration;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

/// A length of time, not negative, written like `30s`, `15m` or `1h30m`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Duration(SignedDuration);

impl Duration {
    /// No time at all.
    pub const ZERO: Self = Self(SignedDuration::ZERO);

    /// That many seconds.
    pub const fn seconds(seconds: u32) -> Self {
        Self(SignedDuration::from_secs(seconds as i64))
    }

    /// For arithmetic with timestamps.
    pub const fn signed(self) -> SignedDuration {
        self.0
    }

    /// Whole seconds, rounded up; at most `u32::MAX`.
    pub fn seconds_up(self) -> u32 {
        let seconds = self.0.as_secs().saturating_add(i64::from(self.0.subsec_nanos() > 0));
        u32::try_from(seconds).unwrap_or(u32::MAX)
    }

    /// The time from `earlier` to `later`, in whole milliseconds; zero when they are the other way round.
    pub fn between(earlier: jiff::Timestamp, later: jiff::Timestamp) -> Self {
        let millis = i64::try_from(later.duration_since(earlier).as_millis()).unwrap_or(i64::MAX);
        Self(SignedDuration::from_millis(millis.max(0)))
    }
}

impl FromStr for Duration {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not a duration: write it like `30s`, `15m` or `1h30m`");
        if text.trim().parse::<f64>().is_ok() {
            return Err(format!("`{text}` has no unit: write it like `{}s`", text.trim()));
        }
        let duration: SignedDuration = text.parse().map_err(|_| wrong())?;
        if duration.is_negative() { Err(wrong()) } else { Ok(Self(duration)) }
    }
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        let millis = self.0.subsec_millis();
        let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        match (hours, minutes, rest, millis) {
            (0, 0, 0, 0) => write!(f, "0s"),
            (0, 0, 0, _) => write!(f, "{millis}ms"),
            (0, 0, s, ms) if s < 10 && ms >= 100 => write!(f, "{s}.{}s", ms / 100),
            (0, 0, s, _) => write!(f, "{s}s"),
            (0, m, 0, _) => write!(f, "{m}m"),
            (0, m, s, _) => write!(f, "{m}m{s}s"),
            (h, 0, 0, _) => write!(f, "{h}h"),
            (h, m, 0, _) => write!(f, "{h}h{m}m"),
            (h, m, s, _) => write!(f, "{h}h{m}m{s}s"),
        }
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(&format_args!("{:#}", self.0))
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged)]
        enum Given {
            Text(String),
            Number(serde_json::Number),
        }
        match Given::deserialize(from) {
            Ok(Given::Text(text)) => text.parse().map_err(D::Error::custom),
            Ok(Given::Number(number)) => number.to_string().parse().map_err(D::Error::custom),
            Err(_) => Err(D::Error::custom("this is not a duration: write it like `30s`, `15m` or `1h30m`")),
        }
    }
}

impl JsonSchema for Duration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "title": "duration",
            "description": "A length of time such as `30s`, `15m` or `1h30m`.",
            "examples": ["30s", "15m", "1h30m"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_and_shows_what_people_write() {
        for (text, shown) in
            [("30s", "30s"), ("15m", "15m"), ("1h30m", "1h30m"), ("90s", "1m30s"), ("0s", "0s"), ("1500ms", "1.5s")]
        {
            let read: Duration = text.parse().expect(text);
            assert_eq!(read.to_string(), shown);
            let kept: Duration = serde_json::from_value(serde_json::to_value(read).expect("writes")).expect("reads");
            assert_eq!(kept, read);
        }
    }

    #[test]
    fn says_what_is_missing() {
        assert_eq!("30".parse::<Duration>(), Err("`30` has no unit: write it like `30s`".into()));
        assert!("soon".parse::<Duration>().is_err());
        assert!("-5s".parse::<Duration>().is_err());
        assert_eq!(Duration::seconds(1).seconds_up(), 1);
        assert_eq!("1200ms".parse::<Duration>().expect("reads").seconds_up(), 2);
    }
}

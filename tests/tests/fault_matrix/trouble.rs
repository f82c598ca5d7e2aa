//! What goes wrong, where, and for how long: one case of the matrix, by name.

use std::{fmt, str::FromStr};

/// What goes wrong with a call.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// It never arrives.
    RequestLost,
    /// It is carried out, and nobody hears so. Of a read, that is the same as a lost request.
    ResponseLost,
    /// "Not now."
    Throttled,
    /// Status 500.
    ServerError,
    /// The role may not.
    Denied,
    /// What is read is how it was before the write.
    Stale,
    /// It is accepted, and then the resource goes back by itself.
    WentBack,
    /// The process ends right after the answer.
    Killed,
    /// While it is under way the invocation is delivered once more, and that one comes to its end first.
    Twice,
    /// The answer takes most of the invocation's time.
    Slow,
}

impl Kind {
    pub const ALL: [Self; 10] = [
        Self::RequestLost,
        Self::ResponseLost,
        Self::Throttled,
        Self::ServerError,
        Self::Denied,
        Self::Stale,
        Self::WentBack,
        Self::Killed,
        Self::Twice,
        Self::Slow,
    ];

    /// As it is called in names of cases, and where errors are told apart by it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::RequestLost => "request_lost",
            Self::ResponseLost => "response_lost",
            Self::Throttled => "throttled",
            Self::ServerError => "server_error",
            Self::Denied => "denied",
            Self::Stale => "stale",
            Self::WentBack => "went_back",
            Self::Killed => "killed",
            Self::Twice => "twice",
            Self::Slow => "slow",
        }
    }
}

/// How long it goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Extent {
    /// At the first of the SDK's attempts.
    Attempt,
    /// At all attempts of that call.
    Once,
    /// At that call and every later one of the operation, until the run has ended.
    Always,
}

/// One thing that goes wrong.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Trouble {
    /// The operation, with its service: `lambda.UpdateFunctionCode`.
    pub operation: String,
    /// Which call of it, from 1.
    pub number: u32,
    pub kind: Kind,
    pub extent: Extent,
}

impl Trouble {
    /// Whether it is to happen at this attempt of this call.
    pub fn strikes(&self, operation: &str, number: u32, attempt: u32) -> bool {
        self.operation == operation
            && match self.extent {
                Extent::Attempt => number == self.number && attempt == 1,
                Extent::Once => number == self.number,
                Extent::Always => number >= self.number,
            }
    }

    /// Whether it passes by itself, so that it must make no difference in the end.
    pub fn passes(&self) -> bool {
        self.extent != Extent::Always && !matches!(self.kind, Kind::Denied | Kind::WentBack)
    }

    /// Whether the call is not carried out.
    pub const fn leaves_undone(&self) -> bool {
        matches!(self.kind, Kind::RequestLost | Kind::Throttled | Kind::ServerError | Kind::Denied)
    }

    /// Whether the service says that the call was not carried out.
    pub const fn is_an_answer(&self) -> bool {
        matches!(self.kind, Kind::Throttled | Kind::Denied)
    }

    /// Whether it is a write of the journal whose answer is lost: whoever looks knows at once that it was done.
    pub fn is_seen_through_at_once(&self) -> bool {
        self.operation == "own-dynamodb.UpdateItem" && self.extent != Extent::Always && self.kind == Kind::ResponseLost
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}:{}", self.operation, self.number, self.kind.name())?;
        match self.extent {
            Extent::Attempt => f.write_str(":attempt"),
            Extent::Once => Ok(()),
            Extent::Always => f.write_str(":always"),
        }
    }
}

impl FromStr for Trouble {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is not `service.Operation#number:kind[:attempt|:always]`");
        let mut parts = text.split(':');
        let (operation, number) = parts.next().and_then(|call| call.split_once('#')).ok_or_else(wrong)?;
        let kind = parts.next().and_then(|name| Kind::ALL.into_iter().find(|kind| kind.name() == name));
        let extent = match parts.next() {
            None => Extent::Once,
            Some("attempt") => Extent::Attempt,
            Some("always") => Extent::Always,
            Some(_) => return Err(wrong()),
        };
        Ok(Self {
            operation: operation.to_owned(),
            number: number.parse().map_err(|_| wrong())?,
            kind: kind.ok_or_else(wrong)?,
            extent,
        })
    }
}

#[test]
fn a_case_is_named_and_found_by_its_name() {
    for text in [
        "lambda.UpdateFunctionCode#1:response_lost",
        "api-gateway.GetStage#12:killed:always",
        "own-s3.GetObject#1:throttled:attempt",
    ] {
        assert_eq!(text.parse::<Trouble>().expect("reads").to_string(), text);
    }
    assert!("GetStage#1:explodes".parse::<Trouble>().is_err());
}

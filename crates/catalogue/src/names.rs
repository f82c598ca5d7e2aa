//! What names of things of AWS are made of, by kind, so that a name which fits nothing is refused before the run.
//!
//! Each rule is the service's own, from its model or its page on names. Where neither says anything, nothing is refused:
//! a name that AWS takes and a plan cannot use would be worse.

mod function;

/// The names of one kind of thing.
pub(crate) struct Names {
    /// What they name, as a sentence has it: `a rule`.
    what: &'static str,
    /// What they consist of.
    made_of: MadeOf,
    /// The most characters they have.
    longest: usize,
    /// How the ARN of such a thing is taken.
    arn: Arn,
}

/// The characters of names of a kind.
enum MadeOf {
    /// Letters and digits of ASCII, and these.
    LettersDigitsAnd(&'static str),
    /// Small letters and digits of ASCII.
    SmallLettersAndDigits,
    /// Anything but spaces, control characters and these.
    AllBut(&'static str),
    /// Anything.
    Anything,
}

/// How an ARN is taken where a name may stand. In it, the name comes after the first of this.
enum Arn {
    /// Instead of the name.
    Taken(&'static str),
    /// It is not.
    Refused(&'static str),
}

/// An EventBridge rule.
pub(crate) const RULE: Names =
    Names { what: "a rule", made_of: MadeOf::LettersDigitsAnd(".-_"), longest: 64, arn: Arn::Refused(":rule/") };

/// An event bus; that of a partner has slashes in its name.
pub(crate) const BUS: Names = Names {
    what: "an event bus",
    made_of: MadeOf::LettersDigitsAnd("/.-_"),
    longest: 256,
    arn: Arn::Taken(":event-bus/"),
};

/// A REST API: its id, which API Gateway makes up.
pub(crate) const REST_API: Names = Names {
    what: "the id of a REST API",
    made_of: MadeOf::SmallLettersAndDigits,
    longest: 64,
    arn: Arn::Refused("/restapis/"),
};

/// A stage of a REST API.
pub(crate) const STAGE: Names =
    Names { what: "a stage", made_of: MadeOf::LettersDigitsAnd("-_"), longest: 128, arn: Arn::Refused("/stages/") };

/// A log group: searches of it take the name.
pub(crate) const LOG_GROUP: Names = Names {
    what: "a log group",
    made_of: MadeOf::LettersDigitsAnd(".-_/#"),
    longest: 512,
    arn: Arn::Refused(":log-group:"),
};

/// A state machine.
pub(crate) const STATE_MACHINE: Names = Names {
    what: "a state machine",
    made_of: MadeOf::AllBut(r##"<>{}[]?*"#%\^|~`$&,;:/"##),
    longest: 80,
    arn: Arn::Taken(":stateMachine:"),
};

/// An application, an environment or a deployment strategy of AppConfig, by name or id.
pub(crate) const APP_CONFIG: Names = Names {
    what: "an application, environment or strategy of AppConfig",
    made_of: MadeOf::Anything,
    longest: 64,
    arn: Arn::Refused("/"),
};

/// A configuration profile of AppConfig, by name or id.
pub(crate) const PROFILE: Names = Names {
    what: "a configuration profile",
    made_of: MadeOf::Anything,
    longest: 128,
    arn: Arn::Refused("configurationprofile/"),
};

/// A Timestream for InfluxDB instance, by name or id.
pub(crate) const INFLUXDB: Names = Names {
    what: "an InfluxDB instance",
    made_of: MadeOf::LettersDigitsAnd("-"),
    longest: 64,
    arn: Arn::Refused("db-instance/"),
};

/// A bucket. Capitals and underscores are in names of buckets of us-east-1 from before March 2018.
pub(crate) const BUCKET: Names =
    Names { what: "a bucket", made_of: MadeOf::LettersDigitsAnd(".-_"), longest: 255, arn: Arn::Refused(":::") };

impl Names {
    /// Why the value of a parameter names nothing of this kind.
    pub(crate) fn fault(&self, parameter: &str, given: &str) -> Option<String> {
        blank(parameter, given).or_else(|| {
            let unknown = given.contains('‹');
            if unknown { None } else { self.misnamed(parameter, given) }
        })
    }

    fn misnamed(&self, parameter: &str, given: &str) -> Option<String> {
        let Self { what, longest, .. } = self;
        if let Some(host) = given.strip_prefix("https://").or_else(|| given.strip_prefix("http://")) {
            return Some(of_url(parameter, what, host));
        }
        let name = match (given.starts_with("arn:"), &self.arn) {
            (false, _) => given,
            (true, Arn::Taken(before)) => match given.split_once(before) {
                Some((_, name)) => name,
                None => return Some(format!("`{parameter}` is `{given}`, which is not the ARN of {what}")),
            },
            (true, Arn::Refused(before)) => return Some(self.of_arn(parameter, given, before)),
        };
        // A version or an alias is told of elsewhere.
        let name = if given.starts_with("arn:") { name.split(':').next().unwrap_or(name) } else { name };
        if !name.chars().all(|c| self.has(c)) || name.is_empty() {
            return Some(format!("`{parameter}` is `{given}`, and {what} is not called so: {}", self.made_of()));
        }
        let length = name.chars().count();
        (length > *longest).then(|| format!("`{parameter}` has {length} characters, and {what} at most {longest}"))
    }

    /// What to write instead of an ARN.
    fn of_arn(&self, parameter: &str, arn: &str, before: &str) -> String {
        let named = arn.split_once(before).map(|(_, rest)| rest.strip_suffix(":*").unwrap_or(rest));
        let named = named.map(|name| match self.made_of {
            MadeOf::LettersDigitsAnd(more) if more.contains('/') => name,
            _ => name.rsplit('/').next().unwrap_or(name),
        });
        let write = named.filter(|name| !name.is_empty() && name.chars().all(|c| self.has(c)));
        let write = write.map(|name| format!("what it ends in alone: `{name}`"));
        let write = write.unwrap_or_else(|| format!("what names {} alone", self.what));
        format!("`{parameter}` is an ARN, which is not taken here: write {write}")
    }

    fn has(&self, c: char) -> bool {
        match self.made_of {
            MadeOf::LettersDigitsAnd(more) => c.is_ascii_alphanumeric() || more.contains(c),
            MadeOf::SmallLettersAndDigits => c.is_ascii_lowercase() || c.is_ascii_digit(),
            MadeOf::AllBut(none) => !c.is_whitespace() && !c.is_control() && !none.contains(c),
            MadeOf::Anything => true,
        }
    }

    fn made_of(&self) -> String {
        match self.made_of {
            MadeOf::LettersDigitsAnd(more) => {
                let more = more.chars().map(|c| format!("`{c}`"));
                let all: Vec<_> = ["letters", "digits"].map(str::to_owned).into_iter().chain(more).collect();
                format!("it takes {}", listed(&all))
            }
            MadeOf::SmallLettersAndDigits => "it is small letters and digits, like `a1b2c3d4e5`".into(),
            MadeOf::AllBut(none) => format!("it takes no spaces, and none of {none}"),
            MadeOf::Anything => String::new(),
        }
    }
}

/// Why the value of a parameter names no function: a name or an ARN, or a part of one, with or without alias or version.
pub(crate) use function::fault as function_fault;

/// What is wrong with a name of whatever it is: it is empty, or has spaces around it.
fn blank(parameter: &str, name: &str) -> Option<String> {
    let bare = name.trim();
    if bare.is_empty() {
        Some(format!("`{parameter}` is empty, so it names nothing"))
    } else if bare != name {
        Some(format!("`{parameter}` is `{name}`, with a space at an end: write `{bare}`"))
    } else {
        None
    }
}

/// What to write instead of a URL: of a REST API's, the id stands first in its host.
fn of_url(parameter: &str, what: &str, host: &str) -> String {
    let id = host.split_once(".execute-api.").map(|(id, _)| id).filter(|_| parameter == "api");
    let write = id.map_or_else(|| what.to_owned(), |id| format!("the first part of its host alone: `{id}`"));
    format!("`{parameter}` is a URL: write {write}")
}

/// `a, b and c`.
fn listed(words: &[String]) -> String {
    match words.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} and {last}", others.join(", ")),
        None => String::new(),
    }
}

/// Why the values of these parameters name nothing.
pub(crate) fn misnamed<'a>(given: impl IntoIterator<Item = (&'a Names, &'a str, &'a str)>) -> Vec<String> {
    given.into_iter().filter_map(|(names, parameter, given)| names.fault(parameter, given)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_aws_takes_is_taken() {
        for (names, right) in [
            (&RULE, "ons-data-platform-timestream-processing"),
            (&RULE, "Rule.with_all-9"),
            (&BUS, "default"),
            (&BUS, "aws.partner/example.com/orders/9"),
            (&BUS, "arn:aws-us-gov:events:us-gov-west-1:123456789012:event-bus/orders"),
            (&REST_API, "a1b2c3d4e5"),
            (&STAGE, "prod-v1_2"),
            (&LOG_GROUP, "/aws/lambda/orders.v1#x"),
            (&LOG_GROUP, "API-Gateway-Execution-Logs_a1b2c3/prod"),
            (&STATE_MACHINE, "ons-data-pipeline"),
            (&STATE_MACHINE, "Zustände.v1(neu)"),
            (&STATE_MACHINE, "arn:aws:states:us-east-1:123456789012:stateMachine:pipeline"),
            (&STATE_MACHINE, "arn:aws:states:us-east-1:123456789012:stateMachine:pipeline:live"),
            (&APP_CONFIG, "Größe: my app/1"),
            (&PROFILE, "a1b2c3d"),
            (&INFLUXDB, "ons-influxdb-prod"),
            (&BUCKET, "my.deployments-1"),
            (&BUCKET, "My_Bucket"),
        ] {
            assert_eq!(names.fault("name", right), None, "{right}");
        }
        let longest = "x".repeat(64);
        assert_eq!(RULE.fault("name", &longest), None);
    }

    #[test]
    fn what_only_a_run_knows_is_judged_then() {
        for names in [&RULE, &BUS, &REST_API, &STAGE, &LOG_GROUP, &STATE_MACHINE, &APP_CONFIG, &INFLUXDB, &BUCKET] {
            assert_eq!(names.fault("name", "a ‹inputs.name›"), None);
        }
    }

    #[test]
    fn what_names_nothing_is_refused_with_what_would_be_right() {
        let so = "`name` is ";
        for (names, wrong, said) in [
            (&RULE, "", "`name` is empty, so it names nothing"),
            (&RULE, " r", "`name` is ` r`, with a space at an end: write `r`"),
            (&RULE, "r s", "`r s`, and a rule is not called so: it takes letters, digits, `.`, `-` and `_`"),
            (
                &RULE,
                "arn:aws:events:us-east-1:123456789012:rule/orders",
                "an ARN, which is not taken here: write what it ends in alone: `orders`",
            ),
            (&RULE, "arn:aws:events:us-east-1:123456789012:rule/bus/orders", "write what it ends in alone: `orders`"),
            (&BUS, "my bus", "`my bus`, and an event bus is not called so"),
            (&BUS, "arn:aws:sns:us-east-1:123456789012:topic", "which is not the ARN of an event bus"),
            (
                &REST_API,
                "My API",
                "`My API`, and the id of a REST API is not called so: it is small letters and digits",
            ),
            (&REST_API, "orders-api", "`orders-api`, and the id of a REST API"),
            (&REST_API, "arn:aws:apigateway:us-east-1::/restapis/a1b2c3", "ends in alone: `a1b2c3`"),
            (&STAGE, "pr od/x", "a stage is not called so"),
            (&STAGE, "$default", "a stage is not called so"),
            (&LOG_GROUP, "g h", "a log group is not called so"),
            (
                &LOG_GROUP,
                "arn:aws:logs:us-east-1:123456789012:log-group:/aws/lambda/f:*",
                "ends in alone: `/aws/lambda/f`",
            ),
            (&STATE_MACHINE, "my machine", "a state machine is not called so: it takes no spaces"),
            (&STATE_MACHINE, "a:b", "a state machine is not called so"),
            (&APP_CONFIG, "arn:aws:appconfig:us-east-1:123456789012:application/a1b2c3d", "ends in alone: `a1b2c3d`"),
            (&INFLUXDB, "my db", "an InfluxDB instance is not called so"),
            (&BUCKET, "my bucket", "a bucket is not called so"),
            (&BUCKET, "arn:aws:s3:us-east-1:123456789012:accesspoint", "is an ARN, which is not taken here"),
        ] {
            let told = names.fault("name", wrong).unwrap_or_default();
            assert!(told.starts_with(so) && told.contains(said), "{wrong}: {told}");
        }
        assert_eq!(
            RULE.fault("name", &"x".repeat(65)).as_deref(),
            Some("`name` has 65 characters, and a rule at most 64")
        );
        assert!(PROFILE.fault("profile", &"x".repeat(129)).is_some_and(|told| told.contains("at most 128")));
    }

    #[test]
    fn of_a_url_it_is_told_which_part_is_the_id() {
        let url = "https://a1b2c3.execute-api.eu-west-2.amazonaws.com/prod";
        assert_eq!(
            REST_API.fault("api", url).as_deref(),
            Some("`api` is a URL: write the first part of its host alone: `a1b2c3`")
        );
        assert_eq!(
            REST_API.fault("api", "https://api.example/v1").as_deref(),
            Some("`api` is a URL: write the id of a REST API")
        );
    }
}

//! Names of Lambda functions: alone, or at the end of an ARN or of a part of one, with or without alias or version.

use super::blank;

/// The most characters of a function's name.
const LONGEST: usize = 64;

/// Why the value of a parameter names no function.
pub(crate) fn fault(parameter: &str, given: &str) -> Option<String> {
    blank(parameter, given).or_else(|| if given.contains('‹') { None } else { misnamed(parameter, given) })
}

fn misnamed(parameter: &str, given: &str) -> Option<String> {
    if let Some(function) = invoked(given) {
        return Some(format!(
            "`{parameter}` is the whole URI of an integration: write the function in it alone: `{function}`"
        ));
    }
    if given.contains("${stageVariables.") {
        return Some(format!(
            "`{parameter}` is `{given}`, of which the stage's variables make a function for each request: write the \
             function itself, by name or ARN"
        ));
    }
    if given.starts_with("https://") || given.starts_with("http://") {
        return Some(format!("`{parameter}` is a URL: write the function's name or ARN"));
    }
    if given.starts_with("arn:") && !is_of_a_function(given) {
        return Some(format!(
            "`{parameter}` is `{given}`, which is not the ARN of a function: it is like \
             `arn:aws:lambda:eu-west-2:111122223333:function:name`"
        ));
    }
    let (name, qualifier) = parts(given);
    let is_name = |text: &str, more: &str| {
        !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || more.contains(c))
    };
    if !is_name(name, "-_.") || qualifier.is_some_and(|qualifier| !is_name(qualifier, "-_$.")) {
        return Some(format!(
            "`{parameter}` is `{given}`, and a function is not called so: it takes letters, digits, `-` and `_`, and \
             its alias or version after a colon"
        ));
    }
    let length = name.len();
    (length > LONGEST)
        .then(|| format!("`{parameter}` has {length} characters, and a function's name at most {LONGEST}"))
}

/// The function that an integration's URI has API Gateway invoke.
fn invoked(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once(":lambda:path/")?;
    let (_, function) = rest.split_once("/functions/")?;
    Some(function.strip_suffix("/invocations").unwrap_or(function))
}

fn is_of_a_function(arn: &str) -> bool {
    let mut parts = arn.split(':');
    parts.nth(2) == Some("lambda") && parts.nth(2) == Some("function")
}

/// The name, and the alias or version, of what Lambda takes for a function: any of the parts of its ARN may stand before.
fn parts(given: &str) -> (&str, Option<&str>) {
    let is_account = |text: &str| text.len() == 12 && text.bytes().all(|digit| digit.is_ascii_digit());
    let rest = given.split_once(":function:").map_or(given, |(_, rest)| rest);
    let rest = rest.strip_prefix("function:").unwrap_or(rest);
    let rest = rest.split_once(':').filter(|(first, _)| is_account(first)).map_or(rest, |(_, rest)| rest);
    rest.split_once(':').map_or((rest, None), |(name, qualifier)| (name, Some(qualifier)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lambda_takes_is_taken() {
        for right in [
            "loader",
            "my_loader-9:live",
            "loader:42",
            "loader:$LATEST",
            "loader:$LATEST.PUBLISHED",
            "arn:aws:lambda:us-east-1:123456789012:function:loader",
            "arn:aws-cn:lambda:cn-north-1:123456789012:function:loader:live",
            "123456789012:function:loader",
            "123456789012:loader",
            "function:loader",
            "us-east-1:123456789012:function:loader:live",
            "a ‹steps.make.name›",
            "‹inputs.function›:live",
        ] {
            assert_eq!(fault("function", right), None, "{right}");
        }
        assert_eq!(fault("function", &format!("{}:live", "x".repeat(64))), None);
    }

    #[test]
    fn what_names_no_function_is_refused_with_what_would_be_right() {
        let whole = "arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:\
                     function:loader/invocations";
        let long = "x".repeat(65);
        for (wrong, said) in [
            ("", "`function` is empty"),
            (" f", "with a space at an end: write `f`"),
            ("f g", "`function` is `f g`, and a function is not called so"),
            ("f:a b", "a function is not called so"),
            ("f:a:b", "a function is not called so"),
            (&long, "`function` has 65 characters, and a function's name at most 64"),
            ("https://abc.lambda-url.eu-west-2.on.aws/", "`function` is a URL: write the function's name or ARN"),
            ("${stageVariables.fn}", "the stage's variables make a function for each request"),
            (whole, "write the function in it alone: `arn:aws:lambda:us-east-1:123456789012:function:loader`"),
            ("arn:aws:sns:us-east-1:123456789012:topic", "is not the ARN of a function"),
            ("arn:aws:lambda:us-east-1:123456789012:layer:l:1", "is not the ARN of a function"),
        ] {
            let told = fault("function", wrong).unwrap_or_default();
            assert!(told.contains(said), "{wrong}: {told}");
        }
    }
}

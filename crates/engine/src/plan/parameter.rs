//! Names of SSM parameters, as `PutParameter` and `GetParameter` take them:
//! <https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html>

/// The most parts that a name with a path has.
const DEEPEST: usize = 15;
/// The most characters of a name; those of the ARN before it count too, so that fewer are left.
const LONGEST: usize = 1011;

/// Why SSM has no parameter of that name, and how to mend it. Each sentence goes on from the name.
pub fn wrong_parameter_name(name: &str) -> Option<String> {
    let is_usual = |c: char| c.is_ascii_alphanumeric() || "_.-/".contains(c);
    if name.is_empty() || !name.chars().all(is_usual) {
        return Some("is not a parameter's name: letters, digits, `_`, `.`, `-` and `/`".into());
    }
    if name.len() > LONGEST {
        return Some(format!("has {} characters: a parameter's name has at most {LONGEST}", name.len()));
    }
    if !name.contains('/') {
        return None;
    }
    let Some(path) = name.strip_prefix('/') else {
        return Some(format!("has a path, so it begins with a slash: write `/{name}`"));
    };
    let parts: Vec<_> = path.split('/').collect();
    if parts.contains(&"") {
        let right: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let right = if right.is_empty() { "/path/name".to_owned() } else { format!("/{}", right.join("/")) };
        return Some(format!("has a slash with nothing after it: write it like `{right}`"));
    }
    (parts.len() > DEEPEST).then(|| format!("has {} parts between slashes: SSM takes {DEEPEST}", parts.len()))
}

/// Why nothing is found where an input is to be looked up, `ssm:` left out: a name, with a version or label, or an ARN.
pub(super) fn wrong_place(parameter: &str) -> Option<String> {
    if let Some(rest) = parameter.strip_prefix("arn:") {
        let is_one = rest.split(':').nth(1) == Some("ssm") && rest.contains(":parameter/");
        return (!is_one).then(|| "is not the ARN of a parameter".into());
    }
    let (name, selector) = parameter.split_once(':').map_or((parameter, None), |(name, rest)| (name, Some(rest)));
    let is_label =
        |text: &str| !text.is_empty() && text.chars().all(|c| c.is_ascii_alphanumeric() || "_.-".contains(c));
    if selector.is_some_and(|selector| !is_label(selector)) {
        return Some("is not a parameter's name with a version or a label after it".into());
    }
    wrong_parameter_name(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_ssm_takes_is_taken() {
        for name in
            ["api-id", "/a", "/Dev/DBServer/MySQL/db-string13", "/1/2/3/4/5/6/7/8/9/10/11/12/13/14/name", "a.b_c"]
        {
            assert_eq!(wrong_parameter_name(name), None, "{name}");
        }
        for place in [
            "api-id",
            "/shop/api-id",
            "/shop/api-id:3",
            "/shop/api-id:live",
            "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64",
            "arn:aws:ssm:us-east-1:123456789012:parameter/shop/api-id",
        ] {
            assert_eq!(wrong_place(place), None, "{place}");
        }
    }

    #[test]
    fn what_ssm_refuses_is_told_with_what_would_be_right() {
        let deep = "/x".repeat(16);
        let long = "x".repeat(1012);
        for (name, said) in [
            ("", "is not a parameter's name"),
            ("/a b", "is not a parameter's name"),
            ("a/b", "write `/a/b`"),
            ("/", "like `/path/name`"),
            ("/a//b", "like `/a/b`"),
            ("/a/b/", "like `/a/b`"),
            (&deep, "has 16 parts between slashes: SSM takes 15"),
            (&long, "has 1012 characters"),
        ] {
            let told = wrong_parameter_name(name).unwrap_or_default();
            assert!(told.contains(said), "{name}: {told}");
            assert!(wrong_place(name).is_some(), "{name}");
        }
        for place in ["/a:b:c", "/a:", "arn:aws:s3:::bucket"] {
            assert!(wrong_place(place).is_some(), "{place}");
        }
    }
}

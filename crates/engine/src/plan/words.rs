//! Misspelt names.

/// The candidate most like `given`, if one is like it enough to be what was meant.
pub fn nearest<'a>(given: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(given, candidate), candidate))
        // Of what has nothing in common with it, a short one is as near as a likely one.
        .filter(|(distance, candidate)| {
            *distance <= 2.max(candidate.len() / 3) && *distance < candidate.chars().count()
        })
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn finds_what_was_meant_and_nothing_far_fetched() {
        let actions = ["appconfig/flag", "apigateway/throttle", "lambda/code"];
        assert_eq!(nearest("appconfig/flg", actions), Some("appconfig/flag"));
        assert_eq!(nearest("apigateway/throtle", actions), Some("apigateway/throttle"));
        assert_eq!(nearest("route53/record", actions), None);
        assert_eq!(nearest("Z", ["A", "Be"]), None);
    }
}

//! What is wrong with a URL. Its query is never told: it may hold a token.

use http::Uri;

use crate::texts::as_far_as_known;

/// Why a URL cannot be asked, and how to mend it.
pub(super) fn fault(url: &str) -> Option<String> {
    let known = as_far_as_known(url);
    let rest = ["https://", "http://"].into_iter().find_map(|scheme| known.strip_prefix(scheme));
    let Some(rest) = rest.filter(|rest| !rest.is_empty()) else {
        let shown = super::without_query(url);
        return Some(format!("`url` is `{shown}`, which is not a URL: begin it with `https://` or `http://`"));
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or(rest);
    if authority.contains('@') {
        return Some(
            "`url` has a user name or a password before its host, which is not sent: leave out what stands before the `@`"
                .into(),
        );
    }
    if known.chars().any(|c| c.is_whitespace() || c.is_control()) {
        return Some("`url` has a space or a line break in it: write a space as `%20`".into());
    }
    if !authority.is_ascii() {
        return Some(format!(
            "`url` has the host `{authority}`, which is not plain ASCII: write it as the DNS has it, beginning with `xn--`"
        ));
    }
    if !known.is_ascii() {
        return Some(
            "`url` has letters that are not plain ASCII: write each byte of them as `%` and two digits".into(),
        );
    }
    let port = authority.rsplit_once(':').map(|(_, port)| port).filter(|port| !port.ends_with(']'));
    if let Some(port) = port.filter(|port| *port != "x" && !port.parse::<u16>().is_ok_and(|port| port > 0)) {
        return Some(format!("`url` has the port `{port}`: ports go from 1 to 65535"));
    }
    known.parse::<Uri>().err().map(|error| format!("`url` is not a URL: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_can_be_asked_is_fine() {
        for url in [
            "https://api.example/health?token=a%20b&x=1",
            "http://127.0.0.1:8080/",
            "http://[::1]:8080/",
            "http://[::1]/",
            "https://xn--mller-kva.example",
            "https://api.example/a@b",
            "https://‹inputs.host›:‹inputs.port›/‹steps.a steps.b›?q=‹inputs.q›",
        ] {
            assert_eq!(fault(url), None, "{url}");
        }
    }

    #[test]
    fn what_cannot_is_told_with_what_would_be_right() {
        for (url, said) in [
            ("api.example/health", "begin it with `https://`"),
            ("https://", "begin it with `https://`"),
            ("https://api.example/a b", "`%20`"),
            ("https://api example/", "`%20`"),
            ("https://api.example/\nx", "line break"),
            ("https://müller.example/", "beginning with `xn--`"),
            ("https://api.example/größe", "not plain ASCII"),
            ("https://api.example:99999/", "the port `99999`"),
            ("https://api.example:/", "the port ``"),
            ("https://[::1/", "`url` is not a URL"),
            ("https://‹inputs.user›@api.example/", "before its host"),
        ] {
            let told = fault(url).unwrap_or_default();
            assert!(told.contains(said), "{url}: {told}");
        }
    }

    #[test]
    fn a_password_is_refused_and_not_told() {
        let told = fault("https://user:hunter2@api.example/").unwrap_or_default();
        assert!(told.contains("leave out") && !told.contains("hunter2"), "{told}");
    }
}

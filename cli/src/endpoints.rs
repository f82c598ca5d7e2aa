//! Where the services are reached: endpoints of one's own, and proxies.

use aws_config::SdkConfig;
use aws_types::service_config::ServiceConfigKey;

use crate::{
    error::{CliError, WhatFailed},
    layout::verbatim,
    profiles,
};

/// The services that the command calls, and those that give it credentials, as the SDK calls them.
const SERVICES: [&str; 8] = ["CloudFormation", "DynamoDB", "S3", "SFN", "STS", "SSO", "SSO OIDC", "Signin"];

/// An address that somebody has configured.
#[derive(Debug, PartialEq, Eq)]
struct Configured {
    /// `AWS_ENDPOINT_URL`, for instance.
    by: String,
    url: String,
}

/// Looked at beforehand: the SDK takes an endpoint at its word, and fails deep within the first call.
///
/// # Errors
/// `wrong-use`, when one is configured that is no address.
pub fn sound(config: &SdkConfig) -> Result<(), CliError> {
    match SERVICES.iter().filter_map(|service| endpoint(config, service)).find(|it| !is_address(&it.url)) {
        None => Ok(()),
        Some(Configured { by, url }) => {
            let what = format!("{by} is `{}`, which is no address of a service", shown(&url));
            Err(CliError::wrong_use(WhatFailed::Arguments, what)
                .help("write it like https://host:port; to reach AWS itself, unset it"))
        }
    }
}

/// What to look at when a service cannot be reached and the SDK says why: the proxy, or the endpoint that is configured.
pub fn help(config: &SdkConfig, service: &str, why: &str) -> Option<String> {
    let endpoint = endpoint(config, service);
    // The SDK tunnels through a proxy to whatever speaks TLS, and asks it for the rest.
    let schemes = if why.contains("tunnel") {
        &["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"][..]
    } else if endpoint.as_ref().is_some_and(|it| it.url.starts_with("http:")) {
        &["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"][..]
    } else {
        &[]
    };
    let proxy = schemes.iter().find_map(|by| {
        let url = std::env::var(by).ok().filter(|url| !url.is_empty())?;
        Some(Configured { by: (*by).to_owned(), url })
    });
    let running = |it: &Configured| format!("{} is {}: is what it points at running?", it.by, shown(&it.url));
    match (proxy, endpoint) {
        (Some(proxy), _) => Some(format!("{} What needs no proxy is named in NO_PROXY", running(&proxy))),
        (None, endpoint) => endpoint.as_ref().map(running),
    }
}

/// The endpoint of a service, as its client is going to find it, if there is one of one's own.
fn endpoint(config: &SdkConfig, service: &str) -> Option<Configured> {
    let key = ServiceConfigKey::builder().service_id(service).env("AWS_ENDPOINT_URL").profile("endpoint_url").build();
    let url = config.service_config()?.load_config(key.ok()?)?;
    let its_own = format!("AWS_ENDPOINT_URL_{}", service.replace(' ', "_").to_uppercase());
    let is_it = |variable: &String| std::env::var(variable).is_ok_and(|value| value == url);
    let by = [its_own, "AWS_ENDPOINT_URL".to_owned()].into_iter().find(is_it);
    let by = by.unwrap_or_else(|| format!("the `endpoint_url` of the profile `{}`", profiles::in_use()));
    Some(Configured { by, url })
}

fn is_address(url: &str) -> bool {
    url.parse::<http::Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
    })
}

/// An address without the name and password that stand in those of many a proxy.
fn shown(url: &str) -> String {
    let (scheme, rest) = url.split_once("://").unwrap_or(("", url));
    let (authority, path) = rest.find('/').map_or((rest, ""), |at| rest.split_at(at));
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let scheme = if scheme.is_empty() { String::new() } else { format!("{scheme}://") };
    verbatim(&format!("{scheme}{host}{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_has_a_scheme_and_a_host() {
        for fine in ["http://127.0.0.1:4566", "https://vpce-1.s3.eu-west-1.vpce.amazonaws.com", "http://[::1]:9/x"] {
            assert!(is_address(fine), "{fine}");
        }
        for wrong in
            ["127.0.0.1:9", "localhost:4566", "ftp://127.0.0.1", "http://no such", "http://", "/x", "http://a\r"]
        {
            assert!(!is_address(wrong), "{wrong}");
        }
    }

    #[test]
    fn nobodys_password_is_shown() {
        assert_eq!(shown("http://ann:pass@proxy:3128/x"), "http://proxy:3128/x");
        assert_eq!(shown("ann:p@ss@proxy:3128"), "proxy:3128");
        assert_eq!(shown("http://127.0.0.1:1"), "http://127.0.0.1:1");
    }
}

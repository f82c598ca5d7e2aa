//! Which operation a request is of. Below the client a request says so in as many ways as there are protocols; the
//! identity cache is the one part of an `SdkConfig` that is shown the operation by its name, at each attempt.

use std::cell::RefCell;

use aws_credential_types::Credentials;
use aws_smithy_runtime_api::client::{
    identity::{Identity, IdentityFuture, ResolveCachedIdentity, SharedIdentityResolver},
    orchestrator::Metadata,
    retries::RequestAttempts,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::config_bag::ConfigBag;

/// What exchanges that are no API's go by as a service; their operation is their method.
pub const PLAIN_HTTP: &str = "HTTP";

/// One attempt at an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The service, as the SDK names it: `Lambda`, `API Gateway`.
    pub service: String,
    /// The operation: `UpdateFunctionCode`.
    pub operation: String,
    /// Which attempt of the SDK it is, from 1.
    pub number: u32,
}

thread_local! {
    // Between the identity and the request nothing is waited for, so no other operation of this thread comes between.
    static UNDER_WAY: RefCell<Option<Attempt>> = const { RefCell::new(None) };
}

/// The attempt that this thread is about to send a request for.
pub fn under_way() -> Attempt {
    UNDER_WAY.take().expect("each attempt resolves its identity first")
}

/// Always the same identity; notes what it is asked for.
#[derive(Debug)]
pub struct Naming(Identity);

impl Naming {
    pub fn new(credentials: Credentials) -> Self {
        Self(credentials.into())
    }
}

impl ResolveCachedIdentity for Naming {
    fn resolve_cached_identity<'a>(
        &'a self,
        _: SharedIdentityResolver,
        _: &'a RuntimeComponents,
        config: &'a ConfigBag,
    ) -> IdentityFuture<'a> {
        let metadata = config.load::<Metadata>().expect("each operation has its name");
        UNDER_WAY.set(Some(Attempt {
            service: metadata.service().to_owned(),
            operation: metadata.name().to_owned(),
            number: config.load::<RequestAttempts>().map_or(1, RequestAttempts::attempts),
        }));
        IdentityFuture::ready(Ok(self.0.clone()))
    }
}

//! For tests that have something go wrong below an exchange. Behind the feature `testing`.

use std::cell::RefCell;

use aws_smithy_runtime_api::client::http::SharedHttpConnector;

type Wrap = Box<dyn Fn(SharedHttpConnector) -> SharedHttpConnector>;

thread_local! {
    static WRAP: RefCell<Option<Wrap>> = const { RefCell::new(None) };
}

/// From now on the exchanges of this thread go through what this makes of their connector.
pub fn wrap(with: impl Fn(SharedHttpConnector) -> SharedHttpConnector + 'static) {
    WRAP.set(Some(Box::new(with)));
}

pub(crate) fn wrapped(connector: SharedHttpConnector) -> SharedHttpConnector {
    WRAP.with_borrow(|wrap| match wrap {
        Some(wrap) => wrap(connector),
        None => connector,
    })
}

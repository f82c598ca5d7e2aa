//! Empty: this crate is its `Cargo.toml`, which says why.

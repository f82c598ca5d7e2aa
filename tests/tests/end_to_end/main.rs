//! The real binaries, deployed on a local cloud of the test's own, and what people do with them.
//!
//! They are one program: it is linked once, and its tests run side by side, with `cargo test`, too.

mod by_hand;
mod canaries;
mod catalogue;
mod cut_off;
mod growing;
mod main_job;
mod rehearsing;
mod started_from_elsewhere;
mod undoing;
mod when_it_goes_wrong;

//! One step against a world that can go wrong at every call.

mod change;
mod check;
mod command;
mod cut;
mod machine;
mod matrix;
mod races;
mod rehearsing;
mod taking_back;
mod trouble;
mod world;

//! Which version runs: the code of a Lambda function, the definition of a state machine.
//!
//! | action | file |
//! |---|---|
//! | `lambda/code` | `code.rs` |
//! | `sfn/definition` | `definition.rs` |

use backout_aws::Cloud;
use backout_engine::carry_out::Actions;

mod artifact;
mod code;
mod definition;
#[cfg(test)]
mod testing;

/// The actions of this function.
pub fn actions(cloud: &Cloud) -> Actions {
    Actions::new().change(code::Code::new(cloud)).change(definition::Definition::new(cloud))
}

#[cfg(test)]
mod tests {
    #[test]
    fn hosts_what_the_catalogue_says() {
        backout_aws::testing::assert_hosts("version", super::actions);
    }
}

//! Which version runs: the code of a Lambda function, the definition of a state machine. And what has to be invoked once
//! it does.
//!
//! | action | file |
//! |---|---|
//! | `lambda/code` | `lambda_code.rs` |
//! | `lambda/invoke` | `lambda_invoke.rs` |
//! | `sfn/definition` | `sfn_definition.rs` |

use backout_aws::Cloud;
use backout_engine::carry_out::Actions;

mod artifact;
mod lambda_code;
mod lambda_invoke;
mod sfn_definition;
#[cfg(test)]
mod testing;

/// The actions of this function.
pub fn actions(cloud: &Cloud) -> Actions {
    Actions::new()
        .change(lambda_code::Code::new(cloud))
        .command(lambda_invoke::Invoke::new(cloud))
        .change(sfn_definition::Definition::new(cloud))
}

#[cfg(test)]
mod tests {
    #[test]
    fn hosts_what_the_catalogue_says() {
        backout_aws::testing::assert_hosts(backout_engine::action::Host::Version, super::actions);
    }
}

//! `apigateway/integration`: which functions the methods of a stage of a REST API invoke.

use std::collections::BTreeSet;

use backout_engine::{
    action::{Calls, Host, Kind, Nature, On, Under},
    resource::Resource,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    names::{REST_API, STAGE, function_fault, misnamed},
    reach::{FUNCTIONS, REST_APIS},
};

/// Points methods of a stage of a REST API to other functions.
#[derive(Debug, Clone, Copy)]
pub struct ApigatewayIntegration;

/// The parameters of `apigateway/integration`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ApigatewayIntegrationWith {
    /// The REST API's id.
    #[schemars(example = &"a1b2c3d4e5")]
    pub api: String,
    /// The stage's name.
    #[schemars(example = &"prod")]
    pub stage: String,
    /// The methods and the functions that they are to invoke. All become live with one deployment.
    #[schemars(length(min = 1))]
    pub integrations: Vec<Route>,
}

/// A method of the API and the function behind it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// The resource's path, as the API has it.
    #[schemars(example = &"/query", regex(pattern = r"^/"))]
    pub path: String,
    /// The HTTP method as the API has it: `GET`, `POST`… or `ANY`.
    #[schemars(example = &"POST")]
    pub method: String,
    /// The function to invoke, by name or ARN, with `:<alias>` or `:<version>` if it is not the latest code.
    /// API and function stand in one account.
    #[schemars(example = &"timestream_query_processor")]
    pub function: String,
}

impl Route {
    /// `POST /query`: how a method is named in messages and states.
    pub fn name(&self) -> String {
        format!("{} {}", self.method, self.path)
    }
}

const METHODS: [&str; 8] = ["ANY", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT"];

impl Kind for ApigatewayIntegration {
    const USES: &'static str = "apigateway/integration";
    const NATURE: Nature = Nature::Change;
    const HOST: Host = Host::Endpoint;
    const ABOUT: &'static str =
        "Points methods of a stage of a REST API to other functions: integration, deployment and invoke permission.";
    const RESOURCE: &'static str = "the stage";
    const SERIALISED: &'static str = "the stage, and the REST API: live integrations are the API's, and a deployment \
                                      publishes everybody's edits of it";
    const CALLS: &'static [Calls] = &[
        Calls::of(
            "ReadApis",
            "API Gateway",
            &["GetDeployment", "GetDeployments", "GetExport", "GetResources", "GetStage", "GetStages"],
            On::Listed(&REST_APIS),
        ),
        Calls::of(
            "PointMethodsElsewhere",
            "API Gateway",
            &["UpdateIntegration"],
            On::Part(
                &REST_APIS,
                "arn:${AWS::Partition}:apigateway:${AWS::Region}::/restapis/*/resources/*/methods/*/integration",
            ),
        ),
        Calls::of(
            "DeployApis",
            "API Gateway",
            &["CreateDeployment"],
            On::Part(&REST_APIS, "arn:${AWS::Partition}:apigateway:${AWS::Region}::/restapis/*/deployments"),
        ),
        Calls::of(
            "DeleteNotes",
            "API Gateway",
            &["DeleteDeployment"],
            On::Part(&REST_APIS, "arn:${AWS::Partition}:apigateway:${AWS::Region}::/restapis/*/deployments/*"),
        ),
        Calls::of(
            "PointStagesElsewhere",
            "API Gateway",
            &["UpdateStage"],
            On::Part(&REST_APIS, "arn:${AWS::Partition}:apigateway:${AWS::Region}::/restapis/*/stages/*"),
        ),
        Calls::of("ReadFunctions", "Lambda", &["GetFunctionConfiguration", "GetPolicy"], On::Listed(&FUNCTIONS)),
        Calls::of("LetApiGatewayInvoke", "Lambda", &["AddPermission", "RemovePermission"], On::Listed(&FUNCTIONS))
            .under(Under::Invoker("apigateway.amazonaws.com")),
    ];
    type With = ApigatewayIntegrationWith;

    fn resource(with: &ApigatewayIntegrationWith) -> Resource {
        crate::apigateway_throttle::stage(&with.api, &with.stage)
    }

    fn serialised_by(with: &ApigatewayIntegrationWith) -> Vec<Resource> {
        // Live integrations and deployments are the API's: a deployment publishes the edits of every stage.
        let api = Resource::new("apigateway", "restapi", [with.api.as_str()]);
        vec![api, Self::resource(with)]
    }

    fn summary(with: &ApigatewayIntegrationWith) -> String {
        let routes: Vec<_> =
            with.integrations.iter().map(|route| format!("{} to {}", route.name(), short(&route.function))).collect();
        format!("point {} in {} of API {}", routes.join(", "), with.stage, with.api)
    }

    fn faults(with: &ApigatewayIntegrationWith) -> Vec<String> {
        let mut faults = misnamed([(&REST_API, "api", with.api.as_str()), (&STAGE, "stage", &with.stage)]);
        if with.integrations.is_empty() {
            faults.push("`integrations` is empty: name at least one path, method and function".into());
        }
        let mut seen = BTreeSet::new();
        for (index, route) in with.integrations.iter().enumerate() {
            if !route.path.starts_with('/') {
                faults.push(format!("the path `{0}` has to begin with a slash: `/{0}`", route.path));
            }
            if !METHODS.contains(&route.method.as_str()) {
                faults.push(format!("`{}` is not a method: use one of {}", route.method, METHODS.join(", ")));
            }
            faults.extend(function_fault(&format!("integrations.{index}.function"), &route.function));
            if !seen.insert(route.name()) {
                faults.push(format!("{} stands there twice", route.name()));
            }
        }
        faults
    }
}

/// A function's name, with its qualifier, out of its ARN.
fn short(function: &str) -> &str {
    function.split_once(":function:").map_or(function, |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn with(integrations: serde_json::Value) -> ApigatewayIntegrationWith {
        let with = json!({"api": "abc", "stage": "prod", "integrations": integrations});
        serde_json::from_value(with).expect("reads")
    }

    #[test]
    fn says_what_will_point_where() {
        let arn = "arn:aws:lambda:us-east-1:123456789012:function:loader:live";
        let with = with(json!([
            {"path": "/query", "method": "POST", "function": "timestream_query_processor"},
            {"path": "/load", "method": "PUT", "function": arn},
        ]));
        assert_eq!(
            ApigatewayIntegration::summary(&with),
            "point POST /query to timestream_query_processor, PUT /load to loader:live in prod of API abc"
        );
        assert_eq!(ApigatewayIntegration::resource(&with).as_str(), "apigateway:stage/abc/prod");
        assert!(ApigatewayIntegration::faults(&with).is_empty());
    }

    #[test]
    fn what_is_no_function_is_told_where_it_stands() {
        let wrong = with(json!([
            {"path": "/a", "method": "GET", "function": "f"},
            {"path": "/b", "method": "GET", "function": "${stageVariables.fn}"},
        ]));
        let faults = ApigatewayIntegration::faults(&wrong);
        assert!(
            matches!(faults.as_slice(), [one] if one.starts_with("`integrations.1.function` is `${stageVariables.fn}`")),
            "{faults:?}"
        );
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        let wrong = with(json!([
            {"path": "query", "method": "post", "function": ""},
            {"path": "/a", "method": "GET", "function": "f"},
            {"path": "/a", "method": "GET", "function": "g"},
        ]));
        let faults = ApigatewayIntegration::faults(&wrong);
        assert_eq!(faults.len(), 4, "{faults:#?}");
        assert_eq!(ApigatewayIntegration::faults(&with(json!([]))).len(), 1);
    }
}

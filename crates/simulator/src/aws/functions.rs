//! The functions of one stack: what CloudFormation and Lambda say of them, and calling one by hand.
//!
//! Sources: CloudFormation API reference, `ListStackResources`; Lambda API reference, `GetFunctionConfiguration`
//! and `Invoke`.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use http::StatusCode;
use http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::lambda::{Handler, call};

/// A stack with its functions. Clones are the same stack.
#[derive(Clone, Debug)]
pub struct Stack(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    name: String,
    functions: Vec<Function>,
}

/// A function, deployed.
#[derive(Clone)]
pub struct Function {
    /// Its name.
    pub name: String,
    /// What it is told.
    pub environment: BTreeMap<String, String>,
    /// What it does.
    pub handler: Handler,
}

impl fmt::Debug for Function {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Function").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Stack {
    /// A stack of this name.
    pub fn new(name: impl Into<String>, functions: Vec<Function>) -> Self {
        Self(Arc::new(Inner { name: name.into(), functions }))
    }

    /// Serves CloudFormation at `POST /`, and Lambda at its own paths.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/", post(list))
            .route("/2015-03-31/functions/{name}/configuration", get(configuration))
            .route("/2015-03-31/functions/{name}/invocations", post(invoke))
            .with_state(self.clone())
    }

    fn function(&self, name: &str) -> Option<&Function> {
        self.0.functions.iter().find(|function| function.name == name)
    }
}

fn absent(name: &str) -> Response {
    let body = json!({"Type": "User", "Message": format!("Function not found: {name}")});
    (StatusCode::NOT_FOUND, [("x-amzn-errortype", "ResourceNotFoundException")], Json(body)).into_response()
}

/// A page of what is in the stack: one resource, so that whoever asks must ask on.
async fn list(State(stack): State<Stack>, body: Bytes) -> Response {
    let form: BTreeMap<String, String> = serde_urlencoded::from_bytes(&body).unwrap_or_default();
    let field = |name: &str| form.get(name).map(String::as_str).unwrap_or_default();
    let refused = |code: &str, message: &str| {
        let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>");
        let body = format!("<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>");
        (StatusCode::BAD_REQUEST, [(CONTENT_TYPE, "text/xml")], body).into_response()
    };
    if field("Action") != "ListStackResources" {
        return refused("InvalidAction", "The action is not served here");
    }
    if field("StackName") != stack.0.name {
        return refused("ValidationError", "Stack with this id does not exist");
    }
    let functions = stack.0.functions.iter().map(|function| ("AWS::Lambda::Function", function.name.as_str()));
    let resources: Vec<(&str, &str)> = [("AWS::SNS::Topic", "Topic")].into_iter().chain(functions).collect();
    let at = field("NextToken").parse::<usize>().unwrap_or_default();
    let Some((kind, name)) = resources.get(at) else { return refused("ValidationError", "NextToken is no token") };
    let next = if at + 1 < resources.len() { format!("<NextToken>{}</NextToken>", at + 1) } else { String::new() };
    let body = format!(
        "<ListStackResourcesResponse xmlns=\"http://cloudformation.amazonaws.com/doc/2010-05-15/\">\
         <ListStackResourcesResult><StackResourceSummaries><member><LogicalResourceId>{name}</LogicalResourceId>\
         <PhysicalResourceId>{name}</PhysicalResourceId><ResourceType>{kind}</ResourceType>\
         <ResourceStatus>CREATE_COMPLETE</ResourceStatus>\
         <LastUpdatedTimestamp>2026-11-21T10:00:00.000Z</LastUpdatedTimestamp></member></StackResourceSummaries>{next}\
         </ListStackResourcesResult><ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>\
         </ListStackResourcesResponse>"
    );
    ([(CONTENT_TYPE, "text/xml")], body).into_response()
}

async fn configuration(State(stack): State<Stack>, Path(name): Path<String>) -> Response {
    let shown = |function: &Function| json!({"FunctionName": name, "Environment": {"Variables": function.environment}});
    stack.function(&name).map_or_else(|| absent(&name), |function| Json(shown(function)).into_response())
}

/// What the function answers; an error is told as one of the function, not of the call.
async fn invoke(State(stack): State<Stack>, Path(name): Path<String>, body: Bytes) -> Response {
    let Some(function) = stack.function(&name) else { return absent(&name) };
    let event = serde_json::from_slice::<Value>(&body).unwrap_or_default();
    match call(&function.handler, event).await {
        Ok(answer) => Json(answer).into_response(),
        Err(message) => {
            // What runs the function says so of itself, as in `Runtime.ExitError`.
            let kind = message.split(':').next().filter(|kind| kind.starts_with("Runtime.")).unwrap_or("Error");
            let headers = [("x-amz-function-error", "Unhandled")];
            (headers, Json(json!({"errorType": kind, "errorMessage": message}))).into_response()
        }
    }
}

//! The functions on AWS: what they are told, whether they answer, and which version they are.

use std::{collections::BTreeMap, time::Duration};

use aws_sdk_cloudformation as cloudformation;
use aws_sdk_lambda as lambda;
use dispatch_engine::{ports::Failed, world::until};
use dispatch_services::{
    aws::{self, Aws, failed},
    settings::{Format, Problem, Required, Setting},
};
use tokio::time::Instant;

use super::{
    finding::{Finding, said},
    settings::{Origin, Read, told},
};
use crate::{Failure, target};

const VERSION: &str = env!("CARGO_PKG_VERSION");
/// How long AWS may take for each of the two parts.
const PATIENCE: Duration = Duration::from_secs(8);
/// A function without it is none of Dispatch's.
const MARK: &str = "DISPATCH_STORE_URL";
const PING: &str = r#"{"dispatch":"ping"}"#;
const DEPLOY: &str = "Deploy this version: `sam build && sam deploy`.";

const LAMBDA: &str = "AWS_ENDPOINT_URL_LAMBDA";
const CLOUDFORMATION: &str = "AWS_ENDPOINT_URL_CLOUDFORMATION";
const ENDPOINTS: &[Setting] =
    &[endpoint(LAMBDA, "stands in for Lambda"), endpoint(CLOUDFORMATION, "stands in for CloudFormation")];

const fn endpoint(name: &'static str, meaning: &'static str) -> Setting {
    Setting { name, meaning, format: Format::URL, default: None, secret: false, required: Required::No }
}

/// A function of Dispatch.
#[derive(Clone, Debug)]
pub(super) struct Function {
    pub(super) name: String,
    /// What it is told.
    pub(super) environment: BTreeMap<String, String>,
}

/// The functions that are examined, and the way to them.
#[derive(Debug)]
pub(super) struct Functions {
    lambda: lambda::Client,
    pub(super) all: Vec<Function>,
}

impl Functions {
    /// Finds the functions of these names, or those of a stack that are Dispatch's. `here` is the environment.
    ///
    /// # Errors
    /// When one of them cannot be looked at, or there are none: then there is nothing to examine.
    pub(super) async fn find(
        stack: Option<&str>,
        names: &[String],
        here: &BTreeMap<String, String>,
    ) -> Result<Self, Failure> {
        let settings = target::read(&[aws::SETTINGS, ENDPOINTS], |name| here.get(name).cloned()).await;
        let settings = settings.map_err(|problems| Failure::Other(problems.to_string()))?;
        let aws = Aws::connect(&settings).await.map_err(|unusable| Failure::Other(unusable.to_string()))?;
        let found = until(Instant::now() + PATIENCE, Self::look(&aws, stack, names)).await;
        let functions = found.map_err(|(whose, failed)| Failure::Other(unseen(&whose, &failed)))?;
        if functions.all.is_empty() {
            let whose = stack.map_or_else(|| names.join(", "), |stack| format!("the stack {stack}"));
            return Err(Failure::Other(format!(
                "{whose}: no function there has the setting {MARK}, so none is Dispatch's"
            )));
        }
        Ok(functions)
    }

    async fn look(aws: &Aws, stack: Option<&str>, names: &[String]) -> Result<Self, (String, Failed)> {
        let mut config = lambda::config::Builder::from(aws.sdk());
        config.set_endpoint_url(aws.endpoint(LAMBDA).map(str::to_owned));
        let lambda = lambda::Client::from_conf(config.build());
        let mut names = names.to_vec();
        if let Some(stack) = stack {
            let found = functions_of(aws, stack).await;
            names.extend(found.map_err(|failed| (format!("the stack {stack}"), failed))?);
        }
        let mut all = Vec::new();
        for name in names {
            let reply = lambda.get_function_configuration().function_name(&name).send().await;
            let reply = reply.map_err(|error| (name.clone(), failed("lambda GetFunctionConfiguration", &error)))?;
            let environment = reply.environment.and_then(|environment| environment.variables).unwrap_or_default();
            if environment.contains_key(MARK) {
                all.push(Function { name, environment: environment.into_iter().collect() });
            }
        }
        Ok(Functions { lambda, all })
    }

    /// Their names, for people.
    pub(super) fn names(&self) -> String {
        self.all.iter().map(|function| function.name.as_str()).collect::<Vec<_>>().join(" and ")
    }

    /// What they are told, together; where they differ, the first one counts.
    pub(super) fn environment(&self) -> BTreeMap<String, String> {
        let mut together = BTreeMap::new();
        for function in &self.all {
            for (name, value) in &function.environment {
                together.entry(name.clone()).or_insert_with(|| value.clone());
            }
        }
        together
    }

    /// Whether each answers as this version does, and is told the same as the others.
    pub(super) async fn examine(&self, read: &Read, here: &BTreeMap<String, String>) -> Vec<Finding> {
        let asked = self.all.iter().map(|function| self.examine_one(function, read, here));
        let findings = futures::future::join_all(asked).await.into_iter().flatten();
        findings.chain(self.differences()).collect()
    }

    async fn examine_one(&self, function: &Function, read: &Read, here: &BTreeMap<String, String>) -> Vec<Finding> {
        let (_, problems) = dispatch_services::examine(lookup(&function.environment, here)).await;
        let is_new = |problem: &&Problem| read.problems.iter().all(|known| known.name != problem.name);
        let missing = problems.iter().filter(is_new).map(|problem| {
            let what = format!("{} of {}", problem.name, function.name);
            let origin = Origin::Deployed(function.name.clone());
            Finding::wrong(what, told(problem), origin.set_from_its_place(problem.name))
        });
        let pinged = until(Instant::now() + PATIENCE, self.ping(function)).await;
        missing.chain([pinged]).collect()
    }

    /// <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>
    async fn ping(&self, function: &Function) -> Finding {
        let name = function.name.as_str();
        let payload = lambda::primitives::Blob::new(PING);
        let reply = match self.lambda.invoke().function_name(name).payload(payload).send().await {
            Ok(reply) => reply,
            Err(error) => {
                let failed = failed("lambda Invoke", &error);
                return match said(&failed) {
                    reason if reason.contains("AccessDenied") => {
                        Finding::skipped(name, "this shell may not ask: it lacks lambda:InvokeFunction")
                    }
                    reason => Finding::wrong(name, format!("it cannot be asked: {reason}"), log_of(name)),
                };
            }
        };
        let payload = reply.payload.map(lambda::primitives::Blob::into_inner).unwrap_or_default();
        let answer: serde_json::Value = serde_json::from_slice(&payload).unwrap_or_default();
        let text = |member: &str| answer.get(member).and_then(serde_json::Value::as_str);
        match (text("version"), text("errorType")) {
            (Some(version), _) => judge_version(name, version),
            // Not said by the function, but by what runs it.
            (None, Some(kind)) if ["Runtime.", "Sandbox."].iter().any(|who| kind.starts_with(who)) => {
                Finding::wrong(name, format!("it does not start: {kind}"), log_of(name))
            }
            (None, _) => Finding::wrong(name, "it does not know pings: it is older than this command", DEPLOY),
        }
    }

    /// Settings that both functions have, with different values.
    fn differences(&self) -> Vec<Finding> {
        let Some((first, others)) = self.all.split_first() else { return Vec::new() };
        let differing = others.iter().flat_map(|other| {
            let differs = |(name, value): &(&String, &String)| {
                is_ours(name) && first.environment.get(*name).is_some_and(|held| held != *value)
            };
            other.environment.iter().filter(differs).map(move |(name, _)| {
                Finding::wrong(
                    name.as_str(),
                    format!("{} and {} are told different values", first.name, other.name),
                    "Deploy the stack again, which tells both the same; the first one is examined here.",
                )
            })
        });
        differing.collect()
    }
}

fn is_ours(name: &str) -> bool {
    let declared = dispatch_services::all_settings();
    declared.into_iter().flatten().any(|setting| setting.name == name)
}

/// What a function is told; what belongs to this shell comes from it.
pub(super) fn lookup<'a>(
    environment: &'a BTreeMap<String, String>,
    here: &'a BTreeMap<String, String>,
) -> impl Fn(&str) -> Option<String> + 'a {
    move |name| {
        let mine = aws::SETTINGS.iter().any(|setting| setting.name == name);
        if mine { here.get(name).cloned() } else { environment.get(name).cloned() }
    }
}

/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_ListStackResources.html>
async fn functions_of(aws: &Aws, stack: &str) -> Result<Vec<String>, Failed> {
    let mut config = cloudformation::config::Builder::from(aws.sdk());
    config.set_endpoint_url(aws.endpoint(CLOUDFORMATION).map(str::to_owned));
    let client = cloudformation::Client::from_conf(config.build());
    let (mut functions, mut next) = (Vec::new(), None);
    loop {
        let page = client.list_stack_resources().stack_name(stack).set_next_token(next).send().await;
        let page = page.map_err(|error| failed("cloudformation ListStackResources", &error))?;
        let resources = page.stack_resource_summaries.unwrap_or_default().into_iter();
        let found = resources.filter(|resource| resource.resource_type.as_deref() == Some("AWS::Lambda::Function"));
        functions.extend(found.filter_map(|function| function.physical_resource_id));
        next = page.next_token.filter(|token| !token.is_empty());
        if next.is_none() {
            return Ok(functions);
        }
    }
}

pub(super) fn judge_version(what: &str, version: &str) -> Finding {
    match version == VERSION {
        true => Finding::ok(what, format!("version {version}")),
        false => Finding::wrong(
            what,
            format!("version {version}, and this command is {VERSION}"),
            format!("{DEPLOY} If it is newer, run the command of its version."),
        ),
    }
}

fn log_of(function: &str) -> String {
    format!("Its log says why: `aws logs tail /aws/lambda/{function} --since 15m`.")
}

fn unseen(whose: &str, failed: &Failed) -> String {
    format!(
        "{whose} cannot be looked at: {}\nIs this shell signed in to AWS, in the right account and region \
         (AWS_REGION), with the rights cloudformation:ListStackResources, lambda:GetFunctionConfiguration and \
         lambda:InvokeFunction?",
        said(failed)
    )
}

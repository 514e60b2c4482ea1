//! One vendor's OpenAPI document: which operation a request is, and whether it has that operation's shape.

use std::sync::OnceLock;

use jsonschema::Validator;
use serde_json::Value;

use super::schema::Schemas;
use super::{Findings, Sent, wire};

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

/// GitHub's REST API.
pub(super) fn github() -> &'static Contract {
    static CONTRACT: OnceLock<Contract> = OnceLock::new();
    CONTRACT.get_or_init(|| Contract::read("", include_str!("../fixtures/contracts/github-rest.openapi.json")))
}

/// Slack's Web API.
pub(super) fn slack() -> &'static Contract {
    static CONTRACT: OnceLock<Contract> = OnceLock::new();
    CONTRACT.get_or_init(|| Contract::read("/api", include_str!("../fixtures/contracts/slack-web-api.openapi.json")))
}

/// PagerDuty's REST API.
pub(super) fn pagerduty_rest() -> &'static Contract {
    static CONTRACT: OnceLock<Contract> = OnceLock::new();
    CONTRACT.get_or_init(|| Contract::read("", include_str!("../fixtures/contracts/pagerduty-rest.openapi.json")))
}

/// PagerDuty's Events API v2.
pub(super) fn pagerduty_events() -> &'static Contract {
    static CONTRACT: OnceLock<Contract> = OnceLock::new();
    CONTRACT
        .get_or_init(|| Contract::read("/v2", include_str!("../fixtures/contracts/pagerduty-events-v2.openapi.json")))
}

/// A vendor's document, read once.
pub(super) struct Contract {
    /// `info` of the document.
    pub(super) info: Value,
    schemas: Schemas,
    components: Value,
    operations: Vec<Operation>,
}

impl Contract {
    /// Reads a document; `base` is the path of its server.
    #[expect(clippy::expect_used, reason = "a damaged fixture is to stop every test that uses it")]
    fn read(base: &str, text: &str) -> Self {
        let document: Value = serde_json::from_str(text).expect("a contract is JSON");
        let components = document.get("components").cloned().unwrap_or_default();
        let paths = document.get("paths").and_then(Value::as_object).expect("a contract has paths");
        let operations = paths.iter().flat_map(|(path, methods)| {
            let methods = methods.as_object().into_iter().flatten();
            methods.map(move |(method, operation)| Operation::of(base, path, method, operation))
        });
        Contract {
            info: document.get("info").cloned().unwrap_or_default(),
            schemas: Schemas::of(&components),
            operations: operations.collect(),
            components,
        }
    }

    /// The operation that this request is. Where several paths fit, the one with most words of its own is meant:
    /// `/issues/comments/7`, not `/issues/{issue_number}/7`.
    pub(super) fn operation(&self, sent: &Sent) -> Option<&Operation> {
        let segments: Vec<&str> = sent.path.split('/').collect();
        let fits = |operation: &&Operation| operation.method == sent.method && operation.path.fits(&segments);
        self.operations.iter().filter(fits).max_by_key(|operation| operation.path.words())
    }

    /// What judges values of this schema, which may refer to the schemas of the document.
    #[expect(clippy::expect_used, reason = "a damaged fixture is to stop every test that uses it")]
    pub(super) fn validator(&self, schema: &Value) -> Validator {
        let options = jsonschema::options().should_validate_formats(true).should_ignore_unknown_formats(true);
        options.build(&self.schemas.alone(schema)).expect("a contract holds schemas")
    }

    fn follow<'a>(&'a self, value: &'a Value) -> &'a Value {
        let pointer = value.get("$ref").and_then(Value::as_str).and_then(|text| text.strip_prefix("#/components"));
        pointer.and_then(|pointer| self.components.pointer(pointer)).unwrap_or(value)
    }
}

/// A path with its placeholders: `/repos/{owner}/{repo}`.
struct Template(Vec<String>);

impl Template {
    fn fits(&self, segments: &[&str]) -> bool {
        let one = |(part, segment): (&String, &&str)| name_in(part).map_or(part == segment, |_| !segment.is_empty());
        self.0.len() == segments.len() && self.0.iter().zip(segments).all(one)
    }

    fn words(&self) -> usize {
        self.0.iter().filter(|part| name_in(part).is_none()).count()
    }

    /// What stands in the place of this placeholder.
    fn value<'a>(&self, name: &str, path: &'a str) -> Option<&'a str> {
        let at = self.0.iter().position(|part| name_in(part) == Some(name))?;
        path.split('/').nth(at)
    }
}

fn name_in(part: &str) -> Option<&str> {
    part.strip_prefix('{')?.strip_suffix('}')
}

/// One operation of a document.
pub(super) struct Operation {
    /// The vendor's name of it.
    pub(super) id: String,
    method: String,
    path: Template,
    published: Value,
    json: OnceLock<Validator>,
    form: OnceLock<Validator>,
}

impl Operation {
    fn of(base: &str, path: &str, method: &str, published: &Value) -> Self {
        Operation {
            id: published.get("operationId").and_then(Value::as_str).unwrap_or_default().to_owned(),
            method: method.to_uppercase(),
            path: Template(format!("{base}{path}").split('/').map(str::to_owned).collect()),
            published: published.clone(),
            json: OnceLock::new(),
            form: OnceLock::new(),
        }
    }

    /// Checks the parameters in path, query and headers; a parameter of the query that the contract does not name is
    /// a finding.
    pub(super) fn check_parameters(
        &self,
        contract: &Contract,
        sent: &Sent,
        query: &[(String, String)],
        findings: &mut Findings,
    ) {
        let list = self.published.get("parameters").and_then(Value::as_array);
        let parameters: Vec<Parameter<'_>> =
            list.into_iter().flatten().filter_map(|published| Parameter::of(contract.follow(published))).collect();
        for (name, _) in query {
            if !parameters.iter().any(|known| known.place == "query" && known.name == name) {
                findings.add(format_args!("query {name}"), "no such parameter in the contract");
            }
        }
        for parameter in parameters {
            let values: Vec<&str> = match parameter.place {
                "query" => {
                    query.iter().filter(|(name, _)| name == parameter.name).map(|(_, value)| value.as_str()).collect()
                }
                "header" => sent.header(&parameter.name.to_lowercase()).into_iter().collect(),
                _ => self.path.value(parameter.name, &sent.path).into_iter().collect(),
            };
            parameter.check(contract, &values, findings);
        }
    }

    /// Checks the body and its content type, and returns the body as JSON.
    pub(super) fn check_body(&self, contract: &Contract, sent: &Sent, findings: &mut Findings) -> Option<Value> {
        let Some(expected) = self.published.get("requestBody") else {
            if !sent.body.is_empty() {
                findings.add("body", "the contract knows none for this operation");
            }
            return None;
        };
        if sent.body.is_empty() {
            if expected.get("required") == Some(&Value::Bool(true)) {
                findings.add("body", "missing");
            }
            return None;
        }
        let kind = sent.header("content-type").unwrap_or_default();
        let media = kind.split(';').next().unwrap_or_default().trim().to_lowercase();
        let Some(schema) = expected.get("content").and_then(|content| content.get(&media)?.get("schema")) else {
            findings.add("header content-type", format_args!("{kind:?} is not taken for this operation"));
            return None;
        };
        let (body, validator) = match media.as_str() {
            JSON => (serde_json::from_slice(&sent.body).ok(), &self.json),
            FORM => (wire::form(&contract.schemas, schema, &sent.body), &self.form),
            _ => return None,
        };
        let Some(body) = body else {
            findings.add("body", format_args!("cannot be read as {media}"));
            return None;
        };
        report(validator.get_or_init(|| contract.validator(schema)), &body, "body ", findings);
        Some(body)
    }
}

/// Adds what this validator finds in the value.
pub(super) fn report(validator: &Validator, value: &Value, place: &str, findings: &mut Findings) {
    for error in validator.iter_errors(value) {
        findings.add(format!("{place}{}", error.instance_path()).trim_end(), brief(&error.to_string()));
    }
}

/// An error begins with the value and ends with the rule; of a long value the beginning is enough.
fn brief(error: &str) -> String {
    const KEPT_CHARS: usize = 200;
    let chars: Vec<char> = error.chars().collect();
    match (chars.first_chunk::<KEPT_CHARS>(), chars.last_chunk::<KEPT_CHARS>()) {
        (Some(first), Some(last)) if chars.len() > 2 * KEPT_CHARS => {
            format!("{} … {}", first.iter().collect::<String>(), last.iter().collect::<String>())
        }
        _ => error.to_owned(),
    }
}

struct Parameter<'a> {
    name: &'a str,
    place: &'a str,
    required: bool,
    explode: bool,
    schema: &'a Value,
}

impl<'a> Parameter<'a> {
    fn of(published: &'a Value) -> Option<Self> {
        let flag = |name| published.get(name).and_then(Value::as_bool);
        Some(Parameter {
            name: published.get("name")?.as_str()?,
            place: published.get("in")?.as_str()?,
            required: flag("required").unwrap_or(false),
            explode: flag("explode").unwrap_or(true),
            schema: published.get("schema")?,
        })
    }

    fn check(&self, contract: &Contract, values: &[&str], findings: &mut Findings) {
        let place = format!("{} {}", self.place, self.name);
        if values.is_empty() {
            if self.required {
                findings.add(place, "missing");
            }
            return;
        }
        match wire::parameter(&contract.schemas, self.schema, self.explode, values) {
            Some(value) => report(&contract.validator(self.schema), &value, &place, findings),
            None => findings.add(place, "given more than once"),
        }
    }
}

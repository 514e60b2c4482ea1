//! GitHub's ways of saying no.

use std::hash::{DefaultHasher, Hash, Hasher};

use serde_json::{Value, json};

use crate::fake::call::{Answer, Call};
use crate::fake::fields::{Flaw, Problem};

/// Where the documentation links of all errors point.
const DOCS: &str = "https://docs.github.com/rest";

/// A refusal with a message, in the basic shape.
pub(super) fn refused(status: u16, message: &str) -> Answer {
    let body = json!({"message": message, "documentation_url": DOCS, "status": status.to_string()});
    Answer::json(status, &body)
}

/// An answer with its version as `ETag`; nothing else where that is the version that the caller has.
/// <https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api#use-conditional-requests-if-appropriate>
pub(super) fn versioned(call: &Call, answer: Answer) -> Answer {
    let mut hasher = DefaultHasher::new();
    answer.body.hash(&mut hasher);
    let version = format!("W/\"{:016x}\"", hasher.finish());
    let is_known = call.header("if-none-match") == Some(version.as_str());
    let answer = if is_known { Answer::new(304, "") } else { answer };
    answer.with_header("etag", version)
}

/// Something that is not there, or not to be seen.
pub(super) fn not_found() -> Answer {
    refused(404, "Not Found")
}

/// A 422 that lists what is wrong with a resource's fields.
pub(super) fn validation_failed(errors: &Value) -> Answer {
    let body = json!({"message": "Validation Failed", "errors": errors, "documentation_url": DOCS, "status": "422"});
    Answer::json(422, &body)
}

/// The 422 for one flaw in the body of a request about this resource.
pub(super) fn flawed(resource: &'static str) -> impl Fn(Flaw) -> Answer {
    move |flaw| {
        let field = flaw.field.as_str();
        let answer = match &flaw.problem {
            Problem::Missing => {
                validation_failed(&json!([{"resource": resource, "code": "missing_field", "field": field}]))
            }
            Problem::TooLong(limit) => too_long(resource, field, *limit),
            Problem::NotOneOf(_) | Problem::Wrong(_) => validation_failed(
                &json!([{"resource": resource, "code": "invalid", "field": field, "message": flaw.to_string()}]),
            ),
            Problem::Unknown | Problem::NotA(_) => {
                let message = format!("Invalid request.\n\nFor 'properties/{}', {flaw}.", field.replace('.', "/"));
                refused(422, &message)
            }
        };
        answer.blaming(flaw.to_string())
    }
}

/// A text over its limit. Comments name another field and code than issues do.
/// Source: observed answers, `info.x-handwritten-limits` of the contract.
fn too_long(resource: &str, field: &str, limit: usize) -> Answer {
    let message = format!("{field} is too long (maximum is {limit} characters)");
    if resource == "IssueComment" {
        validation_failed(
            &json!([{"resource": resource, "code": "unprocessable", "field": "data", "message": message}]),
        )
    } else {
        validation_failed(&json!([{"resource": resource, "code": "custom", "field": field, "message": message}]))
    }
}

/// Reads the body of a writing request as JSON.
pub(super) fn body(call: &Call) -> Result<Value, Answer> {
    if call.media_type().as_deref() != Some("application/json") {
        return Err(refused(415, "Unsupported Media Type").blaming("the content type is not application/json"));
    }
    call.json().map_err(|error| refused(400, "Problems parsing JSON").blaming(format!("the body is not JSON: {error}")))
}

/// The pairs of a query, all of them known.
pub(super) struct Query(Vec<(String, String)>);

impl Query {
    pub(super) fn of(call: &Call, names: &[&str]) -> Result<Self, Answer> {
        let pairs = call.pairs();
        match pairs.iter().find(|(name, _)| !names.contains(&name.as_str())) {
            Some((name, _)) => Err(bad_query(name, "is not known here")),
            None => Ok(Self(pairs)),
        }
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(super) fn choice(&self, name: &str, choices: &[&str], default: &'static str) -> Result<String, Answer> {
        let value = self.get(name).unwrap_or(default);
        if choices.contains(&value) {
            Ok(value.to_owned())
        } else {
            Err(bad_query(name, "has a value that is not known"))
        }
    }

    fn number(&self, name: &str, default: usize, max: usize) -> Result<usize, Answer> {
        match self.get(name).map(str::parse::<usize>) {
            None => Ok(default),
            Some(Ok(number)) if (1..=max).contains(&number) => Ok(number),
            Some(_) => Err(bad_query(name, "is out of range")),
        }
    }

    /// Cuts one page out of a list and says with a `Link` header where the others are.
    pub(super) fn page<T>(&self, call: &Call, root: &str, all: Vec<T>) -> Result<(Vec<T>, Option<String>), Answer> {
        let size = self.number("per_page", 30, 100)?;
        let page = self.number("page", 1, usize::MAX)?;
        let last = all.len().div_ceil(size).max(1);
        let link = |to: usize, relation: &str| format!("<{}>; rel=\"{relation}\"", self.address(call, root, to));
        let mut links = Vec::new();
        if page > 1 {
            links.push(link(page - 1, "prev"));
        }
        if page < last {
            links.push(link(page + 1, "next"));
            links.push(link(last, "last"));
        }
        if page > 1 {
            links.push(link(1, "first"));
        }
        let items = all.into_iter().skip((page - 1).saturating_mul(size)).take(size).collect();
        Ok((items, (!links.is_empty()).then(|| links.join(", "))))
    }

    fn address(&self, call: &Call, root: &str, page: usize) -> String {
        let mut pairs: Vec<_> = self.0.iter().filter(|(name, _)| name != "page").cloned().collect();
        pairs.push(("page".to_owned(), page.to_string()));
        let query = serde_urlencoded::to_string(pairs).unwrap_or_default();
        format!("{root}{}?{query}", call.path)
    }
}

/// The 422 for a query that cannot be meant.
pub(super) fn bad_query(name: &str, why: &str) -> Answer {
    validation_failed(
        &json!([{"resource": "Query", "code": "invalid", "field": name, "message": format!("{name} {why}")}]),
    )
    .blaming(format!("query parameter {name} {why}"))
}

/// A 200 with one page of a list.
pub(super) fn listed(items: Vec<Value>, link: Option<String>) -> Answer {
    let answer = Answer::json(200, &Value::Array(items));
    match link {
        Some(link) => answer.with_header("link", link),
        None => answer,
    }
}

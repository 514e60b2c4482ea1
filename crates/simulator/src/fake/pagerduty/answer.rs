//! PagerDuty's ways of saying no. <https://developer.pagerduty.com/docs/errors>

use serde_json::{Value, json};

use crate::fake::call::{Answer, Call};
use crate::fake::fields::Flaw;

/// A refusal with the vendor's code and details.
pub(super) fn refused(status: u16, code: u32, message: &str, errors: &[&str]) -> Answer {
    Answer::json(status, &json!({"error": {"message": message, "code": code, "errors": errors}}))
}

/// Something that is not there.
pub(super) fn not_found() -> Answer {
    refused(404, 2100, "Not Found", &[])
}

/// The 400 for something that cannot be done with these arguments.
pub(super) fn invalid(why: &str) -> Answer {
    refused(400, 2001, "Invalid Input Provided", &[why])
}

/// The 400 for one flaw of the body.
#[expect(clippy::needless_pass_by_value, reason = "given to map_err")]
pub(super) fn flawed(flaw: Flaw) -> Answer {
    let why = flaw.to_string();
    invalid(&why).blaming(why)
}

/// Reads the body of a writing request as JSON.
pub(super) fn body(call: &Call) -> Result<Value, Answer> {
    if call.media_type().as_deref() != Some("application/json") {
        let why = "the content type is not application/json";
        return Err(invalid(why).blaming(why));
    }
    call.json().map_err(|error| invalid("the body is not JSON").blaming(format!("the body is not JSON: {error}")))
}

//! What GitHub sends when somebody closes an issue or opens it again.
//!
//! A webhook for the event `issues`, as JSON or as a form.
//! <https://docs.github.com/en/webhooks/webhook-events-and-payloads#issues>
//!
//! An answer is wanted within 10 seconds (30 by Enterprise Server), and what failed is not sent again unless somebody
//! asks for it. <https://docs.github.com/en/webhooks/using-webhooks/best-practices-for-using-webhooks>

use dispatch_core::{
    alarm::{Issue, IssueNumber, Key, Repo},
    journal::LifeId,
    words::read_marker,
};
use dispatch_engine::heard::IssueHeard;
use serde::Deserialize;
use serde_json::Value;

use crate::{Request, Unknown};

/// The header that every webhook of GitHub has: the name of its event.
pub(crate) const EVENT: &str = "x-github-event";
const DELIVERY: &str = "x-github-delivery";

/// Something happened to an issue that Dispatch opened.
///
/// `key` and `life` are what the marker in the body of the issue claims. People can edit a body, so the journal has
/// to agree that the issue is its own. GitHub signs no time: a webhook that was recorded can be sent again later.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IssueEvent {
    /// The issue. One that was transferred is named as it was before.
    pub issue: Issue,
    /// The alarm that the issue is about.
    pub key: Key,
    /// The life of it.
    pub life: LifeId,
    /// What happened.
    pub what: IssueChange,
    /// The login of whoever did it; `ghost` for an account that is gone.
    pub by: String,
    /// Whether the same account opened the issue. That is Dispatch itself; where it has a personal token, it is the
    /// owner of the token, too.
    pub by_author: bool,
    /// GitHub's id of the delivery, the same when it is sent again; empty when it is missing. It is not signed, so it
    /// is for looking things up only.
    pub delivery: String,
}

impl From<IssueEvent> for IssueHeard {
    fn from(event: IssueEvent) -> Self {
        let IssueEvent { issue, key, life, what, by, .. } = event;
        IssueHeard { issue, key, life, open: what == IssueChange::Reopened, by }
    }
}

/// What happened to an issue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IssueChange {
    /// It was closed, deleted, or transferred to another repository.
    Closed,
    /// It was opened again.
    Reopened,
}

#[derive(Deserialize)]
struct Payload {
    issue: Opened,
    repository: Repository,
    sender: Account,
}

#[derive(Deserialize)]
struct Opened {
    number: u64,
    html_url: String,
    body: Option<String>,
    user: Option<Account>,
}

#[derive(Deserialize)]
struct Repository {
    full_name: String,
}

#[derive(Deserialize)]
struct Account {
    login: String,
}

/// Reads a request that GitHub signed. `None` when it tells of nothing that Dispatch acts on: of another event or
/// action, or of an issue without a marker.
///
/// # Errors
/// [`Unknown`] when the body is neither JSON nor a form with a `payload`, or the event lacks what is needed.
pub fn read(request: &Request) -> Result<Option<IssueEvent>, Unknown> {
    if request.header(EVENT) != Some("issues") {
        return Ok(None);
    }
    let payload = payload(request)?;
    let action = payload.get("action").and_then(Value::as_str);
    let what = match action.ok_or_else(|| Unknown("action: expected a text".to_owned()))? {
        "closed" | "deleted" | "transferred" => IssueChange::Closed,
        "reopened" => IssueChange::Reopened,
        _ => return Ok(None),
    };
    let Payload { issue, repository, sender } = serde_json::from_value(payload)?;
    let Some((key, life)) = issue.body.as_deref().and_then(read_marker) else { return Ok(None) };
    let repo = Repo::try_from(repository.full_name);
    let repo = repo.map_err(|_| Unknown("repository.full_name: expected owner/name".to_owned()))?;
    let by_author = issue.user.is_some_and(|author| author.login.eq_ignore_ascii_case(&sender.login));
    Ok(Some(IssueEvent {
        issue: Issue { repo, number: IssueNumber(issue.number), url: issue.html_url },
        key,
        life,
        what,
        by: sender.login,
        by_author,
        delivery: request.header(DELIVERY).unwrap_or_default().to_owned(),
    }))
}

/// The event, in whichever of the two content types it was sent. The body itself tells: read as a form, a JSON body
/// would have a field `payload` as soon as somebody wrote `&payload=` into the title of an issue.
fn payload(request: &Request) -> Result<Value, Unknown> {
    if request.body.trim_ascii_start().starts_with(b"{") {
        return Ok(serde_json::from_slice(&request.body)?);
    }
    let text = request.field("payload").ok_or_else(|| Unknown("expected JSON or a form".to_owned()))?;
    Ok(serde_json::from_str(&text)?)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const KEY: &str = "0123456789abcdef0123456789abcdef01234567";

    fn closed() -> Value {
        json!({
            "action": "closed",
            "issue": {
                "number": 12, "html_url": "https://github.com/example-org/alarms/issues/12", "state": "closed",
                "user": { "login": "dispatch[bot]" }, "body": format!("Text.\n\n<!-- dispatch:{KEY}:5eed -->"),
            },
            "repository": { "name": "alarms", "full_name": "example-org/alarms" },
            "sender": { "login": "jane", "type": "User" },
        })
    }

    fn request(event: &str, body: &str) -> Request {
        let headers = json!({ "X-GitHub-Event": event, "X-GitHub-Delivery": "d-1" });
        Request::read(json!({ "requestContext": {}, "headers": headers, "body": body })).unwrap()
    }

    fn taken(payload: &Value) -> Option<IssueEvent> {
        read(&request("issues", &payload.to_string())).unwrap()
    }

    #[test]
    fn a_closed_issue_is_read_from_json_and_from_a_form() {
        let expected = IssueEvent {
            issue: Issue {
                repo: Repo::new("example-org", "alarms"),
                number: IssueNumber(12),
                url: "https://github.com/example-org/alarms/issues/12".to_owned(),
            },
            key: Key::try_from(KEY.to_owned()).unwrap(),
            life: LifeId("5eed".to_owned()),
            what: IssueChange::Closed,
            by: "jane".to_owned(),
            by_author: false,
            delivery: "d-1".to_owned(),
        };
        let text = closed().to_string();
        let form = serde_urlencoded::to_string([("payload", &text)]).unwrap();
        for body in [&text, &format!("\n {text}"), &form] {
            assert_eq!(read(&request("issues", body)).unwrap().as_ref(), Some(&expected), "{body}");
        }
    }

    #[test]
    fn what_happened_follows_from_the_action() {
        for (action, what) in [
            ("closed", Some(IssueChange::Closed)),
            ("deleted", Some(IssueChange::Closed)),
            ("transferred", Some(IssueChange::Closed)),
            ("reopened", Some(IssueChange::Reopened)),
            ("opened", None),
            ("edited", None),
            ("labeled", None),
            ("an action of next year", None),
        ] {
            let mut event = closed();
            event["action"] = json!(action);
            assert_eq!(taken(&event).map(|event| event.what), what, "{action}");
        }
    }

    #[test]
    fn other_events_are_not_even_looked_at() {
        for event in ["ping", "issue_comment", "push", ""] {
            for body in [closed().to_string(), "no JSON".to_owned()] {
                assert_eq!(read(&request(event, &body)).unwrap(), None, "{event}");
            }
        }
    }

    #[test]
    fn an_issue_without_a_marker_is_nobody_s() {
        for body in [json!(null), json!(""), json!("Text."), json!("<!-- dispatch:5eed:tally -->")] {
            let mut event = closed();
            event["issue"]["body"] = body;
            assert_eq!(taken(&event), None);
        }
    }

    #[test]
    fn the_account_that_opened_it_is_told_from_others() {
        for (author, sender, is_author) in [
            (json!({ "login": "dispatch[bot]" }), "dispatch[bot]", true),
            (json!({ "login": "Dispatch-Bot" }), "dispatch-bot", true),
            (json!({ "login": "dispatch" }), "dispatch[bot]", false),
            (json!(null), "jane", false),
        ] {
            let mut event = closed();
            event["issue"]["user"] = author;
            event["sender"]["login"] = json!(sender);
            assert_eq!(taken(&event).unwrap().by_author, is_author, "{sender}");
        }
    }

    /// The title of an issue is anybody's to write. The whole is one valid form with a field `payload`.
    #[test]
    fn a_payload_within_a_text_of_the_payload_does_not_count() {
        let mut planted = closed();
        planted["sender"]["login"] = json!("planted");
        let planted = serde_urlencoded::to_string([("payload", planted.to_string())]).unwrap();
        let mut event = closed();
        event["issue"]["title"] = json!(format!("&{planted}&"));
        let request = request("issues", &event.to_string());
        assert!(request.field("payload").is_some_and(|text| text.contains("planted")));
        assert_eq!(read(&request).unwrap().unwrap().by, "jane");
    }

    #[test]
    fn what_lacks_something_is_refused_without_telling_what_it_says() {
        let mut events = vec![json!({}), json!([]), json!({ "action": ["planted"] })];
        for (path, value) in [
            ("/action", json!(null)),
            ("/issue", json!("planted")),
            ("/issue/number", json!("planted")),
            ("/issue/number", json!(-1)),
            ("/issue/html_url", json!(null)),
            ("/issue/body", json!({ "planted": 1 })),
            ("/issue/user", json!("planted")),
            ("/repository/full_name", json!("planted")),
            ("/repository/full_name", json!("planted/planted/planted")),
            ("/repository", json!(null)),
            ("/sender", json!(null)),
            ("/sender/login", json!(4711)),
        ] {
            let mut event = closed();
            *event.pointer_mut(path).unwrap() = value;
            events.push(event);
        }
        let bodies = events.iter().map(Value::to_string);
        for body in bodies.chain(["", "planted", "{planted", "payload=planted", "a=planted"].map(str::to_owned)) {
            let error = read(&request("issues", &body)).unwrap_err().to_string();
            assert!(!error.contains("planted") && !error.contains("4711"), "{body}: {error}");
        }
    }
}

//! PagerDuty: whether a page would wake somebody, by either way.

use dispatch_core::text::one_line;
use dispatch_engine::ports::Failed;
use dispatch_services::{http::Reply, settings::Settings};
use http::{Method, StatusCode, header};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use url::Url;

use super::{
    Wishes,
    finding::Finding,
    probe::{Probe, body, request, saying, signed, text, unreachable, with},
    settings::Origin,
};

const API: &str = "PAGERDUTY_API_URL";
const EVENTS: &str = "PAGERDUTY_EVENTS_URL";
const API_KEY: &str = "PAGERDUTY_API_KEY";
const SERVICE: &str = "PAGERDUTY_SERVICE_ID";
const FROM: &str = "PAGERDUTY_FROM_ADDRESS";
const ROUTING_KEY: &str = "PAGERDUTY_ROUTING_KEY";
/// The length of every routing key.
const ROUTING_KEY_CHARS: usize = 32;
const JSON: &str = "application/json";
const ACCEPT: &str = "application/vnd.pagerduty+json;version=2";
/// No incident is called so: whoever may write hears that it is not there.
const NO_INCIDENT: &str = "DISPATCHDOCTOR";

/// Who asks the REST interface, and what for.
struct Rest<'a> {
    base: Url,
    key: SecretString,
    service: &'a str,
    from: &'a str,
    origin: &'a Origin,
    probe: &'a Probe,
}

/// Looks at everything, as far as the settings lead there.
pub(super) async fn examine(settings: &Settings, origin: &Origin, probe: &Probe, wishes: &Wishes) -> Vec<Finding> {
    let rest = async {
        match (settings.need_url(API), settings.secret(API_KEY), settings.text(SERVICE), settings.text(FROM)) {
            (Ok(base), Some(key), Some(service), Some(from)) => {
                Rest { base, key, service, from, origin, probe }.examine().await
            }
            (_, None, ..) => Vec::new(),
            _ => vec![Finding::skipped("service", format!("{SERVICE} and {FROM} must be right first"))],
        }
    };
    let events = async {
        match (settings.need_url(EVENTS), settings.secret(ROUTING_KEY)) {
            (Ok(base), Some(key)) => vec![routing_key(&base, &key, origin, probe, wishes).await],
            _ => Vec::new(),
        }
    };
    let (mut findings, events) = tokio::join!(rest, events);
    findings.extend(events);
    findings
}

impl Rest<'_> {
    async fn examine(&self) -> Vec<Finding> {
        let reply = match self.get("pagerduty services.get", &["services", self.service], &[]).await {
            Ok(reply) => reply,
            Err(failed) => return vec![unreachable("API key", self.base.as_str(), API, &failed)],
        };
        if matches!(reply.status, StatusCode::UNAUTHORIZED) {
            let mend = self.origin.set_from_its_place(API_KEY);
            return vec![Finding::wrong("API key", "PagerDuty does not take it", mend)];
        }
        let policy = text(&body(&reply), "/service/escalation_policy/id").map(str::to_owned);
        let (write, people) = tokio::join!(self.may_write(), self.people(policy.as_deref()));
        let mut findings = vec![write, self.judge_service(&reply)];
        findings.extend(people);
        findings
    }

    fn judge_service(&self, reply: &Reply) -> Finding {
        const WHAT: &str = "service";
        let service = body(reply);
        let name = text(&service, "/service/name").unwrap_or(self.service);
        let page = text(&service, "/service/html_url").unwrap_or("its page");
        let status = text(&service, "/service/status").unwrap_or_default();
        let has_policy = text(&service, "/service/escalation_policy/id").is_some();
        match (reply.status, status) {
            (StatusCode::NOT_FOUND, _) => Finding::wrong(
                WHAT,
                format!("there is no {} in this account", self.service),
                self.origin.set_from_its_place(SERVICE),
            ),
            (code, _) if !code.is_success() => {
                Finding::skipped(WHAT, format!("PagerDuty does not say: status {}", code.as_u16()))
            }
            (_, "disabled") => Finding::wrong(
                WHAT,
                format!("{name} is disabled: nobody is paged"),
                format!("Enable the service at {page}, under More, Enable Service."),
            ),
            (_, "maintenance") => Finding::wrong(
                WHAT,
                format!("{name} is in maintenance: nobody is paged"),
                format!("End the maintenance window at {page}."),
            ),
            _ if !has_policy => Finding::wrong(
                WHAT,
                format!("{name} has no escalation policy: nobody is paged"),
                format!("Choose an escalation policy for the service at {page}, under Settings."),
            ),
            _ => Finding::ok(WHAT, name),
        }
    }

    /// Whether the key may do more than read: a note on an incident that is not there is refused either way, and to a
    /// key that may only read for that reason.
    async fn may_write(&self) -> Finding {
        const WHAT: &str = "API key";
        let request = self.request(Method::POST, &["incidents", NO_INCIDENT, "notes"]);
        let request = with(request, header::FROM, self.from);
        let note = saying(request, &json!({ "note": { "content": "dispatch doctor" } }));
        match self.probe.ask("pagerduty incidents.notes.create", with(note, header::CONTENT_TYPE, JSON)).await {
            Ok(reply) => match reply.status {
                StatusCode::FORBIDDEN | StatusCode::UNAUTHORIZED => Finding::wrong(
                    WHAT,
                    "it may only read",
                    format!("Make another one. {}", self.origin.set_from_its_place(API_KEY)),
                ),
                _ => Finding::ok(WHAT, "may read and write"),
            },
            Err(failed) => unreachable(WHAT, self.base.as_str(), API, &failed),
        }
    }

    /// The sender, and who is on call.
    async fn people(&self, policy: Option<&str>) -> Vec<Finding> {
        const WHAT: &str = "sender";
        let query = [("query", self.from), ("limit", "100")];
        let sender = match self.get("pagerduty users.list", &["users"], &query).await {
            Ok(reply) if reply.status.is_success() => found(&body(&reply), self.from),
            Ok(reply) => {
                let why = format!("PagerDuty does not say: status {}", reply.status.as_u16());
                return vec![Finding::skipped(WHAT, why)];
            }
            Err(failed) => return vec![unreachable(WHAT, self.base.as_str(), API, &failed)],
        };
        let Some(sender) = sender else {
            let found = format!("there is no user {} in this account: every page is refused", self.from);
            return vec![Finding::wrong(WHAT, found, self.origin.set_from_its_place(FROM))];
        };
        let Some(policy) = policy else { return vec![Finding::ok(WHAT, self.from)] };
        let query = [("escalation_policy_ids[]", policy), ("limit", "100")];
        match self.get("pagerduty oncalls.list", &["oncalls"], &query).await {
            Ok(reply) if reply.status.is_success() => self.judge_turns(&body(&reply), &sender),
            Ok(reply) => {
                let why = format!("PagerDuty does not say: status {}", reply.status.as_u16());
                vec![Finding::skipped("on call", why)]
            }
            Err(failed) => vec![unreachable("on call", self.base.as_str(), API, &failed)],
        }
    }

    /// <https://developer.pagerduty.com/docs/incident-creation-api>: an incident that is assigned to whoever created it
    /// starts acknowledged.
    fn judge_turns(&self, turns: &Value, sender: &str) -> Vec<Finding> {
        let turns: Vec<&Value> = turns.get("oncalls").and_then(Value::as_array).into_iter().flatten().collect();
        let is_senders = |turn: &&Value| text(turn, "/user/id") == Some(sender);
        let sender = match turns.iter().any(is_senders) {
            true => Finding::wrong(
                "sender",
                format!("{} is on call for the service: a page to its own sender wakes nobody", self.from),
                format!(
                    "Take the user off the schedules of the service's escalation policy, or name one who is on \
                     none. {}",
                    self.origin.set_from_its_place(FROM)
                ),
            ),
            false => Finding::ok("sender", self.from),
        };
        let first = turns.iter().min_by_key(|turn| turn.get("escalation_level").and_then(Value::as_u64));
        let on_call = match first {
            Some(turn) => Finding::ok("on call", text(turn, "/user/summary").map(one_line).unwrap_or_default()),
            None => Finding::wrong(
                "on call",
                "nobody, so that nobody is woken",
                "Put somebody on the schedules of the service's escalation policy, under People, Escalation Policies.",
            ),
        };
        vec![sender, on_call]
    }

    async fn get(&self, call: &'static str, path: &[&str], query: &[(&str, &str)]) -> Result<Reply, Failed> {
        let mut request = self.request(Method::GET, path);
        if !query.is_empty() {
            request.url_mut().query_pairs_mut().extend_pairs(query);
        }
        self.probe.ask(call, with(request, header::CONTENT_TYPE, JSON)).await
    }

    fn request(&self, method: Method, path: &[&str]) -> reqwest::Request {
        with(signed(request(method, &self.base, path), "Token token=", &self.key), header::ACCEPT, ACCEPT)
    }
}

/// The id of the user with exactly this address.
fn found(users: &Value, address: &str) -> Option<String> {
    let users = users.get("users").and_then(Value::as_array).into_iter().flatten();
    let mut same = users.filter(|user| text(user, "/email").is_some_and(|email| email.eq_ignore_ascii_case(address)));
    same.next().and_then(|user| text(user, "/id")).map(str::to_owned)
}

/// Whether the key is taken. Only an event tells, and it is resolved at once.
async fn routing_key(base: &Url, key: &SecretString, origin: &Origin, probe: &Probe, wishes: &Wishes) -> Finding {
    const WHAT: &str = "routing key";
    let chars = key.expose_secret().chars().count();
    if chars != ROUTING_KEY_CHARS {
        let found = format!("length {chars}, expected {ROUTING_KEY_CHARS}");
        return Finding::wrong(WHAT, found, origin.set_from_its_place(ROUTING_KEY));
    }
    if let Err(why) = &wishes.page {
        return Finding::skipped(WHAT, why.clone());
    }
    let id = format!("dispatch-doctor-{}", jiff::Timestamp::now().as_microsecond());
    let key = key.expose_secret();
    let trigger = json!({
        "routing_key": key, "event_action": "trigger", "dedup_key": id, "client": "Dispatch",
        "payload": {
            "summary": "A test by dispatch doctor, resolved at once", "source": "dispatch", "severity": "info",
        },
    });
    let resolve = json!({ "routing_key": key, "event_action": "resolve", "dedup_key": id });
    let send = async |event: &Value| {
        let request = saying(request(Method::POST, base, &["v2", "enqueue"]), event);
        probe.ask("pagerduty enqueue", with(request, header::CONTENT_TYPE, JSON)).await
    };
    let sent = match send(&trigger).await {
        Ok(reply) => reply,
        Err(failed) => return unreachable(WHAT, base.as_str(), EVENTS, &failed),
    };
    if !sent.status.is_success() {
        let why = body(&sent).pointer("/errors/0").and_then(Value::as_str).map(one_line).unwrap_or_default();
        // What was sent is not quoted back.
        let why = why.replace(key, "[hidden]");
        let found = format!("PagerDuty does not take it: status {} {why}", sent.status.as_u16());
        return match sent.status {
            StatusCode::BAD_REQUEST => Finding::wrong(WHAT, found, origin.set_from_its_place(ROUTING_KEY)),
            _ => Finding::skipped(WHAT, found),
        };
    }
    match send(&resolve).await {
        Ok(reply) if reply.status.is_success() => Finding::ok(WHAT, "a test event went out, and was resolved"),
        _ => Finding::note(WHAT, format!("a test event went out, and was not resolved: look for {id} in PagerDuty")),
    }
}

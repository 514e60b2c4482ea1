use serde_json::{Value, json};

use super::{Sent, fails, passes, with};

fn rest(method: &str, path: &str) -> Sent {
    let headers = [
        ("authorization", "Token token=a-key"),
        ("accept", "application/vnd.pagerduty+json;version=2"),
        ("content-type", "application/json"),
        ("from", "dispatch@example.com"),
    ];
    Sent::new("pagerduty", method, path, &headers)
}

fn create(body: &Value) -> Sent {
    rest("POST", "/incidents").body(&body.to_string())
}

fn incident() -> Value {
    json!({ "incident": {
        "type": "incident",
        "title": "jane said no: 2FA was turned off",
        "service": { "id": "PABC123", "type": "service_reference" },
        "urgency": "high",
        "incident_key": "2fa",
        "body": { "type": "incident_body", "details": "See the issue." },
    } })
}

fn enqueue(body: &Value) -> Sent {
    Sent::new("pagerduty", "POST", "/v2/enqueue", &[("content-type", "application/json")]).body(&body.to_string())
}

fn event() -> Value {
    json!({
        "routing_key": "0123456789abcdef0123456789abcdef",
        "event_action": "trigger",
        "dedup_key": "2fa",
        "client": "Dispatch",
        "links": [{ "href": "https://github.com/example-org/alarms/issues/7", "text": "Issue" }],
        "payload": {
            "summary": "2FA was turned off", "source": "dispatch", "severity": "critical",
            "custom_details": { "anything": ["goes", 7] },
        },
    })
}

#[test]
fn good_requests_pass() {
    passes(create(&incident()));
    passes(rest(
        "GET",
        "/incidents?incident_key=2fa&statuses[]=triggered&statuses[]=acknowledged&service_ids[]=PABC123",
    ));
    passes(rest("GET", "/oncalls?escalation_policy_ids[]=P1&include[]=users&limit=100"));
    passes(rest("GET", "/users?query=jane@example.com&limit=100"));
    passes(rest("GET", "/oncalls?schedule_ids[]=P1&include[]=users&include[]=schedules"));
    passes(rest("GET", "/incidents/Q1"));
    passes(
        rest("PUT", "/incidents/Q1")
            .body(r#"{"incident":{"type":"incident_reference","status":"resolved","resolution":"jane said yes"}}"#),
    );
    passes(rest("PUT", "/incidents/Q1").body(r#"{"incident":{"type":"incident_reference","status":"resolved"}}"#));
    passes(rest("PUT", "/incidents/Q1").body(r#"{"incident":{"type":"incident","priority":"P1"}}"#));
    passes(rest("POST", "/incidents/Q1/notes").body(r#"{"note":{"content":"joe is on it"}}"#));
    passes(enqueue(&event()));
    passes(enqueue(&json!({
        "routing_key": "0123456789abcdef0123456789abcdef", "event_action": "resolve", "dedup_key": "2fa",
    })));
}

#[test]
fn incidents_keep_the_schema() {
    let incident = incident();
    let wrong = |pointer, new| create(&with(&incident, pointer, new));
    fails(wrong("/incident/title", Value::Null), "body /incident", "\"title\" is a required property");
    fails(wrong("/incident/type", json!("page")), "body /incident/type", "page");
    fails(wrong("/incident/severity", json!("critical")), "body /incident", "severity");
    fails(wrong("/incident/body/details", json!({ "a": 1 })), "body /incident/body/details", "string");
    fails(wrong("/incident/body/detail", json!("d")), "body /incident/body", "detail");
    fails(wrong("/incident/service/id", Value::Null), "body /incident/service", "\"id\" is a required property");
    fails(wrong("/incident/service/type", json!("service")), "body /incident/service/type", "service_reference");
    fails(wrong("/incident/service/key", json!("k")), "body /incident/service", "key");
    fails(wrong("/incident/urgency", json!("critical")), "body /incident/urgency", "critical");
    fails(wrong("/incident/incident_key", json!("k".repeat(256))), "body /incident/incident_key", "at most 255");
    fails(wrong("/incident/incident_key", json!("")), "body /incident/incident_key", "is empty");
    let policy = json!({ "id": "P1", "type": "escalation_policy_reference" });
    let both = with(&with(&incident, "/incident/assignments", json!([])), "/incident/escalation_policy", policy);
    fails(create(&both), "body /incident", "not both");
    fails(rest("PUT", "/incidents/Q1").body(r#"{"incident":{"type":"incident","status":"done"}}"#), "/status", "done");
    fails(rest("POST", "/incidents/Q1/notes").body(r#"{"note":{}}"#), "body /note", "content");
}

#[test]
fn rest_headers_and_parameters_are_present() {
    let read = || rest("GET", "/incidents?incident_key=2fa");
    fails(read().without("authorization"), "header authorization", "Token token=");
    fails(read().header_set("authorization", "Bearer a-key"), "header authorization", "Token token=");
    fails(read().header_set("accept", "application/json"), "header accept", "version=2");
    fails(read().without("content-type"), "header Content-Type", "missing");
    fails(create(&incident()).without("from"), "header From", "missing");
    fails(create(&incident()).header_set("from", "dispatch"), "header From", "email");
    fails(rest("GET", "/incidents?incident_key="), "query incident_key", "is empty");
    fails(rest("GET", "/incidents?statuses[]=open"), "query statuses[]", "open");
    fails(rest("GET", "/incidents?statuses=triggered"), "query statuses", "no such parameter");
    fails(rest("GET", "/incidents?limit=1000"), "query limit", "1 to 100");
    fails(rest("GET", "/oncalls?escalation_policy_ids[]="), "query escalation_policy_ids[]", "is empty");
    fails(rest("GET", "/users?email=jane@example.com"), "query email", "no such parameter");
    fails(rest("GET", "/oncalls?include[]=persons"), "query include[]", "persons");
    fails(rest("GET", "/oncalls?policy_ids[]=P1"), "query policy_ids[]", "no such parameter");
    fails(rest("DELETE", "/incidents/Q1"), "path", "no such operation");
}

#[test]
fn events_keep_schema_and_limits() {
    let event = event();
    let wrong = |pointer, new| enqueue(&with(&event, pointer, new));
    fails(wrong("/routing_key", json!("short")), "body /routing_key", "shorter");
    fails(wrong("/dedup_key", json!("k".repeat(256))), "body /dedup_key", "longer");
    fails(wrong("/dedup_key", json!("")), "body /dedup_key", "is empty");
    fails(wrong("/payload/summary", json!("s".repeat(1025))), "body /payload/summary", "longer");
    fails(wrong("/payload/summary", json!(" ")), "body /payload/summary", "is blank");
    fails(wrong("/payload/severity", json!("fatal")), "body /payload/severity", "fatal");
    fails(wrong("/payload/severity", Value::Null), "body /payload", "severity");
    fails(wrong("/payload/details", json!({})), "body /payload", "details");
    fails(wrong("/links/0/href", Value::Null), "body /links/0", "href");
    fails(wrong("/images", json!([{ "src": "http://example.com/a.png" }])), "body /images/0/src", "https://");
    fails(wrong("/payload", Value::Null), "body", "");
    fails(wrong("/payload/custom_details/text", json!("t".repeat(512_000))), "body", "at most 512000");
    fails(enqueue(&event).header_set("authorization", "Token token=k"), "header authorization", "routing key");
    fails(Sent::new("pagerduty", "POST", "/enqueue", &[]), "path", "no such operation");
}

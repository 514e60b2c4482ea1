//! The fake PagerDuty over HTTP.

use reqwest::Method;
use serde_json::{Value, json};

use super::{OnCall, PagerDuty, Settings, User};
use crate::fake::testing::{ask, client, pagerduty};

const SERVICE: &str = "PABC123";

async fn fresh() -> PagerDuty {
    PagerDuty::start(Settings::default()).await.unwrap()
}

fn incident(change: &Value) -> Value {
    let mut incident = json!({
        "type": "incident", "title": "2FA is off", "service": {"id": SERVICE, "type": "service_reference"},
        "body": {"type": "incident_body", "details": "see the issue"}, "incident_key": "k1",
    });
    for (name, value) in change.as_object().unwrap() {
        incident[name] = value.clone();
    }
    json!({"incident": incident})
}

async fn create(fake: &PagerDuty, change: Value) -> (u16, Value) {
    ask(pagerduty(fake, Method::POST, "/incidents").json(&incident(&change))).await
}

async fn get(fake: &PagerDuty, path: &str) -> Value {
    ask(pagerduty(fake, Method::GET, path)).await.1
}

fn event(change: &Value) -> Value {
    let mut event = json!({
        "routing_key": Settings::default().services[0].routing_key, "event_action": "trigger", "dedup_key": "k1",
        "payload": {"summary": "2FA is off", "source": "dispatch", "severity": "critical", "custom_details": {"who": "jane"}},
        "links": [{"href": "https://example.com/1", "text": "issue"}],
    });
    for (name, value) in change.as_object().unwrap() {
        event[name] = value.clone();
    }
    event
}

async fn enqueue(fake: &PagerDuty, change: Value) -> (u16, Value) {
    ask(client().post(format!("{}/v2/enqueue", fake.url())).json(&event(&change))).await
}

#[tokio::test]
async fn an_incident_is_opened_noted_and_resolved() {
    let fake = fresh().await;
    let (status, answer) = create(&fake, json!({})).await;
    assert_eq!((status, &answer["incident"]["status"]), (201, &json!("triggered")));
    let id = answer["incident"]["id"].as_str().unwrap();
    let path = format!("/incidents/{id}");
    let note =
        pagerduty(&fake, Method::POST, &format!("{path}/notes")).json(&json!({"note": {"content": "Jane says no"}}));
    assert_eq!(ask(note).await.0, 200);
    assert_eq!(get(&fake, &format!("{path}/notes")).await["notes"][0]["content"], "Jane says no");
    let put = |status: &str| {
        let body = json!({"incident": {"type": "incident_reference", "status": status}});
        pagerduty(&fake, Method::PUT, &path).json(&body)
    };
    assert_eq!(ask(put("resolved")).await.1["incident"]["status"], "resolved");
    assert_eq!(ask(put("resolved")).await.1["error"]["code"], 1001);
    assert_eq!(ask(put("acknowledged")).await.0, 200);
    let stored = &fake.incidents()[0];
    assert_eq!(
        (stored.title.as_str(), stored.details.as_str(), stored.key.as_str()),
        ("2FA is off", "see the issue", "k1")
    );
    assert_eq!(get(&fake, &path).await["incident"]["incident_key"], "k1");
    assert_eq!(get(&fake, "/services/PABC123").await["service"]["name"], "Security on-call");
    assert!(fake.violations().is_empty());
}

#[tokio::test]
async fn an_open_key_is_refused_until_it_is_resolved() {
    let fake = fresh().await;
    create(&fake, json!({})).await;
    let (status, answer) = create(&fake, json!({})).await;
    assert_eq!(status, 400);
    assert_eq!(
        answer["error"]["errors"],
        json!(["Open incident with matching dedup key already exists on this service"])
    );
    assert_eq!(create(&fake, json!({"service": {"id": "PDEF456", "type": "service_reference"}})).await.0, 201);
    let open = "/incidents?incident_key=k1&statuses[]=triggered&statuses[]=acknowledged&service_ids[]=PABC123";
    assert_eq!(get(&fake, open).await["incidents"][0]["id"], "Q1");
    fake.resolve("Q1").unwrap();
    assert_eq!(get(&fake, open).await["incidents"], json!([]));
    assert_eq!(create(&fake, json!({})).await.0, 201);
    assert!(fake.violations().is_empty());
}

#[tokio::test]
async fn an_incident_for_oneself_calls_nobody() {
    let fake = fresh().await;
    let to =
        |id: &str| json!({"assignments": [{"assignee": {"id": id, "type": "user_reference"}}], "incident_key": id});
    assert_eq!(create(&fake, to("PDISPATCH")).await.1["incident"]["status"], "acknowledged");
    assert_eq!(create(&fake, to("PSAM")).await.1["incident"]["status"], "triggered");
}

#[tokio::test]
async fn callers_need_a_key_a_sender_and_the_right_types() {
    let fake = fresh().await;
    let url = format!("{}/incidents", fake.url());
    let key = format!("Token token={}", Settings::default().api_key);
    let accept = "application/vnd.pagerduty+json;version=2";
    assert_eq!(ask(client().get(&url).header("accept", accept)).await.0, 401);
    assert_eq!(ask(client().get(&url).header("authorization", "Token token=other")).await.0, 401);
    assert_eq!(ask(client().get(&url).header("authorization", key.replace("Token token=", "Bearer "))).await.0, 401);
    assert_eq!(ask(client().get(&url).header("authorization", &key)).await.0, 400);
    let from_nobody =
        client().post(&url).header("authorization", &key).header("accept", accept).json(&incident(&json!({})));
    assert_eq!(ask(from_nobody).await.1["error"]["errors"][0], "Requester User Not Found");
    assert!(fake.incidents().is_empty());
    assert_eq!(fake.violations().len(), 4);
}

#[tokio::test]
async fn rubbish_is_refused_and_noted() {
    let fake = fresh().await;
    let cases = [
        json!({"type": "incidents"}),
        json!({"title": ""}),
        json!({"title": 7}),
        json!({"service": {"id": SERVICE}}),
        json!({"service": SERVICE}),
        json!({"body": {"type": "incident_body", "details": {"a": 1}}}),
        json!({"urgency": "middling"}),
        json!({"incident_key": "x".repeat(256)}),
        json!({"severity": "critical"}),
        json!({"assignments": [], "escalation_policy": {"id": "P", "type": "escalation_policy_reference"}}),
    ];
    let count = cases.len();
    for change in cases {
        assert_eq!(create(&fake, change.clone()).await.0, 400, "{change}");
    }
    assert_eq!(ask(pagerduty(&fake, Method::GET, "/incidents?incident_key=")).await.0, 400);
    assert_eq!(ask(pagerduty(&fake, Method::GET, "/incidents?colour=red")).await.0, 400);
    assert_eq!(fake.violations().len(), count + 2);
    assert!(fake.incidents().is_empty());
}

#[tokio::test]
async fn events_trigger_fold_acknowledge_and_resolve() {
    let fake = fresh().await;
    let (status, answer) = enqueue(&fake, json!({})).await;
    assert_eq!((status, answer), (202, json!({"status": "success", "message": "Event processed", "dedup_key": "k1"})));
    enqueue(&fake, json!({})).await;
    let incidents = fake.incidents();
    assert_eq!((incidents.len(), incidents[0].triggered), (1, 2));
    assert_eq!((incidents[0].service_id.as_str(), incidents[0].urgency.as_str()), (SERVICE, "high"));
    enqueue(&fake, json!({"event_action": "acknowledge"})).await;
    assert_eq!(fake.incidents()[0].status, "acknowledged");
    enqueue(&fake, json!({"event_action": "resolve"})).await;
    assert_eq!(fake.incidents()[0].status, "resolved");
    assert_eq!(enqueue(&fake, json!({"event_action": "resolve"})).await.0, 202);
    enqueue(&fake, json!({})).await;
    assert_eq!(fake.incidents().len(), 2);
    assert!(fake.violations().is_empty());
}

#[tokio::test]
async fn events_and_rest_share_the_keys_of_a_service() {
    let fake = fresh().await;
    enqueue(&fake, json!({})).await;
    assert_eq!(create(&fake, json!({})).await.0, 400);
    let (_, answer) = ask(client().post(format!("{}/v2/enqueue", fake.url())).json(&{
        let mut event = event(&json!({}));
        event.as_object_mut().unwrap().remove("dedup_key");
        event
    }))
    .await;
    assert_eq!(answer["dedup_key"], json!(fake.incidents()[1].key));
}

#[tokio::test]
async fn invalid_events_are_refused() {
    let fake = fresh().await;
    let payload = |name: &str, value: Value| {
        let mut payload = event(&json!({}))["payload"].clone();
        payload[name] = value;
        json!({"payload": payload})
    };
    let cases = [
        json!({"routing_key": "short"}),
        json!({"event_action": "fire"}),
        json!({"dedup_key": "x".repeat(256)}),
        json!({"colour": "red"}),
        json!({"payload": null}),
        json!({"links": [{"text": "no address"}]}),
        json!({"links": [{"href": "javascript:alert(1)"}]}),
        payload("summary", json!("x".repeat(1_025))),
        payload("summary", json!("")),
        payload("severity", json!("fatal")),
        payload("source", json!(null)),
        payload("custom_details", json!("text")),
        payload("custom_details", json!({"long": "x".repeat(512_000)})),
    ];
    let count = cases.len();
    for change in cases {
        let (status, answer) = enqueue(&fake, change.clone()).await;
        assert_eq!((status, &answer["status"]), (400, &json!("invalid event")));
    }
    assert_eq!(fake.violations().len(), count);
    let (status, _) = enqueue(&fake, json!({"routing_key": "x".repeat(32)})).await;
    assert_eq!((status, fake.violations().len()), (400, count), "a key of the right form may still be wrong");
    assert!(fake.incidents().is_empty());
}

#[tokio::test]
async fn an_incident_tells_who_took_it() {
    let fake = fresh().await;
    create(&fake, json!({})).await;
    enqueue(&fake, json!({"dedup_key": "k2"})).await;
    enqueue(&fake, json!({"dedup_key": "k2", "event_action": "acknowledge"})).await;
    fake.acknowledge_as("Q1", "jane").unwrap();
    let who = async |id: &str| {
        let shown = get(&fake, &format!("/incidents/{id}")).await;
        shown["incident"]["acknowledgements"][0]["acknowledger"].clone()
    };
    assert_eq!(who("Q1").await, json!({"id": "PJANE", "type": "user_reference", "summary": "Jane Example"}));
    assert_eq!(who("Q2").await, json!({"id": SERVICE, "type": "service_reference", "summary": "Security on-call"}));
    fake.resolve("Q1").unwrap();
    assert_eq!(who("Q1").await, Value::Null);
    assert_eq!(fake.console_pagerduty()["incidents"][1]["changed_by"], "Sam Example");
    fake.reopen("Q1").unwrap();
    assert_eq!((fake.incidents()[0].status.as_str(), &fake.incidents()[0].changed_by), ("triggered", &None));
    assert_eq!(get(&fake, "/incidents/Q2").await["incident"]["incident_key"], Value::Null);
}

#[tokio::test]
async fn on_calls_are_filtered_and_show_users_on_request() {
    let fake = fresh().await;
    let names = async |query: &str| {
        let shown = get(&fake, &format!("/oncalls?{query}")).await;
        let of = |turn: &Value| turn["user"]["summary"].as_str().unwrap().to_owned();
        shown["oncalls"].as_array().unwrap().iter().map(of).collect::<Vec<_>>()
    };
    let turn =
        |level, handle: &str| OnCall { level, user: User::named(handle), ..Settings::default().on_call.remove(0) };
    fake.put_on_call(vec![turn(1, "jane"), OnCall { policy: "PELSE".to_owned(), schedule: None, ..turn(1, "joe") }]);
    assert_eq!(names("escalation_policy_ids[]=PPOLICY").await, ["Jane Example"]);
    assert_eq!(names("escalation_policy_ids[]=PELSE").await, ["Joe Example"]);
    assert_eq!(names("schedule_ids[]=PSCHEDULE").await, ["Jane Example"]);
    assert_eq!(names("escalation_policy_ids[]=PELSE&schedule_ids[]=PSCHEDULE").await, [""; 0]);
    let full = get(&fake, "/oncalls?schedule_ids[]=PSCHEDULE&include[]=users").await["oncalls"][0]["user"].clone();
    assert_eq!((&full["type"], &full["email"]), (&json!("user"), &json!("jane@example.com")));
    let brief = get(&fake, "/oncalls?schedule_ids[]=PSCHEDULE").await["oncalls"][0]["user"].clone();
    assert_eq!((&brief["type"], &brief["email"]), (&json!("user_reference"), &Value::Null));
    assert!(fake.violations().is_empty());
    for query in ["schedule_ids[]=", "policies=PELSE", "limit=101", "include[]=persons"] {
        assert_eq!(ask(pagerduty(&fake, Method::GET, &format!("/oncalls?{query}"))).await.0, 400, "{query}");
    }
    assert_eq!(fake.violations().len(), 4);
}

#[tokio::test]
async fn people_are_found_by_name_or_address() {
    let fake = fresh().await;
    let ids = async |query: &str| {
        let shown = get(&fake, &format!("/users?{query}")).await;
        let of = |user: &Value| user["id"].as_str().unwrap().to_owned();
        shown["users"].as_array().unwrap().iter().map(of).collect::<Vec<_>>()
    };
    assert_eq!(ids("query=SAM@example.com").await, ["PSAM"]);
    assert_eq!(ids("query=jane%20ex&limit=100").await, ["PJANE"]);
    assert_eq!(ids("query=nobody").await, [""; 0]);
    assert!(fake.violations().is_empty());
    assert_eq!(ask(pagerduty(&fake, Method::GET, "/users?limit=0")).await.0, 400);
    assert_eq!(fake.violations().len(), 1);
}

#[tokio::test]
async fn the_console_sees_incidents() {
    let fake = fresh().await;
    create(&fake, json!({})).await;
    enqueue(&fake, json!({"dedup_key": "k2"})).await;
    fake.acknowledge("Q1").unwrap();
    assert!(fake.acknowledge("Q9").is_err());
    let shown = fake.console_pagerduty();
    let page = client().get(shown["incidents"][0]["url"].as_str().unwrap()).send().await.unwrap();
    assert!(page.text().await.unwrap().contains("who: jane"));
    assert_eq!(shown["incidents"][0]["details"], "who: jane");
    assert_eq!(shown["incidents"][0]["links"], json!([{"href": "https://example.com/1", "text": "issue"}]));
    assert_eq!(
        (&shown["incidents"][1]["status"], &shown["incidents"][1]["details"]),
        (&json!("acknowledged"), &json!("see the issue"))
    );
}

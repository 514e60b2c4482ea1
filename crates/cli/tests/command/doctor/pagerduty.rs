//! What can be wrong in PagerDuty.

use dispatch_simulator::fake::{
    Fault, Kind,
    pagerduty::{OnCall, User},
};
use serde_json::{Value, json};

use super::{Plant, find_each, ward::Ward};

/// The service looks like this from now on.
fn show(ward: &mut Ward, status: &str, policy: &Value) {
    let service = json!({ "service": { "id": "PABC123", "name": "Security on-call", "status": status,
        "html_url": "https://example.com/service", "escalation_policy": policy } });
    let kind = Kind::Answer { status: 200, body: service.to_string() };
    ward.fakes.pagerduty.fault(Fault::new("getService", kind).always());
}

fn policy() -> Value {
    json!({ "id": "PPOLICY", "type": "escalation_policy_reference" })
}

#[test]
fn each_fault_of_the_rest_interface_is_found() {
    find_each(&[
        Plant::new("mistyped", |ward| ward.set("PAGERDUTY_API_KEY", "other"), "API key", "Create New API Key"),
        Plant::new(
            "it may only read",
            |ward| {
                let body = json!({ "error": { "message": "Access Denied", "code": 2010 } }).to_string();
                ward.fakes
                    .pagerduty
                    .fault(Fault::new("createIncidentNote", Kind::Answer { status: 403, body }).always());
            },
            "API key",
            "leave Read-only off",
        ),
        Plant::new("no such service", |ward| ward.set("PAGERDUTY_SERVICE_ID", "PNONE"), "service", "service-directory"),
        Plant::new(
            "disabled",
            |ward| show(ward, "disabled", &policy()),
            "service",
            "Enable the service at https://example.com/service",
        ),
        Plant::new(
            "in maintenance",
            |ward| show(ward, "maintenance", &policy()),
            "service",
            "End the maintenance window",
        ),
        Plant::new(
            "without a policy",
            |ward| show(ward, "active", &Value::Null),
            "service",
            "Choose an escalation policy",
        ),
        Plant::new(
            "no such sender",
            |ward| ward.set("PAGERDUTY_FROM_ADDRESS", "nobody@example.com"),
            "sender",
            "Set PAGERDUTY_FROM_ADDRESS",
        ),
        Plant::new(
            "the sender is on call",
            |ward| {
                let turn = |level, handle| OnCall {
                    policy: "PPOLICY".to_owned(),
                    schedule: None,
                    level,
                    user: User::named(handle),
                };
                ward.fakes.pagerduty.put_on_call(vec![turn(1, "sam"), turn(2, "dispatch")]);
            },
            "sender",
            "Take the user off the schedules",
        ),
        Plant::new(
            "nobody is on call",
            |ward| ward.fakes.pagerduty.put_on_call(Vec::new()),
            "on call",
            "Put somebody on the schedules",
        ),
    ]);
}

#[test]
fn each_fault_of_the_routing_key_is_found() {
    find_each(&[
        Plant::new("too short", |ward| ward.set("PAGERDUTY_ROUTING_KEY", "0123"), "routing key", "Events API V2"),
        Plant::new(
            "of nobody's service",
            |ward| ward.set("PAGERDUTY_ROUTING_KEY", "00000000000000000000000000000000"),
            "routing key",
            "Events API V2",
        )
        .with(&["--page"]),
    ]);
}

use std::time::Duration;

use dispatch_core::notice::{Link, Text};
use dispatch_simulator::fake::{Fault, Kind, pagerduty as fake};
use serde_json::json;

use super::*;
use crate::http::{Http, Policy};

mod ending;
mod on_call;
mod time;

const ROUTING_KEY: &str = "0123456789abcdef0123456789abcdef";
const API_KEY: &str = "accepted-by-the-fake-only";
const DEFAULT: &str = "PABC123";
const OTHER: &str = "PDEF456";

async fn start() -> fake::PagerDuty {
    fake::PagerDuty::start(fake::Settings::default()).await.unwrap()
}

fn http() -> Http {
    Http::with_policy(Policy { tries: 2, backoff: Duration::ZERO, wait_max: Duration::ZERO, ..Policy::default() })
        .unwrap()
}

fn events(world: &fake::PagerDuty, routing_key: &str) -> Option<Events> {
    Some(Events::new(http(), world.url().parse().unwrap(), routing_key.into()))
}

fn rest(world: &fake::PagerDuty, key: &str, service: &str) -> Option<Rest> {
    Some(Rest {
        http: http(),
        base: world.url().parse().unwrap(),
        key: key.into(),
        from: "dispatch@example.com".to_owned(),
        service: service.to_owned(),
    })
}

fn only_events(world: &fake::PagerDuty) -> PagerDuty {
    PagerDuty { events: events(world, ROUTING_KEY), rest: None }
}

fn only_rest(world: &fake::PagerDuty) -> PagerDuty {
    PagerDuty { events: None, rest: rest(world, API_KEY, DEFAULT) }
}

fn both(world: &fake::PagerDuty) -> PagerDuty {
    PagerDuty { events: events(world, ROUTING_KEY), rest: rest(world, API_KEY, DEFAULT) }
}

fn page() -> Notice {
    Notice {
        key: "root login".to_owned(),
        headline: "Root login".to_owned(),
        paragraphs: vec![Text::Plain("From <abroad>".to_owned())],
        link: Some(Link { url: "https://example.com/1".to_owned(), text: "example-org/alarms#1".to_owned() }),
        ..Notice::default()
    }
}

fn to(rest: &str) -> Address {
    Address::new(SCHEME, rest)
}

fn calls(world: &fake::PagerDuty) -> Vec<&'static str> {
    world.requests().iter().map(|request| request.operation).collect()
}

fn answer(status: u16) -> Kind {
    Kind::Answer { status, body: "{}".to_owned() }
}

#[tokio::test]
async fn an_event_pages_once_for_its_key() {
    let world = start().await;
    let pager = both(&world);
    world.fault(Fault::new("createV2Event", Kind::LoseReply));
    let receipt = pager.deliver(&to(""), &page()).await.unwrap();
    assert_eq!(pager.deliver(&to(""), &page()).await.unwrap(), receipt);

    let [incident] = world.incidents().try_into().unwrap();
    let (id, url) = (incident.id.clone(), Some(incident.url.clone()));
    assert_eq!(receipt, Receipt { at: to(""), id, reader: None, url });
    let alone = only_events(&world).deliver(&to(""), &page()).await.unwrap();
    assert_eq!((alone.id.as_str(), alone.url), ("root login", None));
    assert_eq!((incident.title.as_str(), incident.key.as_str()), ("Root login", "root login"));
    assert_eq!((incident.urgency.as_str(), incident.service_id.as_str()), ("high", DEFAULT));
    assert_eq!(incident.custom_details, json!({"details": "From <abroad>"}));
    let link = fake::Link { href: "https://example.com/1".to_owned(), text: "example-org/alarms#1".to_owned() };
    assert_eq!((incident.triggered, incident.links), (3, vec![link]));
    let event = world.requests()[0].json();
    assert_eq!((&event["client"], &event["payload"]["source"]), (&json!("Dispatch"), &json!("dispatch")));
    assert_eq!(world.violations(), [""; 0]);
}

#[tokio::test]
async fn an_incident_pages_once_for_its_key() {
    let world = start().await;
    let pager = only_rest(&world);
    world.fault(Fault::new("createIncident", Kind::LoseReply));
    let receipt = pager.deliver(&to(""), &page()).await.unwrap();
    let [incident] = world.incidents().try_into().unwrap();
    assert_eq!(receipt, Receipt { at: to(DEFAULT), id: incident.id, reader: None, url: Some(incident.url) });
    assert_eq!(pager.deliver(&to(""), &page()).await.unwrap(), receipt);
    world.acknowledge(&receipt.id).unwrap();
    assert_eq!(pager.deliver(&to(""), &page()).await.unwrap(), receipt);

    assert_eq!(world.incidents().len(), 1);
    assert_eq!((incident.title.as_str(), incident.urgency.as_str()), ("Root login", "high"));
    assert_eq!(incident.details, "From <abroad>\n\nexample-org/alarms#1: https://example.com/1");
    assert_eq!(world.violations(), [""; 0]);

    world.resolve(&receipt.id).unwrap();
    let next = pager.deliver(&to(""), &page()).await.unwrap();
    assert_ne!(next.id, receipt.id, "what was resolved may happen again");
}

#[tokio::test]
async fn an_open_incident_is_success_even_when_it_cannot_be_found() {
    let world = start().await;
    let pager = only_rest(&world);
    pager.deliver(&to(""), &page()).await.unwrap();
    for kind in [answer(500), answer(403), Kind::Malformed] {
        world.fault(Fault::new("listIncidents", kind).times(2));
        let receipt = pager.deliver(&to(""), &page()).await.unwrap();
        assert_eq!(receipt, Receipt { at: to(DEFAULT), id: "root login".to_owned(), reader: None, url: None });
        world.clear_faults();
    }
    assert_eq!(world.incidents().len(), 1);
}

#[tokio::test]
async fn a_created_incident_whose_reply_is_garbled_is_found() {
    let world = start().await;
    world.fault(Fault::new("createIncident", Kind::Malformed));
    let receipt = only_rest(&world).deliver(&to(""), &page()).await.unwrap();
    assert_eq!((receipt.at, world.incidents().len()), (to(DEFAULT), 1));
}

#[tokio::test]
async fn a_named_service_is_paged_by_rest() {
    for pager in [both, only_rest] {
        let world = start().await;
        for name in [OTHER, DEFAULT] {
            let receipt = pager(&world).deliver(&to(name), &page()).await.unwrap();
            assert_eq!(receipt.at, to(name));
        }
        let services: Vec<_> = world.incidents().into_iter().map(|incident| incident.service_id).collect();
        assert_eq!(services, [OTHER, DEFAULT]);
        assert_eq!(calls(&world), ["createIncident"; 2]);
        assert_eq!(world.violations(), [""; 0]);
    }
}

#[tokio::test]
async fn an_event_tells_which_service_was_wished_for() {
    let world = start().await;
    let receipt = only_events(&world).deliver(&to(OTHER), &page()).await.unwrap();
    assert_eq!(receipt.at, to(""));
    let [incident] = world.incidents().try_into().unwrap();
    assert_eq!(incident.service_id, DEFAULT);
    assert_eq!(incident.custom_details["wished_service"], OTHER);
}

#[tokio::test]
async fn a_service_that_refuses_is_replaced_by_the_default() {
    let world = start().await;
    both(&world).deliver(&to("PNONE"), &page()).await.unwrap();
    let receipt = only_rest(&world).deliver(&to("PNONE"), &Notice { key: "2".to_owned(), ..page() }).await.unwrap();
    assert_eq!(receipt.at, to(DEFAULT));
    let [event, incident] = world.incidents().try_into().unwrap();
    assert!(event.by_event && !incident.by_event);
    let told = [event.custom_details["details"].as_str().unwrap().to_owned(), incident.details];
    for details in told {
        assert!(details.starts_with("This page was meant for PagerDuty service PNONE: "), "{details}");
        assert!(details.contains("Service not found") && details.contains("From <abroad>"), "{details}");
    }
}

#[tokio::test]
async fn a_page_goes_out_whatever_refuses_the_named_service() {
    for status in [400, 401, 402, 403, 404] {
        let world = start().await;
        world.fault(Fault::new("createIncident", answer(status)));
        both(&world).deliver(&to(OTHER), &page()).await.unwrap();
        assert_eq!(calls(&world), ["createIncident", "createV2Event", "listIncidents"], "{status}");
    }
}

#[tokio::test]
async fn a_named_service_that_is_busy_is_waited_for() {
    let world = start().await;
    for (kind, wait) in
        [(Kind::RateLimited { retry_after_s: Some(30) }, Some(Duration::from_secs(30))), (answer(503), None)]
    {
        world.fault(Fault::new("createIncident", kind).times(2));
        match both(&world).deliver(&to(OTHER), &page()).await.unwrap_err() {
            Failed::Busy { wait: asked, .. } => assert_eq!(asked, wait),
            failed => assert!(failed.is_unsure(), "{failed}"),
        }
        world.clear_faults();
    }
    assert_eq!(world.incidents().len(), 0);
}

#[tokio::test]
async fn where_events_fail_rest_pages() {
    for kind in [answer(500), answer(400), answer(401), Kind::RateLimited { retry_after_s: Some(30) }, Kind::Drop] {
        let world = start().await;
        world.fault(Fault::new("createV2Event", kind.clone()).always());
        let receipt = both(&world).deliver(&to(""), &page()).await.unwrap();
        assert_eq!(receipt.at, to(DEFAULT), "{kind:?}");
        assert_eq!(world.incidents().len(), 1, "{kind:?}");
    }
}

#[tokio::test]
async fn what_may_work_later_comes_back() {
    let world = start().await;
    world.fault(Fault::new("createV2Event", Kind::RateLimited { retry_after_s: Some(30) }).always());
    world.fault(Fault::new("createIncident", answer(404)).always());
    let failed = both(&world).deliver(&to(""), &page()).await.unwrap_err();
    assert!(matches!(failed, Failed::Busy { wait: Some(_), .. }), "{failed}");
}

#[tokio::test]
async fn a_wrong_key_comes_back_and_a_bad_event_does_not() {
    let world = start().await;
    let pager = PagerDuty { events: None, rest: rest(&world, "wrong-secret", DEFAULT) };
    let failed = pager.deliver(&to(""), &page()).await.unwrap_err();
    assert!(matches!(failed, Failed::Busy { wait: None, .. }), "{failed}");

    let pager = PagerDuty { events: events(&world, "ffffffffffffffffffffffffffffffff"), rest: None };
    let failed = pager.deliver(&to(""), &page()).await.unwrap_err();
    assert!(failed.is_final() && failed.to_string().contains("Invalid routing key"), "{failed}");
}

#[tokio::test]
async fn no_secret_is_shown() {
    let world = start().await;
    let secret = "ffffffffffffffffffffffffffffffff";
    for key in [secret, "ffffffffffffffffffffffffffffffff\n"] {
        let pager = PagerDuty { events: events(&world, key), rest: rest(&world, key, DEFAULT) };
        let failed = pager.deliver(&to(OTHER), &page()).await.unwrap_err();
        let text = format!("{failed} {failed:?} {pager:?}");
        assert!(!text.contains(secret), "{text}");
    }
}

#[tokio::test]
async fn a_revision_is_a_note_on_the_incident() {
    let world = start().await;
    let receipt = only_rest(&world).deliver(&to(""), &page()).await.unwrap();
    let news = Notice { headline: "jane answered yes after all".to_owned(), ..Notice::default() };
    both(&world).revise(&receipt, &news).await.unwrap();
    let notes: Vec<_> = world.incidents().remove(0).notes.into_iter().map(|note| note.content).collect();
    assert_eq!(notes, ["jane answered yes after all"]);

    let seen = world.requests().len();
    let event = both(&world).deliver(&to(""), &Notice { key: "2".to_owned(), link: None, ..page() }).await.unwrap();
    both(&world).revise(&event, &news).await.unwrap();
    only_events(&world).revise(&receipt, &news).await.unwrap();
    assert_eq!(world.requests().len(), seen + 1, "an event cannot be revised");
    assert_eq!(world.violations(), [""; 0]);
}

#[tokio::test]
async fn whatever_is_said_pagerduty_takes_it() {
    let world = start().await;
    let notice = Notice {
        key: "é".repeat(1_000),
        headline: "h\n".repeat(5_000),
        paragraphs: vec![Text::Markup("\u{1}".repeat(400_000)), Text::Plain(String::new())],
        ..Notice::default()
    };
    for pager in [only_rest, only_events] {
        pager(&world).deliver(&to(""), &notice).await.unwrap();
        pager(&world).deliver(&to(""), &Notice::default()).await.unwrap();
    }
    assert_eq!(world.violations(), [""; 0]);
}

#[tokio::test]
async fn without_any_way_a_page_is_refused() {
    let failed = PagerDuty { events: None, rest: None }.deliver(&to(""), &page()).await.unwrap_err();
    assert!(failed.is_final());
}

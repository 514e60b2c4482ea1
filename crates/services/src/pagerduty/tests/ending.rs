//! How a page stands, and how it ends, whichever way it went.

use super::*;

const WHY: &str = "jane said yes after all";

fn bare(at: &str, key: &str) -> Receipt {
    Receipt { at: to(at), id: key.to_owned(), reader: None, url: None }
}

fn taken(by: &str) -> Option<Standing> {
    Some(Standing::Taken { by: Some(by.to_owned()) })
}

/// The states of all incidents, oldest first.
fn states(world: &fake::PagerDuty) -> Vec<String> {
    world.incidents().into_iter().map(|incident| incident.status).collect()
}

#[tokio::test]
async fn a_page_is_open_then_taken_then_over() {
    for (pager, name) in [(only_rest as fn(&fake::PagerDuty) -> PagerDuty, "rest"), (both, "both")] {
        let world = start().await;
        let receipt = pager(&world).deliver(&to(""), &page()).await.unwrap();
        let id = world.incidents()[0].id.clone();
        // A receipt without an address to open holds the key; the page may have gone either way.
        for receipt in [receipt, bare("", "root login"), bare(DEFAULT, "root login")] {
            let seen = async || pager(&world).standing(&receipt).await.unwrap();
            assert_eq!(seen().await, Some(Standing::Open), "{name}");
            world.acknowledge_as(&id, "jane").unwrap();
            assert_eq!(seen().await, taken("Jane Example"), "{name}");
            world.resolve(&id).unwrap();
            assert_eq!(seen().await, Some(Standing::Over), "{name}");
            world.reopen(&id).unwrap();
        }
        assert_eq!(world.violations(), [""; 0]);
    }
}

#[tokio::test]
async fn what_cannot_be_seen_is_not_guessed() {
    let world = start().await;
    let receipt = only_events(&world).deliver(&to(""), &page()).await.unwrap();
    assert_eq!(only_events(&world).standing(&receipt).await, Ok(None));
    for unseen in [bare("", "not there yet"), bare("", ""), bare(OTHER, "root login")] {
        assert_eq!(both(&world).standing(&unseen).await, Ok(None), "{unseen:?}");
    }
    let gone = Receipt { url: Some("https://example.com/Q9".to_owned()), ..bare("", "Q9") };
    assert_eq!(both(&world).standing(&gone).await, Ok(Some(Standing::Over)));

    world.fault(Fault::new("listIncidents", answer(503)).always());
    assert!(both(&world).standing(&receipt).await.unwrap_err().is_unsure());
    world.clear_faults();
    world.fault(Fault::new("listIncidents", answer(403)).always());
    assert!(both(&world).standing(&receipt).await.unwrap_err().is_final(), "nothing waits for a right that is missing");
    let body = r#"{"incident":{"id":"Q1","status":"snoozed"}}"#.to_owned();
    world.fault(Fault::new("getIncident", Kind::Answer { status: 200, body }));
    assert_eq!(both(&world).standing(&gone).await, Ok(None), "a state that may be added one day");
}

#[tokio::test]
async fn an_incident_is_resolved_once_and_says_why() {
    let world = start().await;
    let receipt = both(&world).deliver(&to(OTHER), &page()).await.unwrap();
    world.fault(Fault::new("updateIncident", Kind::LoseReply));
    for _ in 0..2 {
        both(&world).resolve(&receipt, WHY).await.unwrap();
    }
    let [incident] = world.incidents().try_into().unwrap();
    let said: Vec<_> = incident.notes.into_iter().map(|note| note.content).collect();
    assert_eq!((incident.status.as_str(), said), ("resolved", vec![WHY.to_owned()]));

    let gone = Receipt { id: "Q9".to_owned(), ..receipt.clone() };
    both(&world).resolve(&gone, WHY).await.unwrap();
    assert!(only_events(&world).resolve(&receipt, WHY).await.unwrap_err().is_final());
    assert_eq!(world.violations(), [""; 0]);
}

#[tokio::test]
async fn a_key_is_resolved_whichever_way_its_page_went() {
    for (opened_by, name) in [(only_rest as fn(&fake::PagerDuty) -> PagerDuty, "rest"), (only_events, "events")] {
        for (pager, way) in
            [(only_rest as fn(&fake::PagerDuty) -> PagerDuty, "rest"), (only_events, "events"), (both, "both")]
        {
            let world = start().await;
            opened_by(&world).deliver(&to(""), &page()).await.unwrap();
            for _ in 0..2 {
                pager(&world).resolve_key(&to(""), "root login", WHY).await.unwrap();
            }
            assert_eq!(states(&world), ["resolved"], "opened by {name}, resolved by {way}");
            assert_eq!(world.violations(), [""; 0]);
        }
    }
}

#[tokio::test]
async fn a_bare_receipt_of_an_event_is_resolved() {
    let world = start().await;
    let receipt = only_events(&world).deliver(&to(""), &Notice { key: "é".repeat(300), ..page() }).await.unwrap();
    only_events(&world).resolve(&receipt, WHY).await.unwrap();
    assert_eq!(states(&world), ["resolved"]);
    // The key is cut as it was when the page went out.
    only_events(&world).deliver(&to(""), &Notice { key: "é".repeat(300), ..page() }).await.unwrap();
    both(&world).resolve_key(&to(""), &"é".repeat(300), WHY).await.unwrap();
    assert_eq!(states(&world), ["resolved", "resolved"]);
    assert_eq!(world.violations(), [""; 0]);
}

/// Keys are the sender's: two teams may use the same one.
#[tokio::test]
async fn the_same_key_elsewhere_stays_open() {
    let world = start().await;
    for at in ["", OTHER] {
        both(&world).deliver(&to(at), &page()).await.unwrap();
    }
    let second = Notice { key: "second".to_owned(), ..page() };
    both(&world).deliver(&to(""), &second).await.unwrap();
    both(&world).resolve_key(&to(OTHER), "root login", WHY).await.unwrap();
    assert_eq!(states(&world), ["triggered", "resolved", "triggered"]);
    both(&world).resolve_key(&to(""), "root login", WHY).await.unwrap();
    assert_eq!(states(&world), ["resolved", "resolved", "triggered"]);
}

#[tokio::test]
async fn a_page_that_took_another_way_is_found_there() {
    let world = start().await;
    both(&world).deliver(&to("PNONE"), &page()).await.unwrap();
    both(&world).resolve_key(&to("PNONE"), "root login", WHY).await.unwrap();
    assert_eq!(states(&world), ["resolved"]);
}

#[tokio::test]
async fn without_a_key_nothing_is_resolved() {
    let world = start().await;
    both(&world).deliver(&to(""), &page()).await.unwrap();
    for key in ["", " "] {
        assert!(both(&world).resolve_key(&to(""), key, WHY).await.unwrap_err().is_final());
        assert!(both(&world).resolve(&bare("", key), WHY).await.unwrap_err().is_final());
    }
    assert!(PagerDuty { events: None, rest: None }.resolve_key(&to(""), "k", WHY).await.unwrap_err().is_final());
    assert_eq!(states(&world), ["triggered"]);
}

/// As long as one way was not asked, the page may still be open there.
#[tokio::test]
async fn a_way_that_fails_comes_back() {
    let world = start().await;
    only_rest(&world).deliver(&to(""), &page()).await.unwrap();
    world.fault(Fault::new("createV2Event", answer(400)).always());
    world.fault(Fault::new("listIncidents", Kind::RateLimited { retry_after_s: Some(30) }).always());
    let failed = both(&world).resolve_key(&to(""), "root login", WHY).await.unwrap_err();
    assert!(matches!(failed, Failed::Busy { wait: Some(_), .. }), "{failed}");
    world.clear_faults();
    world.fault(Fault::new("createV2Event", answer(500)).always());
    let pager = both(&world);
    pager.resolve_key(&to(""), "root login", WHY).await.unwrap();
    assert_eq!(states(&world), ["resolved"]);
    assert!(pager.resolve_key(&to(""), "root login", WHY).await.unwrap_err().is_unsure(), "nothing was found");
}

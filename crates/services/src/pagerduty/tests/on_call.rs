//! Who is on call.

use dispatch_core::alarm::Person;

use super::*;

fn turn(policy: &str, level: u32, handle: &str) -> fake::OnCall {
    fake::OnCall { policy: policy.to_owned(), schedule: None, level, user: fake::User::named(handle) }
}

fn person(name: &str, email: &str) -> Option<Person> {
    Some(Person { name: name.to_owned(), address: Some(Address::new("slack", email)) })
}

#[tokio::test]
async fn a_policy_and_a_schedule_name_whoever_is_called_first() {
    let world = start().await;
    let rest = only_rest(&world);
    for id in ["PPOLICY", "PSCHEDULE"] {
        assert_eq!(rest.on_call(id).await, Ok(person("Sam Example", "sam@example.com")), "{id}");
    }
    world.put_on_call(vec![turn("PPOLICY", 2, "sam"), turn("PPOLICY", 1, "jane"), turn("PPOLICY", 3, "joe")]);
    world.fault(Fault::new("listOnCalls", Kind::LoseReply));
    assert_eq!(rest.on_call("PPOLICY").await, Ok(person("Jane Example", "jane@example.com")));
    assert_eq!(world.violations(), [""; 0]);
}

#[tokio::test]
async fn nobody_may_be_on_call() {
    let world = start().await;
    assert_eq!(both(&world).on_call("PNONE").await, Ok(None));
    world.put_on_call(Vec::new());
    assert_eq!(both(&world).on_call("PPOLICY").await, Ok(None));
    assert_eq!(world.violations(), [""; 0]);
}

/// An account may know a policy and refuse it as a schedule, or the other way round.
#[tokio::test]
async fn a_kind_that_is_refused_leaves_the_other() {
    let world = start().await;
    world.fault(Fault::new("listOnCalls", answer(404)));
    assert_eq!(only_rest(&world).on_call("PSCHEDULE").await, Ok(person("Sam Example", "sam@example.com")));
    world.put_on_call(Vec::new());
    let empty = r#"{"oncalls":[]}"#.to_owned();
    world.fault(Fault::new("listOnCalls", Kind::Answer { status: 200, body: empty }));
    world.fault(Fault::new("listOnCalls", answer(404)));
    assert_eq!(only_rest(&world).on_call("PPOLICY").await, Ok(None));
    world.fault(Fault::new("listOnCalls", answer(404)).times(2));
    assert!(only_rest(&world).on_call("PNONE").await.unwrap_err().is_final());
}

#[tokio::test]
async fn of_those_who_are_called_at_once_somebody_can_be_reached() {
    let world = start().await;
    let body = r#"{"oncalls":[
        {"escalation_level":2,"user":{"name":"Late","email":"late@example.com"}},
        {"escalation_level":1,"user":{"summary":"No Address"}},
        {"escalation_level":1,"user":{"name":"Jane Example","email":"jane@example.com"}}]}"#;
    world.fault(Fault::new("listOnCalls", Kind::Answer { status: 200, body: body.to_owned() }));
    assert_eq!(only_rest(&world).on_call("PPOLICY").await, Ok(person("Jane Example", "jane@example.com")));
    let body = r#"{"oncalls":[{"escalation_level":1,"user":{"summary":"No Address"}}]}"#.to_owned();
    world.fault(Fault::new("listOnCalls", Kind::Answer { status: 200, body }));
    let nameless = Person { name: "No Address".to_owned(), address: None };
    assert_eq!(only_rest(&world).on_call("PPOLICY").await, Ok(Some(nameless)));
}

#[tokio::test]
async fn who_cannot_be_asked_is_told_apart_from_nobody() {
    let world = start().await;
    assert!(only_events(&world).on_call("PPOLICY").await.unwrap_err().is_final());
    for id in ["", " "] {
        assert!(only_rest(&world).on_call(id).await.unwrap_err().is_final());
    }
    assert_eq!(calls(&world), [""; 0]);
    world.fault(Fault::new("listOnCalls", answer(403)).always());
    assert!(
        only_rest(&world).on_call("PPOLICY").await.unwrap_err().is_final(),
        "the page does not wait for an operator"
    );
    world.clear_faults();
    world.fault(Fault::new("listOnCalls", answer(500)).always());
    assert!(only_rest(&world).on_call("PPOLICY").await.unwrap_err().is_unsure());
}

//! In which time zone a reader is.

use super::*;

fn berlin() -> Option<String> {
    Some("Europe/Berlin".to_owned())
}

#[tokio::test]
async fn a_zone_is_known_from_finding_the_person_or_asked_for_once() {
    for (form, asks) in [("jane@example.com", 0), ("@jane", 0), ("U0JANE", 1)] {
        let (world, slack) = start().await;
        world.set_zone("jane", Some("Asia/Kathmandu")).unwrap();
        slack.deliver(&to(form), &question()).await.unwrap();
        for _ in 0..2 {
            assert_eq!(slack.zone("U0JANE").await, Ok(Some("Asia/Kathmandu".to_owned())), "{form}");
        }
        assert_eq!(calls(&world, "users.info"), asks, "{form}");
        assert_eq!(world.violations(), [""; 0]);
    }
}

#[tokio::test]
async fn a_storm_asks_for_a_zone_once() {
    let (world, slack) = start().await;
    let zones = futures::future::join_all((0..50).map(|_| slack.zone("U0JANE"))).await;
    assert!(zones.iter().all(|zone| *zone == Ok(berlin())));
    assert_eq!(calls(&world, "users.info"), 1);
}

#[tokio::test]
async fn where_slack_does_not_tell_no_zone_is_known() {
    let (world, slack) = start().await;
    world.set_zone("joe", None).unwrap();
    world.set_zone("sam", Some("")).unwrap();
    for reader in ["U0JOE", "U0SAM", "U0NOBODY", "C0SECURITY", "@jane", ""] {
        assert_eq!(slack.zone(reader).await, Ok(None), "{reader}");
    }
    assert_eq!(calls(&world, "users.info"), 3, "only people are asked about");
    world.revoke_scope("users:read");
    assert_eq!(slack.zone("U0JANE").await, Ok(None));
    assert_eq!(world.violations(), [""; 0]);
}

#[tokio::test]
async fn limits_outages_and_a_lost_token_are_no_zone() {
    let failed = async |kind, times| {
        let (world, slack) = start().await;
        world.fault(Fault::new("users.info", kind).times(times));
        slack.zone("U0JANE").await.unwrap_err()
    };
    let limited = failed(Kind::RateLimited { retry_after_s: Some(60) }, 1).await;
    assert!(matches!(limited, Failed::Busy { wait: Some(_), .. }), "{limited}");
    assert!(failed(Kind::Drop, 2).await.is_unsure());
    let revoked = failed(Kind::SlackError("token_revoked".to_owned()), 1).await;
    assert!(matches!(revoked, Failed::Busy { wait: None, .. }), "{revoked}");
    let (world, slack) = start().await;
    world.fault(Fault::new("users.info", Kind::Drop).times(2));
    slack.zone("U0JANE").await.unwrap_err();
    assert_eq!(slack.zone("U0JANE").await, Ok(berlin()), "an outage is forgotten once it is over");
}

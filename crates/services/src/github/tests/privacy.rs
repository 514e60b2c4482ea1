//! Where everybody reads, no issue is opened unasked.

use super::*;

const ABOUT: &str = "repos/get";
const OPEN: &str = "issues/create";
const SEARCH: &str = "search/issues-and-pull-requests";

/// Every operation that was asked for, by name.
fn all(town: &Town) -> Vec<&'static str> {
    let mut all: Vec<_> = town.fake.requests().iter().map(|request| request.operation).collect();
    all.sort_unstable();
    all
}

#[tokio::test]
async fn a_public_repository_is_refused_and_the_reason_says_how_to_allow_it() {
    let town = Town::new().await;
    town.fake.make_public(REPO, true).unwrap();
    let refused = town.github.open(&draft()).await.unwrap_err();
    let reason = "the repository is public, and GITHUB_ALLOW_PUBLIC is not yes".to_owned();
    assert_eq!(refused, Failed::Refused { call: "github repos.get", reason });
    // What stands there is nothing to comment on.
    town.by_hand("2FA is off", "");
    assert_eq!(town.github.search(&repo(), "2FA is off", false, &key()).await.unwrap_err(), refused);
    assert_eq!(town.operations(), [SEARCH]);

    town.fake.make_public(REPO, false).unwrap();
    town.github.open(&draft()).await.unwrap();
    assert_eq!(town.fake.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_public_repository_that_is_allowed_is_not_even_asked_about() {
    let Town { fake, github } = Town::new().await;
    let town = Town { fake, github: github.with_public(true) };
    town.fake.make_public(REPO, true).unwrap();
    town.github.search(&repo(), "2FA is off", false, &key()).await.unwrap();
    town.github.open(&draft()).await.unwrap();
    assert_eq!(all(&town), [OPEN, SEARCH]);
}

#[tokio::test]
async fn an_internal_repository_is_private() {
    let town = Town::new().await;
    let internal = Kind::Answer { status: 200, body: r#"{"private":true,"visibility":"internal"}"#.to_owned() };
    town.fake.fault(Fault::new(ABOUT, internal));
    town.github.open(&draft()).await.unwrap();
}

#[tokio::test]
async fn the_search_asks_beside_itself_and_opening_does_not_ask_again() {
    let town = Town::new().await;
    town.github.search(&repo(), "2FA is off", false, &key()).await.unwrap();
    for _ in 0..3 {
        town.github.open(&draft()).await.unwrap();
    }
    let shouted = Repo::new("Example-Org", "Alarms");
    town.github.open(&Draft { repo: shouted, ..draft() }).await.unwrap();
    assert_eq!(all(&town), [OPEN, OPEN, OPEN, OPEN, ABOUT, SEARCH]);
}

#[tokio::test]
async fn a_repository_that_was_private_is_asked_about_again_after_ten_minutes() {
    let town = Town::new().await;
    town.github.open(&draft()).await.unwrap();
    town.fake.make_public(REPO, true).unwrap();
    let pass = async |seconds| {
        tokio::time::pause();
        tokio::time::advance(Duration::from_secs(seconds)).await;
        tokio::time::resume();
    };
    pass(590).await;
    town.github.open(&draft()).await.unwrap();
    pass(11).await;
    assert!(town.github.open(&draft()).await.unwrap_err().is_final());
    assert_eq!(town.fake.issues(REPO).len(), 2);
}

#[tokio::test]
async fn nothing_is_opened_where_it_is_not_known_who_reads() {
    let answer = |status, body: &str| Kind::Answer { status, body: body.to_owned() };
    for kind in [
        answer(503, ""),
        answer(403, r#"{"message":"Resource not accessible"}"#),
        answer(451, r#"{"message":"Repository access blocked"}"#),
        answer(200, r#"{"visibility":"private"}"#),
        Kind::RateLimited { retry_after_s: Some(3_600) },
        Kind::Drop,
    ] {
        let town = Town::new().await;
        town.fake.fault(Fault::new(ABOUT, kind.clone()).always());
        town.github.open(&draft()).await.unwrap_err();
        assert_eq!(town.fake.issues(REPO).len(), 0, "{kind:?}");
    }
}

#[tokio::test]
async fn a_search_does_not_depend_on_it() {
    let town = Town::new().await;
    let number = town.by_hand("2FA is off", "");
    town.fake.fault(Fault::new(ABOUT, Kind::Answer { status: 503, body: String::new() }).always());
    let found = town.github.search(&repo(), "2FA is off", false, &key()).await.unwrap().unwrap();
    assert_eq!(found.number, IssueNumber(number));
}

#[tokio::test]
async fn a_repository_that_cannot_be_seen_is_left_to_the_opening() {
    let town = Town::new().await;
    let elsewhere = Draft { repo: Repo::new("example-org", "nowhere"), ..draft() };
    let failed = town.github.open(&elsewhere).await.unwrap_err();
    assert!(matches!(failed, Failed::Refused { call: "github issues.create", .. }), "{failed:?}");
}

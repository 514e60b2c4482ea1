//! The very issue that was opened, found whatever the list shows.

use serde_json::{Value, json};

use super::*;

const LIST: &str = "issues/list-for-repo";
const READ: &str = "issues/get";

/// A town whose list shows nothing of what is opened in it, but for `shown` issues that it begins with.
async fn lagging(shown: usize) -> Town {
    let town = Town::new().await;
    for _ in 0..shown {
        town.by_hand("seen", "");
    }
    town.fake.lag(Lag::UntilSettled);
    town.fake.settle();
    town
}

impl Town {
    async fn find(&self) -> Result<Option<u64>, Failed> {
        let since = Timestamp::now() - Duration::from_secs(300);
        Ok(self.github.find(&repo(), MARKER, "an alarm", since).await?.map(|issue| issue.number.0))
    }

    /// Has others open this many more.
    fn others(&self, count: usize, is_pull_request: bool) {
        for _ in 0..count {
            self.fake.open_by_hand(REPO, "another", "<!-- dispatch:another -->", is_pull_request).unwrap();
        }
    }

    /// What GitHub answers for the issue with this number from now on.
    fn behind(&self, number: usize, status: u16) {
        let path = format!("/repos/{REPO}/issues/{number}");
        self.fake.fault(Fault::new(path, Kind::Answer { status, body: r#"{"message":"?"}"#.to_owned() }).always());
    }

    /// Has the list show these, newest first, as (number, whether it was opened long ago).
    fn lists(&self, listed: &[(u64, bool)]) {
        let created = |is_old| if is_old { long_ago() } else { Timestamp::now() };
        let shown = listed.iter().map(|(number, is_old)| json!({ "number": number, "created_at": created(*is_old) }));
        let body = Value::from_iter(shown).to_string();
        self.fake.fault(Fault::new(LIST, Kind::Answer { status: 200, body }));
    }
}

#[tokio::test]
async fn an_issue_is_found_by_its_marker_and_not_by_a_pull_request() {
    let town = Town::new().await;
    town.fake.open_by_hand(REPO, "a change", MARKER, true).unwrap();
    assert_eq!(town.find().await, Ok(None));
    let number = town.by_hand("an alarm", &format!("text\n{MARKER}"));
    assert_eq!(town.find().await, Ok(Some(number)));
    assert_eq!(town.fake.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn an_issue_whose_reply_was_lost_is_found_before_the_list_shows_it() {
    for shown in [0, 1, 3, 100, 150] {
        let town = lagging(shown).await;
        town.fake.fault(Fault::new("issues/create", Kind::LoseReply));
        assert!(town.github.open(&draft()).await.unwrap_err().is_unsure());
        assert_eq!(town.find().await, Ok(Some(shown as u64 + 1)), "{shown} shown");
    }
}

#[tokio::test]
async fn an_issue_is_found_among_those_that_others_opened_meanwhile() {
    type Scene = (&'static str, fn(&Town), fn(&Town));
    let scenes: [Scene; 5] = [
        (
            "issues and pull requests around it",
            |town| (town.others(7, false), town.others(8, true)).1,
            |town| {
                town.others(30, false);
            },
        ),
        (
            "deleted ones before it",
            |town| town.others(25, true),
            |town| {
                (2..27).for_each(|number| town.fake.delete_by_hand(REPO, number).unwrap());
            },
        ),
        ("moved ones before it", |town| town.others(25, true), |town| (2..27).for_each(|n| town.behind(n, 301))),
        (
            "nine numbers of no issue before it",
            |town| town.others(9, false),
            |town| {
                (2..11).for_each(|number| town.behind(number, 404));
            },
        ),
        (
            "numbers of no issue here and there",
            |town| town.others(30, false),
            |town| {
                (2..32).filter(|number| number % 5 > 0).for_each(|number| town.behind(number, 404));
            },
        ),
    ];
    for (name, before, after) in scenes {
        let town = lagging(1).await;
        before(&town);
        let number = town.by_hand("an alarm", MARKER);
        after(&town);
        assert_eq!(town.find().await, Ok(Some(number)), "{name}");
    }
}

#[tokio::test]
async fn what_was_not_opened_is_not_found_after_ten_numbers_that_nothing_has() {
    for shown in [0, 1, 3] {
        let town = lagging(shown).await;
        assert_eq!(town.find().await, Ok(None));
        assert_eq!(town.operations(), [vec![LIST], vec![READ; 10]].concat());
        town.others(2, false);
        town.fake.open_by_hand(REPO, "a change", MARKER, true).unwrap();
        assert_eq!(town.find().await, Ok(None), "a pull request says the same");
    }
}

#[tokio::test]
async fn a_number_that_the_list_passes_over_is_read() {
    for (number, listed) in [
        (4, &[(5, false), (3, false), (1, true)][..]),
        (4, &[(5, false), (1, true)]),
        (1, &[(5, false), (3, false)]),
        (6, &[(5, true), (4, true)]),
    ] {
        let town = Town::new().await;
        town.others(number - 1, false);
        town.by_hand("an alarm", MARKER);
        town.others(2, false);
        town.lists(listed);
        assert_eq!(town.find().await, Ok(Some(number as u64)), "{listed:?}");
    }
}

#[tokio::test]
async fn numbers_from_before_are_not_read() {
    let town = Town::new().await;
    // Somebody deletes all but the first and the newest.
    town.lists(&[(5_000, false), (1, true)]);
    assert_eq!(town.find().await, Ok(None));
    assert_eq!(town.operations(), [vec![LIST], vec![READ; 20]].concat());
    town.lists(&[(5_000, true), (1, true)]);
    assert_eq!(town.find().await, Ok(None));
    assert_eq!(town.operations().len(), 21 + 11);
}

#[tokio::test]
async fn the_list_is_read_back_to_the_time_asked_for() {
    let town = Town::new().await;
    town.others(250, false);
    let count = async |since| {
        let before = town.operations().len();
        assert_eq!(town.github.find(&repo(), MARKER, "an alarm", since).await, Ok(None));
        let operations = town.operations();
        operations[before..].iter().filter(|operation| **operation == LIST).count()
    };
    assert_eq!(count(long_ago()).await, 3);
    assert_eq!(count(Timestamp::now() + Duration::from_secs(60)).await, 1);
}

#[tokio::test]
async fn more_than_may_be_read_is_told_and_never_taken_for_nothing() {
    let unlisted = lagging(0).await;
    unlisted.others(800, false);
    unlisted.by_hand("an alarm", MARKER);
    let listed = Town::new().await;
    listed.by_hand("an alarm", MARKER);
    listed.others(1_000, true);
    for town in [unlisted, listed] {
        let failed = town.find().await.unwrap_err();
        assert!(matches!(&failed, Failed::Busy { reason, .. } if reason.contains("too many")), "{failed:?}");
    }
}

#[tokio::test]
async fn what_cannot_be_looked_through_is_searched_for_once_the_index_has_caught_up() {
    let town = Town::new().await;
    let number = town.by_hand("an alarm", &format!("text\n{MARKER}"));
    town.by_hand("an alarm", "another life's");
    town.others(1_000, true);
    town.fake.settle();
    let find = async |title| {
        Ok::<_, Failed>(town.github.find(&repo(), MARKER, title, long_ago()).await?.map(|issue| issue.number.0))
    };
    assert_eq!(find("an alarm").await, Ok(Some(number)));
    assert_eq!(find("something else").await, Ok(None));
}

#[tokio::test]
async fn a_number_that_cannot_be_read_is_told_and_never_taken_for_nothing() {
    for (status, is_unsure) in [(503, true), (403, false), (401, false)] {
        let town = lagging(1).await;
        town.by_hand("an alarm", MARKER);
        town.behind(2, status);
        assert_eq!(town.find().await.map_err(|failed| failed.is_unsure()), Err(is_unsure), "{status}");
    }
    let town = Town::new().await;
    town.fake.fault(Fault::new(LIST, Kind::Answer { status: 404, body: "{}".to_owned() }));
    assert!(town.find().await.unwrap_err().is_final());
}

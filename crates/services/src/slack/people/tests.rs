use serde_json::json;

use super::*;

fn user(id: &str, name: &str, shown: &str) -> User {
    let user = json!({"id": id, "name": name, "profile": {"display_name": shown, "display_name_normalized": shown}});
    serde_json::from_value(user).unwrap()
}

fn gone(id: &str, name: &str) -> User {
    User { deleted: true, ..user(id, name, "") }
}

fn directory(users: Vec<User>, progress: Progress) -> Directory {
    Directory { users, progress, since: Some(Instant::now()), failed: None }
}

fn complete(users: Vec<User>) -> Directory {
    directory(users, Progress::Complete)
}

fn id(id: &str) -> Result<String, Miss> {
    Ok(id.to_owned())
}

#[test]
fn a_handle_wins_over_names_on_display() {
    let people = complete(vec![user("U1", "jane", "Joe"), user("U2", "joe", "Jane"), user("U3", "x", "Sam Example")]);
    assert_eq!(people.find("jane"), id("U1"));
    assert_eq!(people.find("joe"), id("U2"));
    assert_eq!(people.find("sam example"), id("U3"));
    assert_eq!(people.find("alex"), Err(Miss::Nobody));
}

#[test]
fn a_name_on_display_must_be_that_of_one_living_human() {
    let people =
        complete(vec![user("U1", "a", "Sam"), user("U2", "b", "sam"), user("U3", "c", "Alex"), gone("U4", "Alex")]);
    assert_eq!(people.find("sam"), Err(Miss::Several));
    assert_eq!(people.find("alex"), id("U3"));
}

#[test]
fn bots_and_those_who_left_are_nobody_to_ask() {
    let bot = User { is_bot: true, ..user("U2", "deploy", "") };
    let people = complete(vec![gone("U1", "jane"), bot, user(SLACKBOT, "slackbot", "Slackbot")]);
    for handle in ["jane", "deploy", "slackbot"] {
        assert_eq!(people.find(handle), Err(Miss::Gone), "{handle}");
    }
}

#[test]
fn a_name_on_display_waits_for_the_whole_list() {
    let part = directory(vec![user("U1", "jane", "Sam")], Progress::Next("2".to_owned()));
    assert_eq!(part.find("jane"), id("U1"));
    assert_eq!(part.find("sam"), Err(Miss::Nobody));
}

#[test]
fn a_cursor_that_leads_nowhere_ends_the_list() {
    let page = || serde_json::from_value(json!({"members": [], "response_metadata": {"next_cursor": "2"}})).unwrap();
    let mut people = Directory::default();
    people.take(page(), None);
    assert!(!people.is_complete());
    people.take(page(), Some("2".to_owned()));
    assert!(people.is_complete());
    let mut people = Directory::default();
    people.take(serde_json::from_value(json!({"members": []})).unwrap(), None);
    assert!(people.is_complete());
}

#[test]
fn what_is_known_is_forgotten_after_its_time() {
    let now = Instant::now();
    let mut people = complete(vec![user("U1", "jane", "")]);
    people.forget_after(UNKNOWN, now + UNKNOWN - Duration::from_secs(1));
    assert!(people.is_complete());
    people.forget_after(UNKNOWN, now + UNKNOWN + Duration::from_secs(1));
    assert!(!people.is_complete() && people.users.is_empty());
}

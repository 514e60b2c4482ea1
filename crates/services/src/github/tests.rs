use std::time::Duration;

use dispatch_simulator::fake::{
    Fault, Github, Kind,
    github::{APP_PRIVATE_KEY, App, Lag, Settings},
};

use super::*;
use crate::http::Policy;

mod app;
mod failures;
mod find;
mod privacy;
mod settings;

const REPO: &str = "example-org/alarms";
/// Of the alarm with [`key`].
const MARKER: &str = "<!-- dispatch:73f5a12cfb13456eba29cdeb153d0349f456aa94:0123 -->";

/// A fake GitHub, and the client under test that talks to it.
struct Town {
    fake: Github,
    github: GitHub,
}

impl Town {
    async fn new() -> Self {
        let settings = Settings::default();
        let credentials = Credentials::Personal(settings.token.clone().into());
        Self::with(settings, credentials).await
    }

    async fn with(settings: Settings, credentials: Credentials) -> Self {
        let fake = Github::start(settings).await.unwrap();
        let github = client(fake.url(), credentials).unwrap();
        Town { fake, github }
    }

    /// The operations that were asked for, but for who reads the repository: see [`privacy`].
    fn operations(&self) -> Vec<&'static str> {
        let asked = self.fake.requests().into_iter().map(|request| request.operation);
        asked.filter(|operation| *operation != "repos/get").collect()
    }

    fn by_hand(&self, title: &str, body: &str) -> u64 {
        self.fake.open_by_hand(REPO, title, body, false).unwrap()
    }
}

fn client(url: &str, credentials: Credentials) -> Result<GitHub, BadKey> {
    let policy = Policy {
        call: Duration::from_secs(5),
        wait_max: Duration::from_secs(1),
        backoff: Duration::from_millis(2),
        ..Policy::default()
    };
    GitHub::new(&Http::with_policy(policy).unwrap(), &url.parse().unwrap(), credentials)
}

fn key() -> Key {
    Key::new(&repo(), "search")
}

fn repo() -> Repo {
    Repo::new("example-org", "alarms")
}

fn draft() -> Draft {
    Draft {
        repo: repo(),
        title: "2FA is off".to_owned(),
        body: format!("jane turned off 2FA.\n\n{MARKER}"),
        labels: vec!["alarm".to_owned()],
        marker: MARKER.to_owned(),
    }
}

fn issue(number: u64) -> Issue {
    Issue { repo: repo(), number: IssueNumber(number), url: String::new() }
}

/// Before everything that a test does.
fn long_ago() -> Timestamp {
    "2020-01-01T00:00:00Z".parse().unwrap()
}

#[tokio::test]
async fn an_issue_lives_from_opening_to_closing() {
    let town = Town::new().await;
    let issue = town.github.open(&draft()).await.unwrap();
    assert_eq!(issue.url, town.fake.issue(REPO, 1).unwrap().url);
    assert!(town.github.is_open(&issue).await.unwrap());

    let comment = town.github.comment(&issue, "asked jane <!-- 1 -->").await.unwrap();
    town.github.edit_comment(&issue, comment, "jane said yes <!-- 1 -->").await.unwrap();
    let found = town.github.find_comment(&issue, "<!-- 1 -->", long_ago()).await.unwrap();
    assert_eq!(found, Some(comment));

    for _ in 0..2 {
        town.github.close(&issue.repo, issue.number).await.unwrap();
        assert!(!town.github.is_open(&issue).await.unwrap());
    }
    let kept = town.fake.issue(REPO, 1).unwrap();
    assert_eq!((kept.title.as_str(), kept.labels.as_slice()), ("2FA is off", &["alarm".to_owned()][..]));
    assert_eq!((kept.state.as_str(), kept.state_reason.as_deref()), ("closed", Some("completed")));
    assert_eq!(kept.comments[0].body, "jane said yes <!-- 1 -->");
    assert_eq!(town.fake.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn looking_again_at_an_issue_that_is_as_it_was_costs_nothing() {
    let town = Town::new().await;
    let issue = town.github.open(&draft()).await.unwrap();
    let statuses = || {
        let requests = town.fake.requests().into_iter();
        requests.filter(|request| request.operation == "issues/get").map(|request| request.status).collect::<Vec<_>>()
    };
    for _ in 0..3 {
        assert!(town.github.is_open(&issue).await.unwrap());
    }
    assert_eq!(statuses(), [Some(200), Some(304), Some(304)]);
    town.github.close(&issue.repo, issue.number).await.unwrap();
    for _ in 0..2 {
        assert!(!town.github.is_open(&issue).await.unwrap());
    }
    assert_eq!(statuses()[3..], [Some(200), Some(304)]);
    assert_eq!(town.fake.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn every_request_says_what_github_wants_to_know() {
    let town = Town::new().await;
    town.github.open(&draft()).await.unwrap();
    town.github.find(&repo(), MARKER, "an alarm", long_ago()).await.unwrap();
    for request in town.fake.requests() {
        let header = |name: &str| request.headers.get(name).map(String::as_str);
        assert_eq!(header("x-github-api-version"), Some("2022-11-28"));
        assert_eq!(header("accept"), Some("application/vnd.github+json"));
        assert_eq!(header("authorization"), Some("Bearer ghp_accepted-by-the-fake-only"));
        assert!(header("user-agent").unwrap().starts_with("dispatch/"));
    }
}

#[tokio::test]
async fn texts_are_cut_to_the_limits_and_the_marker_stays() {
    let town = Town::new().await;
    let long = Draft { title: "ü".repeat(300), body: format!("{}{MARKER}", "ü".repeat(70_000)), ..draft() };
    let issue = town.github.open(&long).await.unwrap();
    town.github.comment(&issue, &"ü".repeat(70_000)).await.unwrap();
    let kept = town.fake.issue(REPO, 1).unwrap();
    assert_eq!(kept.title.chars().count(), TITLE_CHARS_MAX);
    assert!(kept.body.unwrap().ends_with(MARKER));
    assert!(kept.comments[0].body.ends_with("… [shortened]"));
    assert_eq!(town.fake.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_comment_is_looked_for_on_further_pages() {
    let town = Town::new().await;
    let issue = issue(town.by_hand("an alarm", ""));
    for _ in 0..100 {
        town.github.comment(&issue, "noise").await.unwrap();
    }
    let last = town.github.comment(&issue, MARKER).await.unwrap();
    assert_eq!(town.github.find_comment(&issue, MARKER, long_ago()).await.unwrap(), Some(last));
    assert_eq!(town.github.find_comment(&issue, "another", long_ago()).await.unwrap(), None);
}

#[tokio::test]
async fn search_takes_the_exact_title_and_prefers_what_is_open() {
    let town = Town::new().await;
    let title = "Disk \"full\" on web-1: 97%";
    let closed = town.by_hand(title, "");
    town.fake.close_by_hand(REPO, closed).unwrap();
    let search =
        async |closed| town.github.search(&repo(), title, closed, &key()).await.unwrap().map(|issue| issue.number.0);
    assert_eq!((search(false).await, search(true).await), (None, Some(closed)));

    town.by_hand(&format!("{title} again"), "");
    town.by_hand(&title.to_lowercase(), "");
    town.fake.open_by_hand(REPO, title, "", true).unwrap();
    assert_eq!(search(false).await, None);
    let open = town.by_hand(title, "");
    let newer = town.by_hand(title, "");
    town.fake.close_by_hand(REPO, newer).unwrap();
    assert_eq!((search(false).await, search(true).await), (Some(open), Some(open)));
    assert_eq!(town.fake.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn search_passes_over_the_issue_of_another_alarm() {
    let town = Town::new().await;
    let opened = town.github.open(&draft()).await.unwrap();
    let found = async |key| town.github.search(&repo(), &draft().title, false, &key).await.unwrap();
    assert_eq!(found(key()).await, Some(opened));
    assert_eq!(found(Key::new(&repo(), "another")).await, None);
}

#[tokio::test]
async fn search_does_not_trust_its_index() {
    let town = Town::new().await;
    let body = r#"{"total_count":3,"incomplete_results":true,"items":[
        {"number":1,"title":"a","state":"open","pull_request":{"url":"https://example.com"}},
        {"number":2,"title":"A","state":"open"},
        {"number":3,"title":"a","state":"closed"}]}"#;
    town.fake.fault(Fault::new("/search/*", Kind::Answer { status: 200, body: body.to_owned() }).times(2));
    assert_eq!(town.github.search(&repo(), "a", false, &key()).await.unwrap(), None);
    let found = town.github.search(&repo(), "a", true, &key()).await.unwrap().unwrap();
    assert_eq!(found.url, "https://github.com/example-org/alarms/issues/3");
}

#[tokio::test]
async fn search_finds_a_title_that_was_too_long() {
    let town = Town::new().await;
    let title = "The disk is full ".repeat(40);
    let opened = town.github.open(&Draft { title: title.clone(), ..draft() }).await.unwrap();
    assert_eq!(town.github.search(&repo(), &title, false, &key()).await.unwrap(), Some(opened));
}

#[tokio::test]
async fn what_is_gone_is_not_open_and_needs_no_closing() {
    let town = Town::new().await;
    let gone = issue(7);
    assert!(!town.github.is_open(&gone).await.unwrap());
    assert_eq!(town.github.find_comment(&gone, MARKER, long_ago()).await.unwrap(), None);
    town.github.close(&gone.repo, gone.number).await.unwrap();
    assert!(town.github.comment(&gone, "hello").await.unwrap_err().is_final());

    let gone = Kind::Answer { status: 410, body: r#"{"message":"This issue was deleted"}"#.to_owned() };
    town.fake.fault(Fault::new("*", gone).times(2));
    assert!(!town.github.is_open(&issue(1)).await.unwrap());
    town.github.close(&repo(), IssueNumber(1)).await.unwrap();
}

#[tokio::test]
async fn an_issue_that_moved_out_of_sight_counts_as_open() {
    let town = Town::new().await;
    let moved = Kind::Answer { status: 301, body: r#"{"message":"Moved Permanently"}"#.to_owned() };
    town.fake.fault(Fault::new("issues/get", moved));
    assert!(town.github.is_open(&issue(1)).await.unwrap());
}

#[tokio::test]
async fn a_label_is_created_where_it_is_missing_and_put_on_once() {
    let town = Town::new().await;
    let issue = town.github.open(&draft()).await.unwrap();
    town.fake.fault(Fault::new("issues/add-labels", Kind::LoseReply));
    for _ in 0..2 {
        town.github.label(&issue, "escalated").await.unwrap();
    }
    assert_eq!(town.fake.issue(REPO, issue.number.0).unwrap().labels, ["alarm", "escalated"]);
    assert!(town.fake.labels(REPO).contains(&"escalated".to_owned()));
    town.fake.delete_by_hand(REPO, issue.number.0).unwrap();
    town.github.label(&issue, "escalated").await.unwrap();
    assert_eq!(town.fake.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn nothing_waits_for_a_label() {
    let town = Town::new().await;
    let issue = town.github.open(&draft()).await.unwrap();
    let forbidden = r#"{"message":"Must have admin rights to Repository."}"#.to_owned();
    town.fake.fault(Fault::new("issues/add-labels", Kind::Answer { status: 403, body: forbidden }));
    assert!(town.github.label(&issue, "escalated").await.unwrap_err().is_final());
    town.fake.fault(Fault::new("issues/add-labels", Kind::SecondaryLimit { retry_after_s: Some(30) }).always());
    assert!(matches!(town.github.label(&issue, "escalated").await, Err(Failed::Busy { .. })));
}

#[tokio::test]
async fn labels_never_lose_an_alarm() {
    let town = Town::new().await;
    let invalid = r#"{"message":"Validation Failed","errors":[{"resource":"Label","code":"invalid","field":"name"}]}"#;
    let forbidden = r#"{"message":"Must have admin rights to Repository."}"#;
    for (status, body) in [(422, invalid), (403, forbidden)] {
        town.fake.fault(Fault::new("issues/create", Kind::Answer { status, body: body.to_owned() }));
        let issue = town.github.open(&draft()).await.unwrap();
        assert_eq!(town.fake.issue(REPO, issue.number.0).unwrap().labels, Vec::<String>::new());
    }
    assert_eq!(town.operations().len(), 4);
}

#[tokio::test]
async fn a_name_from_a_message_never_becomes_another_address() {
    let town = Town::new().await;
    for (owner, name) in [("..", "user"), ("example-org", ".."), ("a/b", "c"), ("a", "b?c"), ("a", ""), ("a b", "c")] {
        let repo = Repo::new(owner, name);
        assert!(town.github.open(&Draft { repo: repo.clone(), ..draft() }).await.unwrap_err().is_final());
        assert!(town.github.search(&repo, "2FA is:pr", true, &key()).await.unwrap_err().is_final());
    }
    assert_eq!(town.operations(), Vec::<&str>::new());
}

#[tokio::test]
async fn the_path_of_an_enterprise_server_is_kept() {
    let fake = Github::start(Settings::default()).await.unwrap();
    for base in ["/api/v3", "/api/v3/"] {
        let github = client(&format!("{}{base}", fake.url()), Credentials::Personal("t".into())).unwrap();
        let github = github.with_public(true);
        github.open(&draft()).await.unwrap_err();
        github.search(&repo(), "a", false, &key()).await.unwrap_err();
    }
    let paths: Vec<_> = fake.requests().into_iter().map(|request| request.path).collect();
    let (open, search) = ("/api/v3/repos/example-org/alarms/issues", "/api/v3/search/issues");
    assert_eq!(paths, [open, search, open, search]);
}

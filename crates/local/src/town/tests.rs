//! The clock of a town, and what happens in it beside the queues.

use dispatch_simulator::fake::github::Issue;
use tokio::time::timeout;

use super::*;
use crate::examples::EXAMPLES;

/// Longer than anything takes; reached only by a test that fails.
const PATIENCE: Duration = Duration::from_secs(30);
const REPO: &str = "example-org/alarms";
const HOUR: Duration = Duration::from_secs(3_600);

fn with_deadline(options: Options) -> Options {
    let real = BTreeMap::from([("DISPATCH_ANSWER_TIMEOUT".to_owned(), "PT4H".to_owned())]);
    Options { real, retry_after: Duration::from_millis(10), late: Duration::ZERO, ..options }
}

/// A town in which jane is asked something.
async fn asked(options: Options) -> Town {
    let town = Town::start(with_deadline(options)).await.unwrap();
    town.publish(EXAMPLES[0].message);
    rest(&town).await;
    town
}

async fn rest(town: &Town) {
    timeout(PATIENCE, town.idle()).await.expect("the town comes to rest");
}

/// Puts the clock forward behind timers of so many hours, and has it tick.
async fn pass(town: &Town, hours: u32) -> Value {
    // Timers stand at whole seconds.
    assert!(town.jump(hours * HOUR + Duration::from_secs(1)));
    tick(town).await
}

async fn tick(town: &Town) -> Value {
    timeout(PATIENCE, town.tick()).await.expect("a tick ends")
}

fn issue(town: &Town) -> Issue {
    town.fakes.github.issues(REPO).remove(0)
}

#[tokio::test]
async fn silence_is_reminded_and_paged_when_its_time_has_come() {
    let town = asked(Options::default()).await;
    assert_eq!(tick(&town).await["woken"], 0, "nothing is due yet");
    assert_eq!(pass(&town, 2).await["woken"], 1);
    assert_eq!(town.fakes.slack.dm("jane").len(), 2, "the question and its reminder");
    assert!(town.fakes.pagerduty.incidents().is_empty());
    pass(&town, 2).await;
    let incidents = town.fakes.pagerduty.incidents();
    assert_eq!(incidents.len(), 1);
    assert!(incidents[0].created_at >= issue(&town).created_at + SignedDuration::from_hours(4), "one clock for all");
    tick(&town).await;
    assert_eq!(town.fakes.pagerduty.incidents().len(), 1);
    assert_eq!(town.fakes.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn a_clock_that_ticks_by_itself_does_so_after_a_jump() {
    let town = asked(Options { ticks: true, ..Options::default() }).await;
    town.jump(4 * HOUR + Duration::from_secs(1));
    rest(&town).await;
    assert_eq!(town.fakes.pagerduty.incidents().len(), 1);
}

#[tokio::test]
async fn a_clock_that_runs_fast_ticks_at_its_own_minutes() {
    let town = asked(Options { ticks: true, speed: 3_600, ..Options::default() }).await;
    let paged = town.fakes.pagerduty.until(|pagerduty| pagerduty.incidents().pop());
    paged.await.expect("four hours pass in four seconds");
}

#[tokio::test]
async fn people_can_answer_at_whatever_time() {
    let town = asked(Options { speed: 60, ..Options::default() }).await;
    for _ in 0..2 {
        pass(&town, 1).await;
    }
    let question = town.fakes.slack.dm("jane").remove(0);
    let click = town.fakes.slack.click(&question.channel, &question.ts, "jane", "yes").unwrap();
    assert_eq!(town.request(click.body.as_bytes(), &click.headers).await, 200);
    rest(&town).await;
    assert_eq!(issue(&town).state, "closed");
}

#[tokio::test]
async fn what_people_do_elsewhere_is_heard_at_once() {
    let town = asked(Options::default()).await;
    pass(&town, 4).await;
    let incident = town.fakes.pagerduty.incidents().remove(0);
    let comments = issue(&town).comments.len();
    town.fakes.pagerduty.acknowledge(&incident.id).unwrap();
    rest(&town).await;
    assert!(issue(&town).comments.len() > comments, "the issue tells who has taken it: {:?}", issue(&town).comments);
    town.fakes.github.close_by_hand(REPO, issue(&town).number).unwrap();
    rest(&town).await;
    let question = town.fakes.slack.dm("jane").remove(0);
    assert!(!format!("{:?}", question.blocks).contains("\"yes\""), "the question is over: {:?}", question.blocks);
}

#[tokio::test]
async fn without_webhooks_the_clock_finds_out() {
    let town = asked(Options { webhooks: false, ..Options::default() }).await;
    town.fakes.github.close_by_hand(REPO, issue(&town).number).unwrap();
    rest(&town).await;
    let buttons = || format!("{:?}", town.fakes.slack.dm("jane").remove(0).blocks).contains("\"yes\"");
    assert!(buttons(), "nobody has told");
    pass(&town, 1).await;
    assert!(!buttons(), "the question is over");
    pass(&town, 4).await;
    assert!(town.fakes.pagerduty.incidents().is_empty());
}

#[tokio::test]
async fn beside_a_real_service_the_time_is_real() {
    let real = [("SLACK_BOT_TOKEN", "x"), ("SLACK_SIGNING_SECRET", "x"), ("SLACK_DEFAULT_CHANNEL", "#x")];
    let real: BTreeMap<_, _> = real.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let options = |speed| Options { real: real.clone(), speed, ..Options::default() };
    let refused = Town::start(options(60)).await.unwrap_err();
    assert_eq!(refused, "speed: found 60, expected 1, because a real service keeps its own time");
    let town = Town::start(options(1)).await.unwrap();
    assert!(!town.jump(HOUR));
    assert!(town.now() < Timestamp::now() + SignedDuration::from_mins(1));
    assert!(Town::start(Options { speed: 0, ..Options::default() }).await.is_err());
}

//! Nobody answers: people are reminded, then it goes on to others, and the first outcome stands.

use std::time::Duration;

use dispatch_local::town::Options;
use dispatch_simulator::fake::{Fault, Kind, github::Issue, slack::Message};
use serde_json::{Value, json};

use crate::story::{Story, blocks_text, buttons, options, self_service};

/// A timer stands at the next whole second.
const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3_600);

/// A question to jane that waits four hours.
fn question() -> Value {
    let mut message = self_service(json!({ "slackId": "U0JANE", "slack": "jane", "github": "jane" }));
    message["answerTimeout"] = json!("PT4H");
    message
}

/// Lets time pass, with one tick at its end.
async fn pass(story: &Story, time: Duration) {
    assert!(story.town.jump(time + SECOND), "the clock can be put forward");
    story.town.tick().await;
}

fn comments(issue: &Issue) -> String {
    issue.comments.iter().map(|comment| comment.body.as_str()).collect::<Vec<_>>().join("\n---\n")
}

/// What was said in the thread of the first message to somebody.
fn thread(story: &Story, person: &str) -> Vec<Message> {
    let messages = story.town.fakes.slack.dm(person);
    messages.into_iter().filter(|message| message.thread_ts.is_some()).collect()
}

fn first_to(story: &Story, person: &str) -> Message {
    story.town.fakes.slack.dm(person).into_iter().find(|message| message.thread_ts.is_none()).expect("a message")
}

#[tokio::test]
async fn a_question_that_nobody_answers_is_reminded_once_then_paged_marked_and_shown() {
    let story = Story::begin().await;
    story.publish(&question()).await;
    pass(&story, 2 * HOUR - MINUTE).await;
    assert_eq!(thread(&story, "jane").len(), 0, "not before half of the time");
    pass(&story, MINUTE).await;
    let [reminder] = thread(&story, "jane").try_into().expect("one reminder");
    assert_eq!(reminder.thread_ts, Some(first_to(&story, "jane").ts), "in the question's own thread");
    assert!(blocks_text(&reminder).contains("still waits for your answer"), "{}", blocks_text(&reminder));

    pass(&story, 2 * HOUR - MINUTE).await;
    assert_eq!((story.incidents().len(), thread(&story, "jane").len()), (0, 1));
    pass(&story, MINUTE).await;
    let incident = story.incident();
    assert!(incident.title.contains("jane did not answer"), "{}", incident.title);
    assert!(incident.details.contains("Nobody answered") && incident.details.contains("reminded once"), "{incident:?}");
    let issue = story.issue();
    assert!(issue.labels.contains(&"unanswered".to_owned()), "{:?}", issue.labels);
    let text = comments(&issue);
    assert!(text.contains("No answer from jane") && text.contains(&incident.url), "{text}");
    let shown = first_to(&story, "jane");
    assert!(blocks_text(&shown).contains("No answer in time, so PagerDuty was paged"), "{}", blocks_text(&shown));
    assert_eq!(buttons(&shown).len(), 2, "a late answer is still welcome");
    assert_eq!((issue.state.as_str(), issue.comments.len()), ("open", 1));

    // Nothing more comes of it, however often the clock goes round.
    for _ in 0..3 {
        pass(&story, 24 * HOUR).await;
    }
    assert_eq!((story.incidents().len(), thread(&story, "jane").len(), story.issue().comments.len()), (1, 1, 1));
}

#[tokio::test]
async fn a_late_yes_is_told_and_recorded_and_resolves_a_page_that_nobody_has_taken() {
    let story = Story::begin().await;
    story.publish(&question()).await;
    pass(&story, 4 * HOUR).await;
    assert_eq!(story.click("jane", "yes").await, 200);
    let incident = story.incident();
    assert_eq!(incident.status, "resolved");
    let issue = story.issue();
    assert_eq!(issue.state, "closed");
    assert!(comments(&issue).contains("came after the deadline"), "{}", comments(&issue));
    let told = story.town.fakes.slack.dm("jane");
    let told = told.iter().filter(|message| message.ephemeral_to.is_some()).map(blocks_text).collect::<String>();
    assert!(told.contains("after the deadline"), "{told}");
}

#[tokio::test]
async fn a_late_yes_leaves_a_page_alone_that_somebody_has_taken() {
    for webhooks in [true, false] {
        let story = Story::with(Options { webhooks, ..options() }).await;
        story.publish(&question()).await;
        pass(&story, 4 * HOUR).await;
        story.town.fakes.pagerduty.acknowledge_as(&story.incident().id, "sam").unwrap();
        story.settle().await;
        assert_eq!(story.click("jane", "yes").await, 200);
        assert_eq!(story.incident().status, "acknowledged");
        let issue = story.issue();
        assert_eq!(issue.state, "open", "whoever has taken it closes it");
        let text = comments(&issue);
        assert!(text.contains("acknowledged") && text.contains("answered **yes**"), "{text}");
    }
}

#[tokio::test]
async fn a_late_no_joins_the_page_that_is_open() {
    let story = Story::begin().await;
    story.publish(&question()).await;
    pass(&story, 4 * HOUR).await;
    assert_eq!(story.click("jane", "no").await, 200);
    story.incident();
    assert!(comments(&story.issue()).contains("answered **no**"));
}

#[tokio::test]
async fn an_answer_in_time_is_the_end_of_it() {
    for answer in ["yes", "no"] {
        let story = Story::begin().await;
        story.publish(&question()).await;
        pass(&story, HOUR).await;
        assert_eq!(story.click("jane", answer).await, 200);
        let pages = story.incidents().len();
        pass(&story, 24 * HOUR).await;
        assert_eq!((story.incidents().len(), thread(&story, "jane").len()), (pages, 0), "{answer}");
    }
}

#[tokio::test]
async fn off_waits_for_ever_and_reminders_can_be_off_or_at_another_time() {
    let story = Story::begin().await;
    let mut message = question();
    message["answerTimeout"] = json!("off");
    story.publish(&message).await;
    pass(&story, 100 * 24 * HOUR).await;
    assert_eq!((story.incidents().len(), thread(&story, "jane").len()), (0, 0));

    let story = Story::begin().await;
    let mut message = question();
    message["remindAfter"] = json!("off");
    story.publish(&message).await;
    pass(&story, 3 * HOUR).await;
    assert_eq!(thread(&story, "jane").len(), 0);

    let story = Story::begin().await;
    message["remindAfter"] = json!("PT10M");
    story.publish(&message).await;
    pass(&story, 10 * MINUTE).await;
    assert_eq!(thread(&story, "jane").len(), 1);
}

#[tokio::test]
async fn many_who_are_silent_together_are_one_page() {
    let story = Story::begin().await;
    let users = json!([{ "slack": "jane" }, { "slack": "joe" }, { "slack": "sam" }]);
    story
        .publish(&json!({ "type": "broadcast", "users": users, "requestId": "poll-1", "answerTimeout": "PT1H",
            "body": { "github": { "title": "Keys" }, "slack": { "message": "Keys.", "prompt": "Done?" } } }))
        .await;
    assert_eq!(story.click("joe", "yes").await, 200);
    pass(&story, HOUR / 2).await;
    pass(&story, HOUR / 2).await;
    let incident = story.incident();
    assert!(incident.title.contains("jane and sam did not answer"), "{}", incident.title);
    assert!(!incident.details.contains("joe"), "{}", incident.details);
    assert_eq!((thread(&story, "jane").len(), thread(&story, "joe").len()), (1, 0));
    // All of them say yes in the end: nobody needs the page any more.
    for person in ["jane", "sam"] {
        assert_eq!(story.click(person, "yes").await, 200);
    }
    assert_eq!((story.incident().status.as_str(), story.issue().state.as_str()), ("resolved", "closed"));
}

#[tokio::test]
async fn the_clock_of_a_question_stops_outside_of_working_hours() {
    let story = Story::begin().await;
    // Two hours of work a day, which begin in ten hours, in jane's own zone.
    story.town.fakes.slack.set_zone("jane", Some("Asia/Kolkata")).unwrap();
    let zone = jiff::tz::TimeZone::fixed(jiff::tz::offset(5).saturating_add(jiff::Span::new().minutes(30)));
    let begins = story.town.now().to_zoned(zone) + 10 * HOUR;
    let ends = begins.clone() + 2 * HOUR;
    let mut message = question();
    message["answerTimeout"] = json!("PT1H");
    message["during"] = json!("working-hours");
    message["workingHours"] = json!(format!("Mon-Sun {}-{} UTC", begins.strftime("%H:00"), ends.strftime("%H:00")));
    let wait = 10 * HOUR - Duration::from_secs(u64::try_from(begins.minute()).unwrap() * 60);
    story.publish(&message).await;
    pass(&story, 2 * HOUR).await;
    assert_eq!((story.incidents().len(), thread(&story, "jane").len()), (0, 0), "outside of them nothing counts");
    pass(&story, wait - 2 * HOUR + 31 * MINUTE).await;
    assert_eq!((story.incidents().len(), thread(&story, "jane").len()), (0, 1), "half an hour into them");
    pass(&story, 31 * MINUTE).await;
    story.incident();

    // What is urgent does not wait for anybody's morning.
    let story = Story::begin().await;
    message["urgency"] = json!("high");
    story.publish(&message).await;
    pass(&story, HOUR + MINUTE).await;
    story.incident();
}

#[tokio::test]
async fn silence_goes_on_from_a_person_to_a_channel_and_whoever_is_on_call_before_it_pages() {
    let story = Story::begin().await;
    let mut message = question();
    message["escalation"] = json!([
        { "slackId": "U0JOE", "slack": "joe", "wait": "PT30M" },
        { "channel": "C0SECURITY", "group": "S012AB3CD", "wait": "PT20M" },
        { "onCall": "PPOLICY", "wait": "PT10M" },
    ]);
    story.publish(&message).await;
    pass(&story, 4 * HOUR).await;
    let asked = first_to(&story, "joe");
    assert!(blocks_text(&asked).contains("jane did not answer in time"), "{}", blocks_text(&asked));
    assert_eq!((buttons(&asked).len(), story.fallback().len(), story.incidents().len()), (2, 0, 0));
    pass(&story, 30 * MINUTE).await;
    let told = blocks_text(&story.fallback().pop().expect("a note"));
    assert!(told.contains("<!subteam^S012AB3CD>") && told.contains("jane did not answer"), "{told}");
    assert!(!told.contains("2FA"), "a channel has other readers: {told}");
    pass(&story, 20 * MINUTE).await;
    assert_eq!((buttons(&first_to(&story, "sam")).len(), story.incidents().len()), (2, 0), "sam is on call");
    pass(&story, 10 * MINUTE).await;
    let incident = story.incident();
    assert!(incident.title.contains("jane did not answer"), "{}", incident.title);
    let text = comments(&story.issue());
    for part in
        ["joe is asked in Slack", "was told in Slack", "whoever is on call is asked in Slack", "PagerDuty was paged"]
    {
        assert!(text.contains(part), "{part}: {text}");
    }
    // The second person's yes counts for the first.
    assert_eq!(story.click("joe", "yes").await, 200);
    assert_eq!((story.incident().status.as_str(), story.issue().state.as_str()), ("resolved", "closed"));
}

#[tokio::test]
async fn a_step_that_cannot_be_taken_is_passed_over_at_once() {
    let story = Story::begin().await;
    let mut message = question();
    message["escalation"] = json!([{ "onCall": "PNOBODY", "wait": "PT10M" }, { "slack": "nobody", "wait": "PT10M" }]);
    story.publish(&message).await;
    pass(&story, 4 * HOUR).await;
    story.incident();
    assert!(comments(&story.issue()).contains("could not be asked"), "{}", comments(&story.issue()));
}

#[tokio::test]
async fn somebody_else_who_answers_stops_the_escalation() {
    let story = Story::begin().await;
    let mut message = question();
    message["escalation"] = json!([{ "slackId": "U0JOE", "slack": "joe", "wait": "PT30M" }]);
    story.publish(&message).await;
    pass(&story, 4 * HOUR).await;
    assert_eq!(story.click("joe", "yes").await, 200);
    pass(&story, 24 * HOUR).await;
    assert_eq!((story.incidents().len(), story.issue().state.as_str()), (0, "closed"));
    assert!(buttons(&first_to(&story, "jane")).is_empty(), "jane sees that it is over");
}

#[tokio::test]
async fn a_missed_a_doubled_and_a_late_tick_change_nothing_but_the_time() {
    let story = Story::begin().await;
    story.publish(&question()).await;
    // No tick for five hours; then two at once.
    assert!(story.town.jump(5 * HOUR + SECOND));
    tokio::join!(story.town.tick(), story.town.tick());
    story.settle().await;
    story.incident();
    assert_eq!(thread(&story, "jane").len(), 0, "who is paged for needs no reminder");
    story.town.tick().await;
    story.incident();
}

#[tokio::test]
async fn a_deadline_pages_while_github_and_slack_are_down() {
    let story = Story::begin().await;
    story.publish(&question()).await;
    let down = || Fault::new("*", Kind::Answer { status: 503, body: String::new() }).always();
    story.town.fakes.github.fault(down());
    story.town.fakes.slack.fault(down());
    pass(&story, 4 * HOUR).await;
    let silent = || story.incidents().iter().filter(|incident| incident.title.contains("did not answer")).count();
    assert_eq!(silent(), 1, "{:#?}", story.incidents());
    story.town.fakes.github.clear_faults();
    story.town.fakes.slack.clear_faults();
    story.town.alarms.redrive();
    story.settle().await;
    assert_eq!(silent(), 1);
    assert!(comments(&story.issue()).contains("No answer from jane"), "{}", comments(&story.issue()));
}

#[tokio::test]
async fn an_issue_that_was_closed_by_hand_is_found_out_by_the_clock() {
    let story = Story::with(Options { webhooks: false, ..options() }).await;
    story.publish(&question()).await;
    let issue = story.issue();
    story.town.fakes.github.close_by_hand(crate::story::REPO, issue.number).unwrap();
    pass(&story, HOUR).await;
    assert!(buttons(&first_to(&story, "jane")).is_empty(), "the question is over");
    pass(&story, 24 * HOUR).await;
    assert_eq!((story.incidents().len(), thread(&story, "jane").len()), (0, 0));
}

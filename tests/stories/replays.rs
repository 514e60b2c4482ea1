//! Requests of Slack's that are sent again, byte by byte, while their signature still counts.

use std::{sync::Arc, time::Duration};

use dispatch_engine::world::World;
use dispatch_simulator::fake::{Fault, Kind, slack::Click};
use dispatch_triage::{Replays, Triage};
use serde_json::{Map, Value, json};
use tokio::time::timeout;

use crate::{
    meddling::{HangingTopic, Meddled, Whim},
    story::{Story, jane, self_service},
};

/// Reached only when something hangs.
const PATIENCE: Duration = Duration::from_secs(45);

/// A click on jane's question, made and signed but not sent.
fn click(story: &Story, by: &str, button: &str) -> Click {
    let question = story.message_to("jane");
    story.town.fakes.slack.click(&question.channel, &question.ts, by, button).unwrap()
}

async fn asked() -> Story {
    let story = Story::begin().await;
    story.publish(&self_service(jane())).await;
    story
}

/// Another instance of the function: the same world, and a memory of its own.
fn another(triage: &Triage) -> Triage {
    Triage { replays: Replays::default(), ..triage.clone() }
}

async fn send(triage: &Triage, click: &Click) -> u64 {
    let headers: Map<_, _> = click.headers.iter().map(|(name, value)| (name.clone(), json!(value))).collect();
    let event = json!({ "requestContext": {}, "headers": headers, "body": click.body });
    let answer: Value = timeout(PATIENCE, triage.handle(event)).await.expect("triage answers");
    answer["statusCode"].as_u64().unwrap()
}

/// How often jane and joe were told that their click changed nothing. Joe is told directly: he is not
/// in the conversation that holds the question.
fn notes(story: &Story) -> [usize; 2] {
    let slack = &story.town.fakes.slack;
    let private = slack.dm("jane").iter().filter(|message| message.ephemeral_to.is_some()).count();
    [private, slack.dm("joe").len()]
}

#[tokio::test]
async fn a_replay_does_nothing_at_all() {
    for (by, button, incidents) in [("jane", "yes", 0), ("jane", "no", 1), ("joe", "yes", 0)] {
        let story = asked().await;
        let click = click(&story, by, button);
        assert_eq!(story.send(&click).await, 200);
        let before = (story.town.fakes.requests().len(), notes(&story));
        for _ in 0..3 {
            assert_eq!(story.send(&click).await, 200);
        }
        let mut shouted = click.clone();
        for (name, value) in &mut shouted.headers {
            if name == "x-slack-signature" {
                *value = value.to_ascii_uppercase().replacen('V', "v", 1);
            }
        }
        assert_eq!(story.send(&shouted).await, 200);
        assert_eq!((story.town.fakes.requests().len(), notes(&story)), before, "{by} {button}");
        assert_eq!(story.incidents().len(), incidents, "{by} {button}");
    }
}

#[tokio::test]
async fn a_second_click_is_no_replay() {
    let story = asked().await;
    assert_eq!(story.send(&click(&story, "joe", "yes")).await, 200);
    let again = click(&story, "joe", "yes");
    assert_eq!(story.send(&again).await, 200);
    assert_eq!(notes(&story), [0, 2], "whoever clicks again is told again");
}

#[tokio::test]
async fn a_replay_to_another_instance_costs_a_note_at_most() {
    for (button, incidents) in [("yes", 0), ("no", 1)] {
        let story = asked().await;
        let click = click(&story, "jane", button);
        assert_eq!(story.send(&click).await, 200);
        let before = story.town.fakes.requests().len();
        assert_eq!(send(&another(&story.town.triage), &click).await, 200);
        story.settle().await;
        let more: Vec<_> =
            story.town.fakes.requests().drain(before..).map(|request| request.operation.to_owned()).collect();
        assert_eq!(more, ["chat.postEphemeral"], "{button}");
        assert_eq!(story.incidents().len(), incidents, "{button}");
        assert_eq!(notes(&story), [1, 0], "{button}");
    }
}

#[tokio::test]
async fn the_same_request_twice_at_once_has_one_effect() {
    let story = asked().await;
    let click = click(&story, "jane", "no");
    let triage = &story.town.triage;
    let other = another(triage);
    let answers = tokio::join!(send(triage, &click), send(triage, &click), send(&other, &click));
    assert_eq!(answers, (200, 200, 200));
    story.settle().await;
    assert_eq!(story.incidents().len(), 1);
    assert_eq!(notes(&story)[1], 0, "nobody else is told anything");
    assert_eq!(story.issue().state, "open");
}

#[tokio::test]
async fn a_request_that_was_not_kept_may_come_again() {
    let meddled = Meddled::begin().await;
    meddled.deliver_until_done("1", &self_service(jane())).await;
    let triage = meddled.triage();
    let click = click(&meddled.story, "jane", "yes");
    meddled.store.meddle("swap", 0, Whim::Hang);
    assert_eq!(send(&triage, &click).await, 500);
    assert_eq!(meddled.story.issue().state, "open");
    assert_eq!(send(&triage, &click).await, 200);
    meddled.deliver_what_was_handed_on().await;
    assert_eq!(meddled.story.issue().state, "closed");
    let before = meddled.story.town.fakes.requests().len();
    assert_eq!(send(&triage, &click).await, 200);
    meddled.clock.pass_seconds(301);
    assert_eq!(send(&triage, &click).await, 401, "after five minutes its signature is stale");
    assert_eq!(meddled.story.town.fakes.requests().len(), before);
}

#[tokio::test]
async fn a_request_of_which_something_could_not_be_handed_on_may_come_again() {
    let meddled = Meddled::begin().await;
    meddled.deliver_until_done("1", &self_service(jane())).await;
    let github = &meddled.story.town.fakes.github;
    github.fault(Fault::new("issues/update", Kind::Answer { status: 502, body: String::new() }).always());
    let triage = meddled.triage();
    let mute = Triage { world: World { topic: Arc::new(HangingTopic), ..meddled.world.clone() }, ..triage.clone() };
    let click = click(&meddled.story, "jane", "yes");
    assert_eq!(send(&mute, &click).await, 500);
    github.clear_faults();
    meddled.clock.pass_seconds(60);
    assert_eq!(send(&triage, &click).await, 200);
    meddled.deliver_what_was_handed_on().await;
    assert_eq!(meddled.story.issue().state, "closed");
}

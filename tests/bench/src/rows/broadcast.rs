//! A broadcast, as long as Slack takes whatever comes.

use std::time::{Duration, Instant};

use dispatch_core::{alarm::Address, notice::Notice};
use dispatch_engine::world::World;

use crate::{
    Result,
    rows::memory::crowd,
    scale::{Scale, median},
    stage::{broadcast, handle, handled, self_service, slow, town},
    table::Row,
};

const TIMES_MIN: f64 = 20.0;

/// Everyone told by a run, against one message sent after the other through the same client.
///
/// # Errors
/// When somebody is not told, or twice.
pub(crate) async fn rows(scale: &Scale) -> Result<Vec<Row>> {
    let [wait, _] = scale.waits;
    let town = town(crowd(scale.people)).await?;
    handled(&town.world, &[self_service("The first")]).await?;
    slow(&town.fakes, wait);
    let one = one(&town.world, scale.times).await?;
    let before = town.fakes.slack.requests().len();
    let began = Instant::now();
    handled(&town.world, &[broadcast("The key was rotated", scale.people)]).await?;
    town.idle().await;
    let all = began.elapsed().as_secs_f64();
    let posts = town.fakes.slack.requests();
    let posts = posts.iter().skip(before).filter(|request| request.operation == "chat.postMessage").count();
    if posts != scale.people {
        return Err(format!("{posts} messages to {} people", scale.people).into());
    }
    let in_turn = one * posts as f64;
    let times = in_turn / all;
    let told = format!("{times:.0} times faster: {all:.2} s in place of {posts} times {:.1} ms", one * 1e3);
    let what = format!("a broadcast to {posts} people at {} ms a call, Slack without limits", wait.as_millis());
    Ok(vec![Row::held(what, "20 times faster than one after the other", told, times >= TIMES_MIN)])
}

/// Seconds of one message.
async fn one(world: &World, times: usize) -> Result<f64> {
    let to = Address::new("slack", &format!("@{}", handle(0)));
    let slack = world.destination(&to)?;
    let notice = Notice { headline: "The key was rotated".to_owned(), ..Notice::default() };
    // The first one also looks up who that is.
    slack.deliver(&to, &notice).await?;
    let mut taken = Vec::new();
    for _ in 0..times.max(3) {
        let began = Instant::now();
        slack.deliver(&to, &notice).await?;
        taken.push(Duration::as_secs_f64(&began.elapsed()));
    }
    Ok(median(taken))
}

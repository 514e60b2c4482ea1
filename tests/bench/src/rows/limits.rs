//! A broadcast to more people than Slack takes at once.

use std::time::{Duration, Instant};

use dispatch_local::town::{Options, Town};
use dispatch_simulator::fake::{Recorded, slack::Limits};
use jiff::{SignedDuration, Timestamp};
use tokio::time::timeout;

use crate::{
    Result,
    rows::memory::crowd,
    scale::Scale,
    stage::{broadcast, handled, self_service, town},
    table::Row,
};

/// What a broadcast may take beside what the limits cost.
const SLACK: f64 = 1.1;
/// For something that ends.
const LONGEST: Duration = Duration::from_secs(1_800);

/// Everyone told within Slack's limits, by as many runs as that takes.
///
/// # Errors
/// When somebody is not told, or twice.
pub(crate) async fn rows(scale: &Scale) -> Result<Vec<Row>> {
    let mut options = crowd(scale.people);
    let window = SignedDuration::from_secs(i64::try_from(scale.window_s)?);
    options.fakes.slack.limits = Some(Limits { posts: scale.posts, window });
    let town = town(Options { retry_after: scale.retry_after, max_receives: 5, ..options }).await?;
    handled(&town.world, &[self_service("The first")]).await?;
    let (before, runs) = (town.fakes.slack.requests().len(), *town.changes().borrow());
    let began = Instant::now();
    town.publish(&broadcast("The key was rotated", scale.people).to_string());
    let mut changes = town.changes();
    let posts = loop {
        let posts = posts(&town, before);
        if is_told(&posts, scale.people) {
            break posts;
        }
        // What waits for the limits comes back with the clock, and all else as soon as it can.
        if let Ok(changed) = timeout(scale.tick, changes.changed()).await {
            changed?;
        } else if began.elapsed() > LONGEST {
            return Err("they are not all told".into());
        } else {
            town.tick().await;
        }
    };
    let all = began.elapsed();
    let runs = *town.changes().borrow() - runs;
    let taken = posts.iter().filter(|post| post.status == Some(200)).count();
    let pages = town.fakes.pagerduty.incidents().len();
    let told = Told::of(&posts);
    // The first post of all was one of a window, too.
    let windows = (scale.people + 1).div_ceil(scale.posts).saturating_sub(1);
    let least = Duration::from_secs(scale.window_s * windows as u64);
    let holds = taken == scale.people
        && told.ignored == 0
        && pages == 0
        && all <= least.mul_f64(SLACK) + scale.tick * u32::try_from(windows)?;
    let what = format!(
        "the same, Slack with its limits ({} posts in {} s, one a second and channel)",
        scale.posts, scale.window_s
    );
    let measured = format!(
        "{taken} told in {:.0} s, of which the limits cost {:.0} s, and the clock up to {} s each of {windows} times; \
         {runs} runs; {} times 429, {} of them while one was on its way, {} in spite of one that was heard; {pages} pages",
        all.as_secs_f64(),
        least.as_secs_f64(),
        scale.tick.as_secs(),
        told.refused,
        told.crossed,
        told.ignored,
    );
    let bar =
        "the limits are the only wait; no 429 is provoked twice in a row; what must end early goes on in the next run";
    Ok(vec![Row::held(what, bar, measured, holds)])
}

/// What was posted since.
fn posts(town: &Town, before: usize) -> Vec<Recorded> {
    let requests = town.fakes.slack.requests().into_iter().skip(before);
    requests.filter(|request| request.operation == "chat.postMessage").collect()
}

fn is_told(posts: &[Recorded], people: usize) -> bool {
    posts.iter().filter(|post| post.status == Some(200)).count() >= people
}

/// How often Slack refused.
#[derive(Debug, Default)]
struct Told {
    refused: usize,
    /// Sent before an earlier refusal can have been heard.
    crossed: usize,
    /// Sent after one was heard, before its time was over.
    ignored: usize,
}

/// Until a reply of a server on this machine is heard.
const HEARD: SignedDuration = SignedDuration::from_millis(250);

impl Told {
    /// Posts in the order of their arrival.
    fn of(posts: &[Recorded]) -> Self {
        let mut told = Told::default();
        let mut last: Option<(Timestamp, Timestamp)> = None;
        for post in posts.iter().filter(|post| post.status == Some(429)) {
            told.refused += 1;
            match last {
                Some((at, _)) if post.at.duration_since(at) <= HEARD => told.crossed += 1,
                Some((_, until)) if post.at < until => told.ignored += 1,
                _ => {
                    let wait = post.response_headers.get("retry-after").and_then(|wait| wait.parse().ok());
                    let wait = SignedDuration::from_secs(wait.unwrap_or(0));
                    last = Some((post.at, post.at.checked_add(wait).unwrap_or(Timestamp::MAX)));
                }
            }
        }
        told
    }
}

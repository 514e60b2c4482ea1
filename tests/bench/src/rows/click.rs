//! How long somebody who clicks waits for triage to say that it was heard.

use std::time::{Duration, Instant};

use dispatch_local::town::{Options, Town};

use crate::{
    Result,
    scale::{Scale, median},
    stage::{handled, self_service, slow, town},
    table::Row,
};

const OWN_MS_MAX: f64 = 5.0;
const HANGING_S_MAX: f64 = 2.0;
/// Longer than anybody waits.
const FOR_EVER: Duration = Duration::from_secs(60);

/// With vendors that answer at once, where everything that is left is Dispatch's own time and that of the stand-ins;
/// and with vendors that do not answer.
///
/// # Errors
/// When a click is not taken.
pub(crate) async fn rows(scale: &Scale) -> Result<Vec<Row>> {
    let at_once = clicks(scale.times, None).await? * 1e3;
    let hanging = clicks(1, Some(FOR_EVER)).await?;
    let what = "triage: acknowledgement of a click at 0 ms store";
    Ok(vec![
        Row::held(
            format!("{what}, the vendors' stand-ins answering at once"),
            "5 ms of own time",
            format!("{at_once:.1} ms, the stand-ins' time for a comment, a close and an update included"),
            at_once <= OWN_MS_MAX,
        ),
        Row::held(format!("{what}, every vendor hanging"), "2 s", format!("{hanging:.2} s"), hanging <= HANGING_S_MAX),
    ])
}

/// Seconds until a click is acknowledged.
async fn clicks(times: usize, wait: Option<Duration>) -> Result<f64> {
    let town = town(Options::default()).await?;
    // The first click of a process opens connections.
    click(&town, "The first").await?;
    let mut taken = Vec::new();
    for n in 0..times {
        handled(&town.world, &[self_service(&format!("Number {n}"))]).await?;
        if let Some(wait) = wait {
            slow(&town.fakes, wait);
        }
        taken.push(acknowledged(&town).await?);
    }
    Ok(median(taken))
}

async fn click(town: &Town, title: &str) -> Result<f64> {
    handled(&town.world, &[self_service(title)]).await?;
    acknowledged(town).await
}

/// Clicks on the newest question.
async fn acknowledged(town: &Town) -> Result<f64> {
    let slack = &town.fakes.slack;
    let question = slack.dm("jane").pop().ok_or("nobody was asked")?;
    let click = slack.click(&question.channel, &question.ts, "jane", "yes").map_err(|error| error.to_string())?;
    let began = Instant::now();
    match town.request(click.body.as_bytes(), &click.headers).await {
        200 => Ok(began.elapsed().as_secs_f64()),
        status => Err(format!("triage answered {status}").into()),
    }
}

//! A self-service alarm in a process that has handled one before.

use std::time::Duration;

use dispatch_local::town::Options;
use jiff::Timestamp;

use crate::{
    Result,
    scale::{Scale, median},
    stage::{handled, operations, self_service, slow, town},
    table::Row,
};

const ASKED_MAX: f64 = 2.2;
const ENDED_MAX: f64 = 3.3;

/// When the question arrives and when the run ends, in times of a vendor's call.
///
/// # Errors
/// When the alarm is not handled.
pub(crate) async fn rows(scale: &Scale) -> Result<Vec<Row>> {
    let mut rows = Vec::new();
    for wait in scale.waits {
        let (asked, ended, operations) = warm(scale.times, wait).await?;
        rows.push(Row::held(
            format!("warm self-service alarm, L = {} ms a vendor's call", wait.as_millis()),
            "the question arrives after 2.2 L, the run ends after 3.3 L",
            format!("{asked:.2} L and {ended:.2} L; called: {operations}"),
            asked <= ASKED_MAX && ended <= ENDED_MAX,
        ));
    }
    Ok(rows)
}

async fn warm(times: usize, wait: Duration) -> Result<(f64, f64, String)> {
    let town = town(Options::default()).await?;
    handled(&town.world, &[self_service("The first")]).await?;
    slow(&town.fakes, wait);
    let (mut asked, mut ended, mut called) = (Vec::new(), Vec::new(), String::new());
    for n in 0..times {
        let before = town.fakes.requests().len();
        let began = Timestamp::now();
        handled(&town.world, &[self_service(&format!("Number {n}"))]).await?;
        let over = Timestamp::now();
        let requests = town.fakes.requests();
        let question = requests.iter().skip(before).find(|request| request.operation == "chat.postMessage");
        let question = question.ok_or("nobody was asked")?;
        let in_waits = |at: Timestamp| at.duration_since(began).as_secs_f64() / wait.as_secs_f64();
        asked.push(in_waits(question.at));
        ended.push(in_waits(over));
        called = operations(&requests, before);
    }
    Ok((median(asked), median(ended), called))
}

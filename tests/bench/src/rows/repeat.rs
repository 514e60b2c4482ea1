//! An alarm that is raised again while its issue is open.

use dispatch_local::town::Options;

use crate::{
    Result,
    stage::{Counted, handled, operations, requested, town},
    table::Row,
};

const WRITES_MAX: usize = 1;
/// As many as a batch of the queue in `template.yaml`.
const BATCH: usize = 10;

/// A batch of repeats, behind one that made the first count.
///
/// # Errors
/// When they are not handled.
pub(crate) async fn rows() -> Result<Vec<Row>> {
    let town = town(Options::default()).await?;
    let (world, store) = Counted::around(&town.world);
    let message = |n: usize| requested("It was turned off", &format!("request {n}"));
    handled(&world, &[message(0)]).await?;
    let batch = |from: usize| (from..from + BATCH).map(message).collect::<Vec<_>>();
    handled(&world, &batch(1)).await?;
    let (github, others) = (town.fakes.github.requests().len(), town.fakes.slack.requests().len());
    let (reads, writes) = store.counts();
    handled(&world, &batch(1 + BATCH)).await?;
    let (more_reads, more_writes) = store.counts();
    let called = town.fakes.github.requests();
    let told = format!(
        "{} calls to GitHub ({}), {} to Slack; {} reads and {} writes of the store",
        called.len() - github,
        operations(&called, github),
        town.fakes.slack.requests().len() - others,
        more_reads - reads,
        more_writes - writes,
    );
    let holds = called.len() == github && more_writes - writes <= WRITES_MAX;
    let what = format!("a batch of {BATCH} repeats of an open alarm, warm, without webhooks");
    Ok(vec![Row::held(what, "no call to GitHub on the way, one write of the store", told, holds)])
}

//! An alarm that is raised again while its issue is open.

use std::collections::BTreeMap;

use dispatch_local::town::Options;

use crate::{
    Result,
    stage::{Counted, handled, operations, requested, town},
    table::Row,
};

const WRITES_MAX: usize = 1;
/// As many as a batch of the queue in `template.yaml`.
const BATCH: usize = 10;

/// Batches, among them some that the count tells of: it does so at 1, 2, 4, 8 and so on.
const BATCHES: usize = 8;

/// Batches of repeats, behind one that made the first count.
///
/// # Errors
/// When they are not handled.
pub(crate) async fn rows() -> Result<Vec<Row>> {
    let town = town(Options::default()).await?;
    let (world, store) = Counted::around(&town.world);
    let message = |n: usize| requested("It was turned off", &format!("request {n}"));
    let batch = |nth: usize| (1 + nth * BATCH..=(nth + 1) * BATCH).map(message).collect::<Vec<_>>();
    handled(&world, &[message(0)]).await?;
    handled(&world, &batch(0)).await?;
    let (mut costs, mut holds) = (BTreeMap::<String, usize>::new(), true);
    for nth in 1..=BATCHES {
        let (github, others) = (town.fakes.github.requests().len(), town.fakes.slack.requests().len());
        let (reads, writes) = store.counts();
        handled(&world, &batch(nth)).await?;
        let (more_reads, more_writes) = store.counts();
        let called = town.fakes.github.requests();
        let (reads, writes) = (more_reads - reads, more_writes - writes);
        let cost = format!(
            "{} to GitHub ({}), {} to Slack, {reads} reads and {writes} writes of the store",
            called.len() - github,
            operations(&called, github),
            town.fakes.slack.requests().len() - others,
        );
        *costs.entry(cost).or_default() += 1;
        holds &= called.len() == github && writes <= WRITES_MAX;
    }
    let told: Vec<String> = costs.iter().map(|(cost, times)| format!("{times} of {BATCHES} batches: {cost}")).collect();
    let what = format!("batches of {BATCH} repeats of an open alarm, warm");
    Ok(vec![Row::held(what, "no call to GitHub on the way, one write of the store a batch", told.join("; "), holds)])
}

//! A page that is asked for as such.

use dispatch_local::town::Options;

use crate::{
    Result,
    stage::{Counted, handled, high_priority, operations, town},
    table::Row,
};

/// One, in a process that has paged before.
///
/// # Errors
/// When nobody is paged.
pub(crate) async fn rows() -> Result<Vec<Row>> {
    let town = town(Options { events: true, ..Options::default() }).await?;
    let (world, store) = Counted::around(&town.world);
    handled(&world, &[high_priority("The first")]).await?;
    let (before, kept) = (town.fakes.requests().len(), store.counts());
    handled(&world, &[high_priority("The next")]).await?;
    let requests = town.fakes.requests();
    let (calls, (reads, writes)) = (requests.len() - before, store.counts());
    let others = reads + writes - kept.0 - kept.1;
    let told = format!("{calls} call ({}), {others} of the store", operations(&requests, before));
    Ok(vec![Row::held("high priority, warm", "1 call, nothing else on the way", told, calls == 1 && others == 0)])
}

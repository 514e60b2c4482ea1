//! What GitHub is asked for a new alarm, however much stands in the repository.

use dispatch_local::town::Options;

use crate::{
    Result,
    scale::Scale,
    stage::{handled, operations, self_service, town},
    table::Row,
};

const CALLS_MAX: usize = 2;

/// The first alarm of a process and the next, with more and more issues.
///
/// # Errors
/// When an alarm is not handled.
pub(crate) async fn rows(scale: &Scale) -> Result<Vec<Row>> {
    let mut counts = Vec::new();
    for issues in scale.issues {
        counts.push(calls(issues).await?);
    }
    let is_same = counts.iter().all(|count| Some(count) == counts.first());
    let (first, next) = counts.last().ok_or("nothing was measured")?;
    let besides = |operations: &str| operations.split(", ").filter(|name| *name != "issues/create").count();
    let holds = is_same && besides(first) <= CALLS_MAX && besides(next) <= CALLS_MAX;
    let same = if is_same { "the same each time" } else { "not the same each time" };
    let told = format!("{same}; the first alarm of a process: {first}; the next: {next}");
    let [none, some, many] = scale.issues;
    let what = format!("calls to GitHub for a new alarm, {none}, {some} and {many} open issues in the repository");
    Ok(vec![Row::held(what, "the same number, at most 2 besides the audit entries", told, holds)])
}

async fn calls(issues: usize) -> Result<(String, String)> {
    let town = town(Options::default()).await?;
    let github = &town.fakes.github;
    let repository = github.repositories().into_iter().next().ok_or("there is no repository")?;
    for n in 0..issues {
        github.open_by_hand(&repository, &format!("Standing {n}"), "", false).map_err(|error| error.to_string())?;
    }
    handled(&town.world, &[self_service("The first")]).await?;
    let first = github.requests();
    handled(&town.world, &[self_service("The next")]).await?;
    Ok((in_order(&operations(&first, 0)), in_order(&operations(&github.requests(), first.len()))))
}

/// By name: some of them are made side by side.
fn in_order(operations: &str) -> String {
    let mut names: Vec<&str> = operations.split(", ").collect();
    names.sort_unstable();
    names.join(", ")
}

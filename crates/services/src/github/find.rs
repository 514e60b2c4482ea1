//! Finding the very issue that Dispatch opened, also while GitHub's lists do not show it yet.
//!
//! Lists lag by minutes, and one page of them may come from a copy that is further behind than the page
//! before. An issue that is read by its number is there at once. So whatever the list passes over, and
//! what comes behind its newest, is read by number, until there are no more numbers. GitHub promises
//! neither; others saw both: <https://github.com/judell/bram/issues/254>.

use std::collections::BTreeSet;

use dispatch_core::alarm::{Issue, IssueNumber, Repo};
use dispatch_engine::ports::Failed;
use futures::future::join_all;
use http::{Method, StatusCode};
use jiff::Timestamp;

use super::{
    Listed, NOTHING, PER_PAGE, holds,
    judge::{judge, judge_state},
    wire::{Call, Wire, read},
};
use crate::http::Repeat;

/// A thousand issues and pull requests.
const PAGES_MAX: usize = 10;

/// So many numbers in a row that nothing has are the end. More than one, because a number may belong to
/// what is no issue, such as a discussion, or to an issue that this token may not see.
const END: u64 = 10;

/// As many as come into being in ten minutes at GitHub's own limit of 80 a minute, and, with the pages,
/// below the 900 reads a minute that it allows.
/// <https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits>
const READS_MAX: usize = 800;

/// Reads under way at once.
const ABREAST: usize = 10;

/// What the list tells.
#[derive(Default)]
struct Shown {
    numbers: BTreeSet<u64>,
    /// The smallest number of those that were opened since.
    oldest: Option<u64>,
}

/// What is behind a number.
enum Behind {
    Issue(Listed),
    /// Something that cannot be read any more: it was deleted, or moved out of sight.
    Gone,
    Nothing,
}

/// What looking for an issue came to.
pub(super) enum Sought {
    Found(Issue),
    Nowhere,
    /// There is more of this to look through than may be read: whether there is such an issue is not known.
    TooMuch(&'static str),
}

/// The issue whose body holds `marker`, opened at or after `since`. Pull requests are passed over.
///
/// # Errors
/// When GitHub cannot be asked.
pub(super) async fn by_marker(wire: &Wire, repo: &Repo, marker: &str, since: Timestamp) -> Result<Sought, Failed> {
    let is_it = |issue: &Listed| issue.pull_request.is_none() && holds(issue.body.as_deref(), marker);
    let mut shown = Shown::default();
    for page in 1..=PAGES_MAX {
        let listed = list(wire, repo, page).await?;
        let is_last = listed.len() < PER_PAGE || listed.iter().any(|issue| issue.is_older(since));
        shown.add(&listed, since);
        match listed.into_iter().find(is_it) {
            Some(issue) => return Ok(Sought::Found(issue.at(repo))),
            None if is_last => return unlisted(wire, repo, &shown, is_it).await,
            None => {}
        }
    }
    Ok(Sought::TooMuch("issues since then"))
}

/// One page of the list, newest first.
///
/// Without GitHub's own `since`, which would hide the numbers that it leaves out. What one call shows as
/// newest another one may not show yet, so the newest is read off the same list that was looked through.
///
/// <https://docs.github.com/en/rest/issues/issues#list-repository-issues>
async fn list(wire: &Wire, repo: &Repo, page: usize) -> Result<Vec<Listed>, Failed> {
    const CALL: &str = "github issues.listForRepo";
    let mut url = wire.in_repo(CALL, repo, &["issues"])?;
    url.query_pairs_mut()
        .append_pair("state", "all")
        .append_pair("sort", "created")
        .append_pair("direction", "desc")
        .append_pair("per_page", &PER_PAGE.to_string())
        .append_pair("page", &page.to_string());
    let call = Call { name: CALL, repo: repo.clone(), repeat: Repeat::Freely, judge };
    read(CALL, &wire.send(call, Method::GET, &url, NOTHING).await?)
}

/// Reads by number what the list does not show.
async fn unlisted(wire: &Wire, repo: &Repo, shown: &Shown, is_it: impl Fn(&Listed) -> bool) -> Result<Sought, Failed> {
    let newest = shown.newest();
    let mut numbers = shown.skipped().chain(newest + 1..).take(READS_MAX).peekable();
    let mut nothing = 0;
    while numbers.peek().is_some() {
        let some: Vec<u64> = numbers.by_ref().take(ABREAST).collect();
        let reads = join_all(some.iter().map(|number| behind(wire, repo, *number))).await;
        for (number, behind) in some.into_iter().zip(reads) {
            match behind? {
                // Known here by the number that it was opened under, wherever it has moved since.
                Behind::Issue(issue) if is_it(&issue) => {
                    return Ok(Sought::Found(Listed { number: IssueNumber(number), ..issue }.at(repo)));
                }
                Behind::Nothing if number > newest => nothing += 1,
                Behind::Issue(_) | Behind::Gone | Behind::Nothing => nothing = 0,
            }
            if nothing == END {
                return Ok(Sought::Nowhere);
            }
        }
    }
    Ok(Sought::TooMuch("issues that the list does not show"))
}

/// <https://docs.github.com/en/rest/issues/issues#get-an-issue>
async fn behind(wire: &Wire, repo: &Repo, number: u64) -> Result<Behind, Failed> {
    const CALL: &str = "github issues.get";
    let url = wire.in_repo(CALL, repo, &["issues", &number.to_string()])?;
    let call = Call { name: CALL, repo: repo.clone(), repeat: Repeat::Freely, judge: judge_state };
    let reply = wire.send(call, Method::GET, &url, NOTHING).await?;
    match reply.status {
        StatusCode::NOT_FOUND => Ok(Behind::Nothing),
        StatusCode::GONE | StatusCode::MOVED_PERMANENTLY => Ok(Behind::Gone),
        _ => Ok(Behind::Issue(read(CALL, &reply)?)),
    }
}

impl Shown {
    fn add(&mut self, listed: &[Listed], since: Timestamp) {
        self.numbers.extend(listed.iter().map(|issue| issue.number.0));
        let young = listed.iter().filter(|issue| !issue.is_older(since)).map(|issue| issue.number.0);
        self.oldest = self.oldest.into_iter().chain(young).min();
    }

    /// 0 when there is none.
    fn newest(&self) -> u64 {
        self.numbers.last().copied().unwrap_or(0)
    }

    /// The numbers that the list passes over between those that were opened since, and a few below.
    fn skipped(&self) -> impl Iterator<Item = u64> {
        let from = self.oldest.map_or(u64::MAX, |oldest| oldest.saturating_sub(END).max(1));
        (from..self.newest()).filter(|number| !self.numbers.contains(number))
    }
}

impl Listed {
    fn is_older(&self, since: Timestamp) -> bool {
        self.created_at.is_some_and(|created| created < since)
    }
}

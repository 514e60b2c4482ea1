//! The store: whether it does all that journals need, tried with an object of its own.

use std::{sync::Arc, time::Duration};

use bytes::Bytes;
use dispatch_engine::{
    ports::{Failed, Store},
    world::until,
};
use dispatch_services::{aws::Aws, settings::Settings, store};
use jiff::Timestamp;
use tokio::time::Instant;

use super::{
    aws::{Refusal, refusal},
    finding::{Finding, said},
    settings::Origin,
};

const WHAT: &str = "store";
const URL: &str = "DISPATCH_STORE_URL";
const REGION: &str = "AWS_REGION";
/// Where probes lie. Nothing else does.
const PREFIX: &str = "doctor";
/// How long the store may take for all of it.
const PATIENCE: Duration = Duration::from_secs(6);

/// What went wrong, and with what.
struct Broken {
    doing: &'static str,
    /// What S3 calls the right to do it.
    right: &'static str,
    why: Why,
}

enum Why {
    Failed(Failed),
    /// The store answered, and not as it must.
    Odd(&'static str),
}

/// Tries everything, as far as the settings lead there.
pub(super) async fn examine(settings: &Settings, origin: &Origin, aws: &Result<Option<Aws>, Finding>) -> Vec<Finding> {
    let Some(url) = settings.text(URL) else {
        return vec![Finding::skipped(WHAT, format!("{URL} must be right first"))];
    };
    let aws = match aws {
        Ok(aws) => aws.as_ref(),
        Err(_) if store::needs_aws(settings) => return vec![Finding::skipped(WHAT, "AWS asks for credentials first")],
        Err(_) => None,
    };
    if matches!(origin, Origin::Deployed(_)) && !url.starts_with("s3://") {
        let found = format!("{url} is forgotten with the function that wrote it");
        return vec![Finding::wrong(WHAT, found, origin.set_from_its_place(URL))];
    }
    let store = match store::connect(settings, aws) {
        Ok(store) => store,
        Err(problem) => {
            let mend = match problem.expected.starts_with(REGION) {
                true => format!("Set {REGION} in this shell to the region of the bucket."),
                false => origin.set_from_its_place(URL),
            };
            let found = format!("it cannot be opened: expected {}", problem.expected);
            return vec![Finding::wrong(WHAT, found, mend)];
        }
    };
    vec![match until(Instant::now() + PATIENCE, try_all(&store)).await {
        Ok(()) if url.starts_with("memory:") => Finding::note(WHAT, "it works, and is forgotten when the process ends"),
        Ok(()) => Finding::ok(WHAT, "creates, swaps, lists and deletes"),
        Err(broken) => broken.told(url, origin),
    }]
}

/// Tries with one object, which is removed whatever happens.
async fn try_all(store: &Arc<dyn Store>) -> Result<(), Broken> {
    let path = format!("{PREFIX}/{}", Timestamp::now().as_microsecond());
    let tried = try_at(store, &path).await;
    let removed = store.delete(&path).await.map_err(failed("remove an object", "s3:DeleteObject"));
    tried?;
    removed?;
    match store.read(&path).await.map_err(failed("read an object", "s3:GetObject"))? {
        None => Ok(()),
        Some(_) => Err(odd("remove an object", "it is still there afterwards")),
    }
}

async fn try_at(store: &Arc<dyn Store>, path: &str) -> Result<(), Broken> {
    let bytes = |text: &'static str| Bytes::from_static(text.as_bytes());
    const CREATE: &str = "create an object";
    let put = || failed(CREATE, "s3:PutObject");
    let first = store.create(path, bytes("1")).await.map_err(put())?;
    let first = first.ok_or_else(|| odd(CREATE, "it says that a new object exists"))?;
    if store.create(path, bytes("2")).await.map_err(put())?.is_some() {
        return Err(odd(CREATE, "it creates one that exists, so that an alarm would become several"));
    }
    let read = store.read(path).await.map_err(failed("read an object", "s3:GetObject"))?;
    if read.is_none_or(|(held, _)| held != "1") {
        return Err(odd("read an object", "it does not hold what was written"));
    }
    const SWAP: &str = "swap an object";
    let swap = || failed(SWAP, "s3:PutObject");
    let second = store.swap(path, bytes("3"), &first).await.map_err(swap())?;
    second.ok_or_else(|| odd(SWAP, "it does not know the version that it gave"))?;
    if store.swap(path, bytes("4"), &first).await.map_err(swap())?.is_some() {
        return Err(odd(SWAP, "it replaces what another has written, so that answers would be lost"));
    }
    let listed = store.list(PREFIX).await.map_err(failed("list objects", "s3:ListBucket"))?;
    match listed.iter().any(|listed| listed == path) {
        true => Ok(()),
        false => Err(odd("list objects", "what was written is not in the list")),
    }
}

fn failed(doing: &'static str, right: &'static str) -> impl Fn(Failed) -> Broken {
    move |failed| Broken { doing, right, why: Why::Failed(failed) }
}

fn odd(doing: &'static str, what: &'static str) -> Broken {
    Broken { doing, right: "", why: Why::Odd(what) }
}

impl Broken {
    fn told(&self, url: &str, origin: &Origin) -> Finding {
        let Broken { doing, right, why } = self;
        let failed = match why {
            Why::Odd(what) => {
                return Finding::wrong(
                    WHAT,
                    format!("{url} cannot {doing}: {what}"),
                    format!("It must create and swap under conditions, as S3 does: name another store in {URL}."),
                );
            }
            Why::Failed(failed) => failed,
        };
        let found = format!("{url} does not let Dispatch {doing}: {}", said(failed));
        match said(failed) {
            reason if reason.contains("no such store") || reason.contains("NoSuchBucket") => Finding::wrong(
                WHAT,
                format!("there is no {url}"),
                format!("Look the bucket up with `aws s3 ls`, and mend {URL}; or deploy the stack, which makes one."),
            ),
            _ if !url.starts_with("s3://") => {
                Finding::wrong(WHAT, found, "Give whoever runs Dispatch the right to read and to write there.")
            }
            reason => match (refusal(reason), origin) {
                // The functions have a right of their own.
                (Refusal::Right, Origin::Deployed(_)) => {
                    Finding::skipped(WHAT, format!("this shell may not {doing}: it lacks {right} ({reason})"))
                }
                (Refusal::Right, Origin::Here) => {
                    Finding::wrong(WHAT, found, format!("Allow {right} on the bucket and its objects."))
                }
                (refusal, _) => refusal.told(WHAT, url, reason),
            },
        }
    }
}

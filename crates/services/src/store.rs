//! The store of journals: a bucket on AWS, a folder or memory on a laptop.
//!
//! All three create and replace under conditions that hold between processes, which is what makes
//! "exactly one" possible. What stands in a bucket's or a folder's way is never taken for an answer:
//! `None` is only ever said by the store itself.
//!
//! What each of them needs:
//!
//! | store | needs | a list of what comes before something costs |
//! | --- | --- | --- |
//! | bucket | S3 or what speaks its language, with conditional puts and lists in order of bytes; the rights that `store/s3.rs` names | requests for about as many names as come of it |
//! | folder | a local file system with `flock`, for Dispatch alone | the names side by side on each level, and nothing of what lies below those that come later |
//! | memory | nothing | what comes of it |

use std::{path::PathBuf, sync::Arc};

use dispatch_engine::ports::{Failed, Store};
use futures::TryStreamExt;
use object_store::{Error, ObjectStore, path::Path};
use url::Url;

use crate::{
    aws::Aws,
    carried,
    settings::{Format, Problem, Required, Setting, Settings},
};

mod bucket;
mod folder;
mod memory;
mod s3;
#[cfg(test)]
mod tests;

use self::{bucket::Bucket, folder::Folder, memory::Memory};

const URL: &str = "DISPATCH_STORE_URL";

/// What this service is told.
pub const SETTINGS: &[Setting] = &[Setting {
    name: URL,
    meaning: "where journals are kept",
    format: Format::new("s3://bucket, s3://bucket/prefix, file:///folder or memory:///", |text| {
        Place::of(text).is_some()
    }),
    default: None,
    secret: false,
    required: Required::Yes,
}];

const READ: &str = "store read";
const CREATE: &str = "store create";
const SWAP: &str = "store swap";
const LIST: &str = "store list";
const DELETE: &str = "store delete";

/// What the setting names.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// Forgotten when the process ends.
    Memory,
    Folder(PathBuf),
    Bucket {
        name: String,
        prefix: Path,
    },
}

/// Whether [`connect`] will ask for AWS.
pub fn needs_aws(settings: &Settings) -> bool {
    settings.text(URL).and_then(Place::of).is_some_and(|place| matches!(place, Place::Bucket { .. }))
}

/// Opens the store that the settings name; a folder is made when it is missing. Calls nobody yet.
///
/// # Errors
/// When it cannot be opened, or is a bucket and `aws` is `None`.
pub fn connect(settings: &Settings, aws: Option<&Aws>) -> Result<Arc<dyn Store>, Problem> {
    let problem = |expected: String| settings.problem(URL, expected);
    Ok(match (settings.need(URL).map(Place::of)?, aws) {
        (Some(Place::Memory), _) => Arc::new(Memory::default()),
        (Some(Place::Folder(root)), _) => {
            Arc::new(Folder::open(&root).map_err(|error| problem(format!("a folder to write in ({error})")))?)
        }
        (Some(Place::Bucket { name, prefix }), Some(aws)) => {
            Arc::new(Bucket::new(s3::open(&name, aws).map_err(problem)?, prefix))
        }
        _ => return Err(problem("a store that is within reach".to_owned())),
    })
}

async fn list(store: &dyn ObjectStore, prefix: &str) -> Result<Vec<String>, Failed> {
    let below = below(prefix)?;
    let found = store.list(below.as_ref()).map_ok(|object| object.location.to_string());
    let mut paths: Vec<String> = found.try_collect().await.map_err(|error| failed(LIST, &error))?;
    paths.retain(|path| is_path(path));
    paths.sort_unstable();
    Ok(paths)
}

/// What a list is of; `None` for everything.
fn below(prefix: &str) -> Result<Option<Path>, Failed> {
    match prefix.trim_end_matches('/') {
        "" => Ok(None),
        prefix => locate(LIST, prefix).map(Some),
    }
}

fn locate(call: &'static str, path: &str) -> Result<Path, Failed> {
    let refused = || Failed::Refused { call, reason: format!("{path:?} is no path of the store") };
    if is_path(path) { Path::parse(path).map_err(|_| refused()) } else { Err(refused()) }
}

/// Whether every store takes the path as it is, and it leads nowhere else. Names that begin with a dot
/// are the store's own.
fn is_path(path: &str) -> bool {
    path.split('/').all(|part| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:=+@,".contains(&byte);
        !part.is_empty() && !part.starts_with('.') && part.bytes().all(is_plain)
    })
}

/// What an error means that says nothing about the object.
fn failed(call: &'static str, error: &Error) -> Failed {
    let reason = || carried::root(error);
    carried::failed(call, error).unwrap_or_else(|| match error {
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => {
            Failed::Busy { call, reason: reason(), wait: None }
        }
        Error::NotFound { .. } => Failed::Busy { call, reason: "there is no such store".to_owned(), wait: None },
        _ => Failed::Unreachable { call, reason: reason() },
    })
}

impl Place {
    fn of(text: &str) -> Option<Self> {
        let url = Url::parse(text).ok()?;
        let host = url.host_str().unwrap_or_default();
        if url.query().is_some() || url.fragment().is_some() {
            return None;
        }
        match url.scheme() {
            "memory" if host.is_empty() && matches!(url.path(), "" | "/") => Some(Place::Memory),
            "file" if host.is_empty() && url.path().len() > 1 => Some(Place::Folder(url.to_file_path().ok()?)),
            "s3" if !host.is_empty() && url.port().is_none() && url.username().is_empty() => {
                let prefix = url.path().trim_matches('/');
                let prefix = if prefix.is_empty() { Path::default() } else { locate(READ, prefix).ok()? };
                Some(Place::Bucket { name: host.to_owned(), prefix })
            }
            _ => None,
        }
    }
}

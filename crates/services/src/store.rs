//! The store of journals: a bucket on AWS, a folder or memory on a laptop.
//!
//! All three create and replace under conditions that hold between processes, which is what makes
//! "exactly one" possible. What stands in a bucket's or a folder's way is never taken for an answer:
//! `None` is only ever said by the store itself.

use std::{path::PathBuf, sync::Arc};

use async_trait::async_trait;
use bytes::Bytes;
use dispatch_engine::ports::{Failed, Store, Tag};
use futures::TryStreamExt;
use object_store::{
    Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, UpdateVersion, memory::InMemory, path::Path,
};
use url::Url;

use crate::{
    aws::Aws,
    carried,
    settings::{Format, Problem, Required, Setting, Settings},
};

mod folder;
mod s3;
#[cfg(test)]
mod tests;

use self::folder::Folder;

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
        (Some(Place::Memory), _) => Arc::new(Objects(Arc::new(InMemory::new()))),
        (Some(Place::Folder(root)), _) => {
            Arc::new(Folder::open(&root).map_err(|error| problem(format!("a folder to write in ({error})")))?)
        }
        (Some(Place::Bucket { name, prefix }), Some(aws)) => {
            Arc::new(Objects(s3::open(&name, prefix, aws).map_err(problem)?))
        }
        _ => return Err(problem("a store that is within reach".to_owned())),
    })
}

/// A store that compares and swaps by itself.
#[derive(Clone, Debug)]
struct Objects(Arc<dyn ObjectStore>);

#[async_trait]
impl Store for Objects {
    async fn read(&self, path: &str) -> Result<Option<(Bytes, Tag)>, Failed> {
        let found = match self.0.get(&locate(READ, path)?).await {
            Ok(found) => found,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(failed(READ, &error)),
        };
        let tag = tag(READ, found.meta.e_tag.clone())?;
        let bytes = found.bytes().await.map_err(|error| failed(READ, &error))?;
        Ok(Some((bytes, tag)))
    }

    async fn create(&self, path: &str, bytes: Bytes) -> Result<Option<Tag>, Failed> {
        self.put(CREATE, path, bytes, PutMode::Create).await
    }

    async fn swap(&self, path: &str, bytes: Bytes, tag: &Tag) -> Result<Option<Tag>, Failed> {
        let version = UpdateVersion { e_tag: Some(tag.0.clone()), version: None };
        self.put(SWAP, path, bytes, PutMode::Update(version)).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, Failed> {
        list(self.0.as_ref(), prefix).await
    }
}

impl Objects {
    async fn put(&self, call: &'static str, path: &str, bytes: Bytes, mode: PutMode) -> Result<Option<Tag>, Failed> {
        let options = PutOptions { mode, ..PutOptions::default() };
        match self.0.put_opts(&locate(call, path)?, bytes.clone().into(), options).await {
            Ok(put) => tag(call, put.e_tag).map(Some),
            Err(Error::AlreadyExists { .. } | Error::Precondition { .. }) => Ok(None),
            Err(error) => match failed(call, &error) {
                lost if lost.is_unsure() => self.recover(path, &bytes, lost).await,
                failed => Err(failed),
            },
        }
    }

    /// Looks whether a put whose reply was lost has been done. It is not sent again: a second one
    /// would find the first and report it as somebody else's. Different writers never put the same
    /// bytes where it matters who was first, because a claim names its run.
    async fn recover(&self, path: &str, bytes: &Bytes, lost: Failed) -> Result<Option<Tag>, Failed> {
        match self.read(path).await {
            Ok(Some((found, tag))) if found == *bytes => Ok(Some(tag)),
            _ => Err(lost),
        }
    }
}

async fn list(store: &dyn ObjectStore, prefix: &str) -> Result<Vec<String>, Failed> {
    let prefix = match prefix.trim_end_matches('/') {
        "" => None,
        prefix => Some(locate(LIST, prefix)?),
    };
    let found = store.list(prefix.as_ref()).map_ok(|object| object.location.to_string());
    let mut paths: Vec<String> = found.try_collect().await.map_err(|error| failed(LIST, &error))?;
    paths.retain(|path| !path.split('/').any(|part| part.starts_with('.')));
    paths.sort_unstable();
    Ok(paths)
}

/// A path that every store takes as it is, and that leads nowhere else. Names that begin with a dot
/// are the store's own.
fn locate(call: &'static str, path: &str) -> Result<Path, Failed> {
    let fits = |part: &str| {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:=+@,".contains(&byte);
        !part.is_empty() && !part.starts_with('.') && part.bytes().all(is_plain)
    };
    let refused = || Failed::Refused { call, reason: format!("{path:?} is no path of the store") };
    if path.split('/').all(fits) { Path::parse(path).map_err(|_| refused()) } else { Err(refused()) }
}

fn tag(call: &'static str, e_tag: Option<String>) -> Result<Tag, Failed> {
    e_tag.map(Tag).ok_or_else(|| Failed::Unreachable { call, reason: "the reply holds no version".to_owned() })
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

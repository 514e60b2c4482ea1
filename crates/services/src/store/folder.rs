//! A folder as a store: `object_store` reads and lists; whatever changes a folder is done here, under a
//! lock that holds between processes.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use bytes::Bytes;
use dispatch_engine::ports::{Failed, Store, Tag};
use object_store::{Error, ObjectStoreExt, local::LocalFileSystem};
use ring::digest::{SHA256, digest};
use tokio::task::spawn_blocking;

use super::{CREATE, DELETE, LIST, READ, SWAP, below, failed, is_path, list, locate};

/// Held while an object is created, swapped or deleted.
const LOCK: &str = ".lock";
/// What takes the place of an object; only whoever holds the lock writes it.
const FRESH: &str = ".fresh";

/// A folder. An object's version is the hash of its content.
#[derive(Clone, Debug)]
pub(super) struct Folder {
    root: PathBuf,
    files: LocalFileSystem,
}

impl Folder {
    /// Opens the folder, and makes it when it is missing.
    pub(super) fn open(root: &Path) -> io::Result<Self> {
        fs::create_dir_all(root)?;
        lock(root)?;
        Ok(Folder { root: root.to_owned(), files: LocalFileSystem::new_with_prefix(root)? })
    }

    /// Changes the file at `path`, or nothing when this fails.
    async fn change<T: Send + 'static>(
        &self,
        call: &'static str,
        path: &str,
        change: impl FnOnce(&Path, &Path) -> io::Result<T> + Send + 'static,
    ) -> Result<T, Failed> {
        let at = locate(call, path)?;
        let file = self.files.path_to_filesystem(&at).map_err(|error| failed(call, &error))?;
        let root = self.root.clone();
        work(call, move || {
            let _held = lock(&root)?;
            change(&root, &file)
        })
        .await
    }
}

#[async_trait]
impl Store for Folder {
    async fn read(&self, path: &str) -> Result<Option<(Bytes, Tag)>, Failed> {
        let found = match self.files.get(&locate(READ, path)?).await {
            Ok(found) => found,
            Err(Error::NotFound { .. }) => return Ok(None),
            Err(error) => return Err(failed(READ, &error)),
        };
        let bytes = found.bytes().await.map_err(|error| failed(READ, &error))?;
        let tag = tag(&bytes);
        Ok(Some((bytes, tag)))
    }

    async fn create(&self, path: &str, bytes: Bytes) -> Result<Option<Tag>, Failed> {
        self.change(CREATE, path, move |root, file| create(root, file, &bytes)).await
    }

    async fn swap(&self, path: &str, bytes: Bytes, tag: &Tag) -> Result<Option<Tag>, Failed> {
        let old = tag.clone();
        self.change(SWAP, path, move |root, file| swap(root, file, &bytes, &old)).await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, Failed> {
        list(&self.files, prefix).await
    }

    async fn list_before(&self, prefix: &str, end: &str, max: usize) -> Result<Vec<String>, Failed> {
        let below = below(prefix)?.map(|path| format!("{path}/")).unwrap_or_default();
        let (root, end) = (self.root.clone(), end.to_owned());
        work(LIST, move || {
            let mut found = Vec::new();
            collect(&root, &below, &end, max, &mut found)?;
            Ok(found)
        })
        .await
    }

    async fn delete(&self, path: &str) -> Result<(), Failed> {
        self.change(DELETE, path, |_, file| delete(file)).await
    }
}

async fn work<T: Send + 'static>(
    call: &'static str,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, Failed> {
    let done = spawn_blocking(work).await;
    let done = done.map_err(|error| Failed::Unreachable { call, reason: error.to_string() })?;
    done.map_err(|error| Failed::Busy { call, reason: error.to_string(), wait: None })
}

fn create(root: &Path, file: &Path, bytes: &[u8]) -> io::Result<Option<Tag>> {
    if file.is_file() {
        return Ok(None);
    }
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)?;
    }
    put(root, file, bytes).map(Some)
}

fn swap(root: &Path, file: &Path, bytes: &[u8], old: &Tag) -> io::Result<Option<Tag>> {
    match fs::read(file) {
        Ok(found) if tag(&found) == *old => put(root, file, bytes).map(Some),
        Ok(_) => Ok(None),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// The last step is the only one that readers see.
fn put(root: &Path, file: &Path, bytes: &[u8]) -> io::Result<Tag> {
    let path = root.join(FRESH);
    let mut fresh = File::create(&path)?;
    fresh.write_all(bytes)?;
    fresh.sync_data()?;
    drop(fresh);
    fs::rename(&path, file)?;
    Ok(tag(bytes))
}

/// Folders that this leaves empty go as well: nobody creates in them meanwhile, because that takes the
/// lock, too. The root stays, because it holds the lock.
fn delete(file: &Path) -> io::Result<()> {
    match fs::remove_file(file) {
        Ok(()) => {}
        Err(error) if is_none(&error) || error.kind() == ErrorKind::IsADirectory => return Ok(()),
        Err(error) => return Err(error),
    }
    file.ancestors().skip(1).take_while(|folder| fs::remove_dir(folder).is_ok()).for_each(drop);
    Ok(())
}

/// Adds to `found` what comes before `end` below `below`, which is empty or ends with a slash, until it
/// holds `max` paths. Never looks into a folder of which nothing comes before `end`.
fn collect(root: &Path, below: &str, end: &str, max: usize, found: &mut Vec<String>) -> io::Result<()> {
    for path in children(root, below, end)? {
        if found.len() >= max {
            break;
        }
        match path.ends_with('/') {
            true => collect(root, &path, end, max, found)?,
            false => found.push(path),
        }
    }
    Ok(())
}

/// Files and folders, in the order that their files have in a list of all. A folder's path ends with a slash.
fn children(root: &Path, below: &str, end: &str) -> io::Result<Vec<String>> {
    let entries = match fs::read_dir(root.join(below)) {
        Ok(entries) => entries,
        Err(error) if is_none(&error) => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut children = Vec::new();
    for entry in entries {
        let name = entry?.file_name();
        let Some(mut path) = name.to_str().map(|name| format!("{below}{name}")) else { continue };
        if !is_path(&path) || path.as_str() >= end {
            continue;
        }
        match fs::metadata(root.join(&path)) {
            Ok(data) if data.is_dir() => path.push('/'),
            Ok(_) => {}
            // Somebody was faster, and has deleted it.
            Err(error) if is_none(&error) => continue,
            Err(error) => return Err(error),
        }
        if path.as_str() < end {
            children.push(path);
        }
    }
    children.sort_unstable();
    Ok(children)
}

fn is_none(error: &io::Error) -> bool {
    matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory)
}

/// Waits for the folder's lock. It is let go of when the file is closed, or its process ends.
fn lock(root: &Path) -> io::Result<File> {
    let file = OpenOptions::new().create(true).truncate(false).write(true).open(root.join(LOCK))?;
    file.lock()?;
    Ok(file)
}

fn tag(bytes: &[u8]) -> Tag {
    Tag(hex::encode(digest(&SHA256, bytes)))
}

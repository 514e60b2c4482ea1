//! A folder as a store: `object_store` reads, creates and lists; comparing and swapping, which it
//! lacks for folders, is done here under a lock that holds between processes.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, ErrorKind, Write},
    path::{Path, PathBuf},
};

use async_trait::async_trait;
use bytes::Bytes;
use dispatch_engine::ports::{Failed, Store, Tag};
use object_store::{Error, ObjectStore, ObjectStoreExt, PutMode, local::LocalFileSystem};
use ring::digest::{SHA256, digest};
use tokio::task::spawn_blocking;

use super::{CREATE, READ, SWAP, failed, list, locate};

/// Held while an object is compared and swapped.
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
        let tag = tag(&bytes);
        match self.files.put_opts(&locate(CREATE, path)?, bytes.into(), PutMode::Create.into()).await {
            Ok(_) => Ok(Some(tag)),
            Err(Error::AlreadyExists { .. }) => Ok(None),
            Err(error) => Err(failed(CREATE, &error)),
        }
    }

    async fn swap(&self, path: &str, bytes: Bytes, tag: &Tag) -> Result<Option<Tag>, Failed> {
        let at = locate(SWAP, path)?;
        let file = self.files.path_to_filesystem(&at).map_err(|error| failed(SWAP, &error))?;
        let (root, old) = (self.root.clone(), tag.clone());
        let done = spawn_blocking(move || swap(&root, &file, &bytes, &old)).await;
        let done = done.map_err(|error| Failed::Unreachable { call: SWAP, reason: error.to_string() })?;
        done.map_err(|error| Failed::Busy { call: SWAP, reason: error.to_string(), wait: None })
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, Failed> {
        list(&self.files, prefix).await
    }
}

/// Nothing has happened when this fails: the last step is the only one that readers see.
fn swap(root: &Path, file: &Path, bytes: &[u8], old: &Tag) -> io::Result<Option<Tag>> {
    let _held = lock(root)?;
    match fs::read(file) {
        Ok(found) if tag(&found) == *old => {}
        Ok(_) => return Ok(None),
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    }
    let path = root.join(FRESH);
    let mut fresh = File::create(&path)?;
    fresh.write_all(bytes)?;
    fresh.sync_data()?;
    drop(fresh);
    fs::rename(&path, file)?;
    Ok(Some(tag(bytes)))
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

//! Memory as a store, for one process; forgotten when it ends.

#[cfg(test)]
use std::sync::atomic::{AtomicUsize, Ordering};
use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;
use bytes::Bytes;
use dispatch_engine::ports::{Failed, Store, Tag};

use super::{CREATE, DELETE, READ, SWAP, below, locate};

/// An object's version is the number of its writing, and is never given twice.
#[derive(Debug, Default)]
pub(super) struct Memory {
    kept: Mutex<Kept>,
    /// How many names were looked at for lists.
    #[cfg(test)]
    pub(super) looked_at: AtomicUsize,
}

#[derive(Debug, Default)]
struct Kept {
    objects: BTreeMap<String, (Bytes, Tag)>,
    written: u64,
}

impl Kept {
    fn put(&mut self, path: &str, bytes: Bytes) -> Tag {
        self.written += 1;
        let tag = Tag(self.written.to_string());
        self.objects.insert(path.to_owned(), (bytes, tag.clone()));
        tag
    }
}

impl Memory {
    fn hold(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn names(&self, prefix: &str, end: Option<&str>, max: usize) -> Result<Vec<String>, Failed> {
        let below = below(prefix)?.map(|path| format!("{path}/")).unwrap_or_default();
        let is_wanted = |path: &str| path.starts_with(&below) && end.is_none_or(|end| path < end);
        let kept = self.hold();
        let names = kept.objects.range(below.clone()..).map(|(path, _)| path);
        #[cfg(test)]
        let names = names.inspect(|_| _ = self.looked_at.fetch_add(1, Ordering::Relaxed));
        Ok(names.take_while(|path| is_wanted(path)).take(max).cloned().collect())
    }
}

#[async_trait]
impl Store for Memory {
    async fn read(&self, path: &str) -> Result<Option<(Bytes, Tag)>, Failed> {
        locate(READ, path)?;
        Ok(self.hold().objects.get(path).cloned())
    }

    async fn create(&self, path: &str, bytes: Bytes) -> Result<Option<Tag>, Failed> {
        locate(CREATE, path)?;
        let mut kept = self.hold();
        Ok((!kept.objects.contains_key(path)).then(|| kept.put(path, bytes)))
    }

    async fn swap(&self, path: &str, bytes: Bytes, tag: &Tag) -> Result<Option<Tag>, Failed> {
        locate(SWAP, path)?;
        let mut kept = self.hold();
        let is_newest = kept.objects.get(path).is_some_and(|(_, newest)| newest == tag);
        Ok(is_newest.then(|| kept.put(path, bytes)))
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, Failed> {
        self.names(prefix, None, usize::MAX)
    }

    async fn list_before(&self, prefix: &str, end: &str, max: usize) -> Result<Vec<String>, Failed> {
        self.names(prefix, Some(end), max)
    }

    async fn delete(&self, path: &str) -> Result<(), Failed> {
        locate(DELETE, path)?;
        self.hold().objects.remove(path);
        Ok(())
    }
}

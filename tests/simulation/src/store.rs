//! The store: strongly consistent, with compare-and-swap, as S3 is.

use std::collections::BTreeMap;

use async_trait::async_trait;
use bytes::Bytes;
use dispatch_core::alarm::Key;
use dispatch_engine::ports::{Failed, Store, Tag};

use crate::{line::Line, weather::Vendor};

/// What is stored, and what was.
#[derive(Debug, Default)]
pub(crate) struct Objects {
    now: BTreeMap<String, (Bytes, u64)>,
    pub(crate) written: u64,
    /// The last version of every life of every journal: by path and life, in the order of their beginning.
    lives: Vec<(String, String, Bytes)>,
}

impl Objects {
    fn put(&mut self, path: &str, bytes: &Bytes) -> Tag {
        self.written += 1;
        self.now.insert(path.to_owned(), (bytes.clone(), self.written));
        if let Some(life) = life_of(bytes) {
            match self.lives.iter_mut().find(|(known, other, _)| known == path && *other == life) {
                Some((_, _, last)) => *last = bytes.clone(),
                None => self.lives.push((path.to_owned(), life, bytes.clone())),
            }
        }
        Tag(self.written.to_string())
    }

    fn is_at(&self, path: &str, tag: &Tag) -> bool {
        self.now.get(path).is_some_and(|(_, written)| written.to_string() == tag.0)
    }

    /// The journal of an alarm.
    pub(crate) fn journal(&self, key: &Key) -> Option<&Bytes> {
        self.now.get(&format!("alarms/{key}.json")).map(|(bytes, _)| bytes)
    }

    /// Every journal as it stands.
    pub(crate) fn journals(&self) -> impl Iterator<Item = &Bytes> {
        self.below("alarms/").map(|(_, bytes)| bytes)
    }

    /// The first name below `prefix`.
    pub(crate) fn first<'a>(&'a self, prefix: &'a str) -> Option<&'a String> {
        self.below(prefix).map(|(path, _)| path).next()
    }

    /// Whether there is an object of this name.
    pub(crate) fn holds(&self, path: &str) -> bool {
        self.now.contains_key(path)
    }

    fn below<'a>(&'a self, prefix: &'a str) -> impl Iterator<Item = (&'a String, &'a Bytes)> {
        let objects = self.now.range(prefix.to_owned()..).map(|(path, (bytes, _))| (path, bytes));
        objects.take_while(move |(path, _)| path.starts_with(prefix))
    }

    /// The last version of every life of every journal.
    pub(crate) fn lives(&self) -> impl Iterator<Item = &Bytes> {
        self.lives.iter().filter(|(path, _, _)| path.starts_with("alarms/")).map(|(_, _, bytes)| bytes)
    }
}

/// The life that a journal is about, without reading all of it.
fn life_of(bytes: &Bytes) -> Option<String> {
    const FIELD: &[u8] = b"\"life\":\"";
    let at = bytes.windows(FIELD.len()).position(|window| window == FIELD)?;
    let rest = bytes.get(at + FIELD.len()..)?;
    let end = rest.iter().position(|byte| *byte == b'"')?;
    String::from_utf8(rest.get(..end)?.to_vec()).ok()
}

#[async_trait]
impl Store for Line {
    async fn read(&self, path: &str) -> Result<Option<(Bytes, Tag)>, Failed> {
        let path = path.to_owned();
        self.call(Vendor::Store, "store read", move |outside, _| {
            Ok(outside.objects.now.get(&path).map(|(bytes, written)| (bytes.clone(), Tag(written.to_string()))))
        })
        .await
    }

    async fn create(&self, path: &str, bytes: Bytes) -> Result<Option<Tag>, Failed> {
        let path = path.to_owned();
        self.call(Vendor::Store, "store create", move |outside, _| {
            let objects = &mut outside.objects;
            Ok((!objects.holds(&path)).then(|| objects.put(&path, &bytes)))
        })
        .await
    }

    async fn swap(&self, path: &str, bytes: Bytes, tag: &Tag) -> Result<Option<Tag>, Failed> {
        let (path, tag) = (path.to_owned(), tag.clone());
        self.call(Vendor::Store, "store swap", move |outside, _| {
            let objects = &mut outside.objects;
            Ok(objects.is_at(&path, &tag).then(|| objects.put(&path, &bytes)))
        })
        .await
    }

    async fn list(&self, prefix: &str) -> Result<Vec<String>, Failed> {
        let prefix = prefix.to_owned();
        self.call(Vendor::Store, "store list", move |outside, _| {
            Ok(outside.objects.now.keys().filter(|path| path.starts_with(&prefix)).cloned().collect())
        })
        .await
    }

    async fn list_before(&self, prefix: &str, end: &str, max: usize) -> Result<Vec<String>, Failed> {
        let (prefix, end) = (prefix.to_owned(), end.to_owned());
        self.call(Vendor::Store, "store list", move |outside, _| {
            let names = outside.objects.now.range(prefix.clone()..).map(|(path, _)| path);
            Ok(names.take_while(|path| path.starts_with(&prefix) && **path < end).take(max).cloned().collect())
        })
        .await
    }

    async fn delete(&self, path: &str) -> Result<(), Failed> {
        let path = path.to_owned();
        self.call(Vendor::Store, "store delete", move |outside, _| {
            outside.objects.written += 1;
            outside.objects.now.remove(&path);
            Ok(())
        })
        .await
    }
}

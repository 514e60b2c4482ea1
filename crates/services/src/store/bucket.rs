//! A bucket as a store: it creates and swaps by itself.

use std::sync::Arc;

use async_trait::async_trait;
use bytes::Bytes;
use dispatch_engine::ports::{Failed, Store, Tag};
use object_store::{
    Error, ObjectStore, ObjectStoreExt, PutMode, PutOptions, UpdateVersion,
    aws::AmazonS3,
    list::{PaginatedListOptions, PaginatedListStore},
    path::Path,
    prefix::PrefixStore,
};

use super::{CREATE, DELETE, LIST, READ, SWAP, below, failed, is_path, list, locate};

/// So many names are asked for at first where nobody knows how many will do; each time after that, twice as many.
const PAGE_FIRST: usize = 64;
/// The most that S3 gives at once.
/// <https://docs.aws.amazon.com/AmazonS3/latest/API/API_ListObjectsV2.html>
const PAGE_MAX: usize = 1_000;

/// What lies below `root` in a bucket. An object's version is its entity tag.
#[derive(Clone, Debug)]
pub(super) struct Bucket {
    objects: Arc<dyn ObjectStore>,
    s3: AmazonS3,
    root: Path,
}

impl Bucket {
    pub(super) fn new(s3: AmazonS3, root: Path) -> Self {
        Bucket { objects: Arc::new(PrefixStore::new(s3.clone(), root.clone())), s3, root }
    }
}

#[async_trait]
impl Store for Bucket {
    async fn read(&self, path: &str) -> Result<Option<(Bytes, Tag)>, Failed> {
        let found = match self.objects.get(&locate(READ, path)?).await {
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
        list(self.objects.as_ref(), prefix).await
    }

    /// S3 lists in order of the names' bytes, so the first name that is not before `end` is the last that is
    /// asked for. A directory bucket (S3 Express) has no order, and will not do.
    /// <https://docs.aws.amazon.com/AmazonS3/latest/userguide/ListingKeysUsingAPIs.html>
    async fn list_before(&self, prefix: &str, end: &str, max: usize) -> Result<Vec<String>, Failed> {
        let below: Path = self.root.parts().chain(below(prefix)?.iter().flat_map(Path::parts)).collect();
        let below = if below.as_ref().is_empty() { String::new() } else { format!("{below}/") };
        let (mut found, mut size, mut page_token) = (Vec::new(), PAGE_FIRST, None);
        while found.len() < max {
            let max_keys = Some(size.min(max - found.len()));
            let options = PaginatedListOptions { max_keys, page_token, ..PaginatedListOptions::default() };
            let page = self.s3.list_paginated(Some(&below), options).await;
            let page = page.map_err(|error| failed(LIST, &error))?;
            for object in page.result.objects {
                let path = self.inside(&object.location);
                if path.as_str() >= end {
                    return Ok(found);
                }
                if is_path(&path) && object.location.as_ref().starts_with(&below) {
                    found.push(path);
                }
            }
            page_token = page.page_token;
            if page_token.is_none() {
                break;
            }
            size = (2 * size).min(PAGE_MAX);
        }
        Ok(found)
    }

    async fn delete(&self, path: &str) -> Result<(), Failed> {
        match self.objects.delete(&locate(DELETE, path)?).await {
            Ok(()) | Err(Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failed(DELETE, &error)),
        }
    }
}

impl Bucket {
    /// The path that a name in the bucket stands for.
    fn inside(&self, location: &Path) -> String {
        location.prefix_match(&self.root).map(|parts| parts.collect::<Path>().to_string()).unwrap_or_default()
    }

    async fn put(&self, call: &'static str, path: &str, bytes: Bytes, mode: PutMode) -> Result<Option<Tag>, Failed> {
        let options = PutOptions { mode, ..PutOptions::default() };
        match self.objects.put_opts(&locate(call, path)?, bytes.clone().into(), options).await {
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

fn tag(call: &'static str, e_tag: Option<String>) -> Result<Tag, Failed> {
    e_tag.map(Tag).ok_or_else(|| Failed::Unreachable { call, reason: "the reply holds no version".to_owned() })
}

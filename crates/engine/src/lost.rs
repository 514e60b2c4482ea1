//! Why a message became a dead letter: kept in the store for whoever sends it once more.

use dispatch_core::{
    alarm::{Key, digest},
    notice::Receipt,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{
    Stopped,
    ports::{Failed, Store},
};

/// What is known of a message that Dispatch could not finish in its last deliveries. Holds nothing of
/// its text but the title.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loss {
    /// The message's id: the one that every delivery of the publication shares.
    pub message: String,
    /// When its last delivery failed.
    pub at: Timestamp,
    /// The alarm, where one was read from it.
    pub alarm: Option<Key>,
    /// What the alarm is called; empty where that is not known.
    pub title: String,
    /// What could not be done.
    pub reason: String,
    /// The page that told somebody of it.
    pub paged: Option<Receipt>,
}

fn path(message: &str) -> String {
    format!("lost/{}.json", digest(&[message.as_bytes()], 40))
}

impl Loss {
    /// What is known of a message, if anything is.
    ///
    /// # Errors
    /// When the store cannot be asked, or holds something else there.
    pub async fn read(store: &dyn Store, message: &str) -> Result<Option<Self>, Stopped> {
        let Some((bytes, _)) = store.read(&path(message)).await? else { return Ok(None) };
        serde_json::from_slice(&bytes).map(Some).map_err(|error| Stopped::Journal(format!("a lost message: {error}")))
    }

    /// Writes it down, over what an earlier delivery wrote.
    ///
    /// # Errors
    /// When the store cannot be asked.
    pub(crate) async fn write(&self, store: &dyn Store) -> Result<(), Failed> {
        let path = path(&self.message);
        let bytes = serde_json::to_vec(self).unwrap_or_default();
        if store.create(&path, bytes.clone().into()).await?.is_some() {
            return Ok(());
        }
        if let Some((_, tag)) = store.read(&path).await? {
            store.swap(&path, bytes.into(), &tag).await?;
        }
        Ok(())
    }
}

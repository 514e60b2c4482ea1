//! Which alarm a page belongs to: kept in the store for what is heard of the page later.

use dispatch_core::{
    alarm::{Key, digest},
    notice::Receipt,
};
use serde::{Deserialize, Serialize};

use crate::{ports::Failed, world::World};

#[derive(Deserialize, Serialize)]
struct Known {
    alarm: Key,
}

fn path(name: &str) -> String {
    format!("pages/{}.json", digest(&[name.as_bytes()], 40))
}

/// Notes whose page this is, by the names that the pager may call it: its id and its key. Nothing waits for it:
/// without it, what people do about the page is not heard of.
pub(crate) async fn note(world: &World, receipt: &Receipt, page_key: &str, alarm: &Key) {
    let known = serde_json::to_vec(&Known { alarm: alarm.clone() }).unwrap_or_default();
    let names = [receipt.id.as_str(), page_key];
    let (first, second) = (names[0], Some(names[1]).filter(|key| *key != names[0]));
    let write = async |name: &str| world.store.create(&path(name), known.clone().into()).await;
    let written = async {
        write(first).await?;
        if let Some(second) = second {
            write(second).await?;
        }
        Ok::<_, Failed>(())
    };
    if let Err(failed) = written.await {
        tracing::warn!(alarm.key = %alarm, error = %failed, "whose page this is could not be noted");
    }
}

/// The alarm that a page with one of these names belongs to, if it is one of Dispatch's.
///
/// # Errors
/// When the store cannot be asked.
pub(crate) async fn alarm_of(world: &World, names: &[&str]) -> Result<Option<Key>, Failed> {
    for name in names.iter().filter(|name| !name.is_empty()) {
        if let Some((bytes, _)) = world.store.read(&path(name)).await? {
            return Ok(serde_json::from_slice(&bytes).ok().map(|known: Known| known.alarm));
        }
    }
    Ok(None)
}

//! What the store holds, for people who look. Nothing is changed here.

use dispatch_core::{
    alarm::Key,
    journal::{Journal, TIMERS, Timer},
};
use jiff::Timestamp;

use crate::{
    Stopped,
    held::{ALARMS, path},
    ports::{Failed, Store},
};

/// Behind every name, in the order of their bytes.
const LAST: char = '~';

/// A timer that stands in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// When it goes off, in whole seconds.
    pub at: Timestamp,
    /// Whose it is.
    pub key: Key,
}

/// The first `max` timers in the order of their times, and whether there are more. Only their names are read.
///
/// # Errors
/// When the store cannot be asked.
pub async fn timers(store: &dyn Store, max: usize) -> Result<(Vec<Standing>, bool), Failed> {
    let names = store.list_before(TIMERS, &format!("{TIMERS}{LAST}"), max.saturating_add(1)).await?;
    let more = names.len() > max;
    let standing = |name: &String| Some(Standing { at: Timer::time(name)?, key: Timer::read(name)?.0 });
    Ok((names.iter().take(max).filter_map(standing).collect(), more))
}

/// The first `max` alarms that have a journal, in the order of their keys, and whether there are more. Only names
/// are read.
///
/// # Errors
/// When the store cannot be asked.
pub async fn keys(store: &dyn Store, max: usize) -> Result<(Vec<Key>, bool), Failed> {
    let names = store.list_before(ALARMS, &format!("{ALARMS}{LAST}"), max.saturating_add(1)).await?;
    let more = names.len() > max;
    let key = |name: &String| {
        let key = name.strip_prefix(ALARMS)?.strip_suffix(".json")?;
        Key::try_from(key.to_owned()).ok()
    };
    Ok((names.iter().take(max).filter_map(key).collect(), more))
}

/// The journal of an alarm, if there is one.
///
/// # Errors
/// When the store cannot be asked, or holds something else there.
pub async fn journal(store: &dyn Store, key: &Key) -> Result<Option<Journal>, Stopped> {
    let Some((bytes, _)) = store.read(&path(key)).await? else { return Ok(None) };
    Journal::from_bytes(&bytes).map(Some).map_err(|error| Stopped::Journal(error.to_string()))
}

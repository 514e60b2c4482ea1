//! Who is meant by an e-mail address or a handle, and in which time zone they are.
//!
//! A storm of alarms must not turn into a storm of look-ups: what Slack said is kept for a while,
//! and whoever asks while another is asking waits for the same answer.

mod answers;

use std::time::Duration;

use dispatch_engine::ports::Failed;
use serde::Deserialize;
use tokio::{sync::Mutex as Turn, time::Instant};

use self::answers::{Answers, patience};
use super::{api::Api, scopes::Method};

/// How many people Slack recommends to read at once.
/// <https://docs.slack.dev/reference/methods/users.list>
const PAGE: &str = "200";
/// How long a person who was found stays found.
const FOUND: Duration = Duration::from_secs(600);
/// How long a person who was not found stays unknown: somebody may join.
const UNKNOWN: Duration = Duration::from_secs(60);

/// Slack's own account, which does not count as a bot there.
const SLACKBOT: &str = "USLACKBOT";

/// The people of the workspace, as far as they were asked for.
#[derive(Debug, Default)]
pub(super) struct People {
    emails: Answers<String>,
    zones: Answers<Option<String>>,
    directory: Turn<Directory>,
}

impl People {
    /// The id of the person with this address.
    ///
    /// # Errors
    /// [`Failed::Refused`] when there is none, or when it belongs to a bot or to somebody who left.
    pub(super) async fn by_email(&self, api: &Api, email: &str) -> Result<String, Failed> {
        let ask = async {
            let OneUser { user } = api.read(Method::UsersLookupByEmail, &[("email", email)]).await?;
            if !user.is_living() {
                return Err(unknown(Method::UsersLookupByEmail, Miss::Gone));
            }
            self.zones.put(&user.id, user.zone());
            Ok(user.id)
        };
        self.emails.get(&email.to_lowercase(), ask).await
    }

    /// The time zone of the person with this id, as they set it; `None` when Slack names none. Slack is
    /// asked only when no other look-up has told it.
    ///
    /// # Errors
    /// [`Failed::Refused`] when there is no such person, or when the app may not ask.
    pub(super) async fn zone(&self, api: &Api, id: &str) -> Result<Option<String>, Failed> {
        let ask = async {
            if let Some(zone) = self.listed_zone(id) {
                return Ok(zone);
            }
            let OneUser { user } = api.read(Method::UsersInfo, &[("user", id)]).await?;
            Ok(user.zone())
        };
        self.zones.get(id, ask).await
    }

    /// What the list of people says, as far as it was read. While it is being read it is not waited for.
    fn listed_zone(&self, id: &str) -> Option<Option<String>> {
        let mut directory = self.directory.try_lock().ok()?;
        directory.forget_after(FOUND, Instant::now());
        directory.users.iter().find(|user| user.id == id).map(User::zone)
    }

    /// The id of the person with this handle, given without `@`: the one whose name it is, else
    /// the only one who is displayed under it. Upper and lower case are the same.
    ///
    /// # Errors
    /// [`Failed::Refused`] when there is none, when there are several, or when it belongs to a bot
    /// or to somebody who left.
    pub(super) async fn by_handle(&self, api: &Api, handle: &str) -> Result<String, Failed> {
        let arrived = Instant::now();
        let handle = handle.to_lowercase();
        let mut directory = self.directory.lock().await;
        directory.forget_after(FOUND, arrived);
        loop {
            match directory.find(&handle) {
                Ok(id) => return Ok(id),
                Err(miss) if directory.is_complete() => {
                    directory.forget_after(UNKNOWN, arrived);
                    if directory.is_complete() {
                        return Err(unknown(Method::UsersList, miss));
                    }
                }
                Err(_) => directory.read_on(api, arrived).await?,
            }
        }
    }
}

/// The list of people, read page by page and only as far as needed: a large workspace takes more
/// calls than Slack allows in a minute, so what was read is kept when a page fails.
#[derive(Debug, Default)]
struct Directory {
    users: Vec<User>,
    progress: Progress,
    /// When the list was begun.
    since: Option<Instant>,
    failed: Option<(Instant, Failed)>,
}

#[derive(Debug, Default)]
enum Progress {
    #[default]
    Unread,
    /// The cursor of the next page.
    Next(String),
    Complete,
}

/// Why nobody was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Miss {
    Nobody,
    Several,
    Gone,
}

impl Directory {
    fn is_complete(&self) -> bool {
        matches!(self.progress, Progress::Complete)
    }

    fn forget_after(&mut self, age: Duration, now: Instant) {
        if self.since.is_some_and(|since| since + age < now) {
            *self = Directory::default();
        }
    }

    /// Names are unique in a workspace, so one is settled as soon as it is read; names on display
    /// are not, so they count only when the whole list was read.
    fn find(&self, handle: &str) -> Result<String, Miss> {
        let named = only(self.users.iter().filter(|user| user.is_named(handle)));
        let shown = || only(self.users.iter().filter(|user| user.is_shown_as(handle)));
        match named {
            Err(Miss::Nobody | Miss::Gone) if !self.is_complete() => Err(Miss::Nobody),
            Err(Miss::Nobody) => shown(),
            Err(Miss::Gone) => shown().map_err(|miss| if miss == Miss::Nobody { Miss::Gone } else { miss }),
            settled => settled,
        }
    }

    async fn read_on(&mut self, api: &Api, arrived: Instant) -> Result<(), Failed> {
        if let Some((at, failed)) = &self.failed
            && *at + patience(failed) >= arrived
        {
            return Err(failed.clone());
        }
        let cursor = match &self.progress {
            Progress::Next(cursor) => Some(cursor.clone()),
            Progress::Unread | Progress::Complete => None,
        };
        let mut query = vec![("limit", PAGE)];
        query.extend(cursor.as_deref().map(|cursor| ("cursor", cursor)));
        match api.read::<Page>(Method::UsersList, &query).await {
            Ok(page) => {
                self.take(page, cursor);
                Ok(())
            }
            Err(failed) => {
                if failed.is_final() {
                    // Most likely the cursor has expired.
                    *self = Directory::default();
                }
                self.failed = Some((Instant::now(), failed.clone()));
                Err(failed)
            }
        }
    }

    fn take(&mut self, page: Page, cursor: Option<String>) {
        self.since.get_or_insert_with(Instant::now);
        self.failed = None;
        self.users.extend(page.members);
        let next = page.response_metadata.next_cursor;
        // A cursor that leads to itself would be read for ever.
        let ends = next.is_empty() || cursor.is_some_and(|cursor| cursor == next);
        self.progress = if ends { Progress::Complete } else { Progress::Next(next) };
    }
}

/// The one living human among `users`.
fn only<'a>(users: impl Iterator<Item = &'a User>) -> Result<String, Miss> {
    let (living, gone): (Vec<_>, Vec<_>) = users.partition(|user| user.is_living());
    match living.as_slice() {
        [user] => Ok(user.id.clone()),
        [] if gone.is_empty() => Err(Miss::Nobody),
        [] => Err(Miss::Gone),
        _ => Err(Miss::Several),
    }
}

fn unknown(method: Method, miss: Miss) -> Failed {
    let reason = match miss {
        Miss::Nobody => "nobody in the workspace has this handle",
        Miss::Several => "several people in the workspace are shown under this handle",
        Miss::Gone => "the account is deactivated or a bot",
    };
    Failed::Refused { call: method.call(), reason: reason.to_owned() }
}

/// <https://docs.slack.dev/reference/objects/user-object>
#[derive(Debug, Deserialize)]
struct User {
    id: String,
    #[serde(default)]
    name: String,
    #[serde(default)]
    deleted: bool,
    #[serde(default)]
    is_bot: bool,
    tz: Option<String>,
    #[serde(default)]
    profile: Profile,
}

#[derive(Debug, Default, Deserialize)]
struct Profile {
    #[serde(default)]
    display_name: Option<String>,
    #[serde(default)]
    display_name_normalized: Option<String>,
}

#[derive(Deserialize)]
struct OneUser {
    user: User,
}

#[derive(Deserialize)]
struct Page {
    members: Vec<User>,
    #[serde(default)]
    response_metadata: Cursor,
}

#[derive(Default, Deserialize)]
struct Cursor {
    #[serde(default)]
    next_cursor: String,
}

impl User {
    fn is_living(&self) -> bool {
        !self.deleted && !self.is_bot && self.id != SLACKBOT
    }

    fn zone(&self) -> Option<String> {
        self.tz.clone().filter(|zone| !zone.is_empty())
    }

    fn is_named(&self, handle: &str) -> bool {
        self.name.to_lowercase() == handle
    }

    fn is_shown_as(&self, handle: &str) -> bool {
        let names = [&self.profile.display_name, &self.profile.display_name_normalized];
        names.into_iter().flatten().any(|name| name.to_lowercase() == handle)
    }
}

#[cfg(test)]
mod tests;

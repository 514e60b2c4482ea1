//! How a fake is told to misbehave.
//!
//! Faults wait in a queue. The first one that fits a request strikes it and counts down; a request that no
//! fault fits is served as usual.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use serde::Serialize;
use tokio::sync::watch;

use super::call::Call;

/// One misbehaviour: which requests, how often, and what happens to them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// Which requests it strikes: an operation (`issues/create`, `chat.postMessage`, `createIncident`), a method and
    /// a path (`POST /repos/*/issues`), a path alone (`/search/*`), or `*` for all. `*` stands for any characters.
    pub on: String,
    /// How many requests it strikes; `None` strikes until it is cleared.
    pub times: Option<u32>,
    /// What happens to them.
    pub kind: Kind,
}

/// What a fault does to a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Kind {
    /// Answers this instead of acting.
    Answer {
        /// The HTTP status.
        status: u16,
        /// The body, sent as JSON when it begins with a brace and as text otherwise.
        body: String,
    },
    /// Acts, and then answers this: the sender cannot know that it was done.
    AnswerAfterActing {
        /// The HTTP status.
        status: u16,
        /// The body, as for [`Kind::Answer`].
        body: String,
    },
    /// Answers 200 with `{"ok": false, "error": …}` as Slack does, instead of acting.
    SlackError(String),
    /// Answers 429 in the vendor's own shape instead of acting.
    RateLimited {
        /// The `Retry-After` header in seconds; `None` leaves the header out.
        retry_after_s: Option<u32>,
    },
    /// Answers 403 as GitHub does when content is created too fast, instead of acting.
    SecondaryLimit {
        /// The `Retry-After` header in seconds; `None` leaves the header out.
        retry_after_s: Option<u32>,
    },
    /// Hangs this long, then acts and answers, even if the sender has given up by then. Clearing the fault ends the wait.
    Delay(Duration),
    /// Acts, and then hangs this long before it answers. Clearing the fault ends the wait.
    DelayReply(Duration),
    /// Closes the connection without acting or answering.
    Drop,
    /// Acts, and then closes the connection without an answer.
    LoseReply,
    /// Acts, and then answers with half of the body: success, but not JSON.
    Malformed,
}

impl Fault {
    /// A fault that strikes once. For the pattern `on`, see [`Fault::on`].
    pub fn new(on: impl Into<String>, kind: Kind) -> Self {
        Self { on: on.into(), times: Some(1), kind }
    }

    /// The same fault, striking this many requests.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = Some(times);
        self
    }

    /// The same fault, striking until it is cleared.
    #[must_use]
    pub fn always(mut self) -> Self {
        self.times = None;
        self
    }

    fn fits(&self, operation: &str, call: &Call) -> bool {
        if self.times == Some(0) {
            return false;
        }
        match self.on.split_once(' ') {
            Some((method, path)) => method == call.method.as_str() && glob(path, &call.path),
            None if self.on.starts_with('/') => glob(&self.on, &call.path),
            None => glob(&self.on, operation),
        }
    }
}

/// The queue of faults of one fake.
pub(crate) struct Faults {
    queue: Mutex<Vec<Fault>>,
    /// Counts how often the queue was cleared, so that hanging requests can go on.
    cleared: watch::Sender<u64>,
}

impl Faults {
    pub(crate) fn new() -> Self {
        Self { queue: Mutex::default(), cleared: watch::Sender::new(0) }
    }

    pub(crate) fn add(&self, fault: Fault) {
        self.lock().push(fault);
    }

    pub(crate) fn clear(&self) {
        self.lock().clear();
        self.cleared.send_modify(|times| *times += 1);
    }

    pub(crate) fn waiting(&self) -> Vec<Fault> {
        self.lock().clone()
    }

    /// Takes the fault that strikes this request, if any, with the means to wait for its clearing.
    pub(crate) fn strike(&self, operation: &str, call: &Call) -> Option<(Kind, Pause)> {
        let mut queue = self.lock();
        let fault = queue.iter_mut().find(|fault| fault.fits(operation, call))?;
        if let Some(times) = &mut fault.times {
            *times -= 1;
        }
        let kind = fault.kind.clone();
        queue.retain(|fault| fault.times != Some(0));
        Some((kind, Pause(self.cleared.subscribe())))
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Vec<Fault>> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A wait that ends early when the faults are cleared.
pub(crate) struct Pause(watch::Receiver<u64>);

impl Pause {
    pub(crate) async fn wait(mut self, time: Duration) {
        tokio::select! {
            () = tokio::time::sleep(time) => {}
            _ = self.0.changed() => {}
        }
    }
}

/// Whether `text` fits `pattern`, in which `*` stands for any characters, also none.
fn glob(pattern: &str, text: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == text,
        Some((head, rest)) => text.strip_prefix(head).is_some_and(|tail| {
            std::iter::once(tail)
                .chain(tail.char_indices().map(|(at, c)| tail.get(at + c.len_utf8()..).unwrap_or_default()))
                .any(|tail| glob(rest, tail))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::glob;

    #[test]
    fn a_star_stands_for_any_characters() {
        assert!(glob("*", ""));
        assert!(glob("*", "issues/create"));
        assert!(glob("/repos/*/issues", "/repos/example-org/alarms/issues"));
        assert!(!glob("/repos/*/issues", "/repos/example-org/alarms/issues/1"));
        assert!(glob("chat.*", "chat.postMessage"));
        assert!(!glob("chat.*", "users.list"));
        assert!(glob("users.list", "users.list"));
    }
}

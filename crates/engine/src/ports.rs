//! What the engine needs of the world, as traits. `services` implements them for the real
//! services; nothing in here knows a vendor.

use std::{fmt, time::Duration};

use async_trait::async_trait;
use bytes::Bytes;
use dispatch_core::{
    alarm::{Address, Issue, IssueNumber, Key, Person, Repo},
    notice::{Form, Notice, Receipt},
};
use jiff::Timestamp;

/// Why a call to an outside service did not work. Never holds a secret or a body.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failed {
    /// The service will not do this; trying again is useless.
    #[error("{call} was refused: {reason}")]
    Refused {
        /// Service and call, such as `slack chat.postMessage`.
        call: &'static str,
        /// The service's own code or sentence.
        reason: String,
    },
    /// The service did not do this, and may do it later.
    #[error("{call} must wait: {reason}")]
    Busy {
        /// Service and call.
        call: &'static str,
        /// The service's own code or sentence.
        reason: String,
        /// How long the service asked for.
        wait: Option<Duration>,
    },
    /// The service did not do this, because Dispatch may not: it may once an operator has mended that.
    #[error("{call} is not allowed: {reason}")]
    Forbidden {
        /// Service and call.
        call: &'static str,
        /// The service's own code or sentence.
        reason: String,
    },
    /// No clear answer came: it may be done or not. Look before repeating.
    #[error("{call} gave no usable answer: {reason}")]
    Unreachable {
        /// Service and call.
        call: &'static str,
        /// What happened to the connection.
        reason: String,
    },
}

impl Failed {
    /// Whether the call may have been acted on all the same.
    pub fn is_unsure(&self) -> bool {
        matches!(self, Failed::Unreachable { .. })
    }

    /// Whether trying again is useless.
    pub fn is_final(&self) -> bool {
        matches!(self, Failed::Refused { .. })
    }
}

/// What one version of an object is called; for compare-and-swap.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag(pub String);

/// A store of small objects with strongly consistent conditional puts.
///
/// Paths are `/`-separated, ASCII, without a leading slash.
#[async_trait]
pub trait Store: Send + Sync + fmt::Debug {
    /// The object's bytes and version, or `None` when there is none.
    ///
    /// # Errors
    /// When the store cannot be asked.
    async fn read(&self, path: &str) -> Result<Option<(Bytes, Tag)>, Failed>;

    /// Creates the object; `None` when it exists already.
    ///
    /// # Errors
    /// [`Failed::Unreachable`] when it may have been created all the same.
    async fn create(&self, path: &str, bytes: Bytes) -> Result<Option<Tag>, Failed>;

    /// Replaces the version `tag`; `None` when another version has taken its place.
    ///
    /// # Errors
    /// [`Failed::Unreachable`] when it may have been replaced all the same.
    async fn swap(&self, path: &str, bytes: Bytes, tag: &Tag) -> Result<Option<Tag>, Failed>;

    /// The paths below `prefix`, in order of their bytes.
    ///
    /// # Errors
    /// When the store cannot be asked.
    async fn list(&self, prefix: &str) -> Result<Vec<String>, Failed>;

    /// The paths below `prefix` that come before `end` in order of their bytes: the first `max` of them,
    /// in order. `end` is a whole path or the beginning of one, `prefix` included. Asks the store for about
    /// as many names as it returns, whatever else lies below `prefix`.
    ///
    /// Beside others who create and delete it is no snapshot: it holds every path that was there all the
    /// time, and any of the others.
    ///
    /// # Errors
    /// When the store cannot be asked.
    async fn list_before(&self, prefix: &str, end: &str, max: usize) -> Result<Vec<String>, Failed>;

    /// Removes the object, whatever its version. That there is none is success.
    ///
    /// # Errors
    /// [`Failed::Unreachable`] when it may be removed all the same, even later. Repeating removes what
    /// somebody may have created meanwhile.
    async fn delete(&self, path: &str) -> Result<(), Failed>;
}

/// A new issue, fully worded and within GitHub's limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// Where to open it.
    pub repo: Repo,
    /// At most 256 characters.
    pub title: String,
    /// At most 65,536 characters; holds [`Draft::marker`].
    pub body: String,
    /// At most 100 labels of at most 50 characters.
    pub labels: Vec<String>,
    /// A line of the body by which this very issue is found again.
    pub marker: String,
}

/// The audit log: GitHub issues.
#[async_trait]
pub trait AuditLog: Send + Sync + fmt::Debug {
    /// Opens an issue.
    ///
    /// # Errors
    /// [`Failed::Unreachable`] when it may have been opened all the same: [`AuditLog::find`] it first.
    async fn open(&self, draft: &Draft) -> Result<Issue, Failed>;

    /// Finds the issue whose body holds `marker`, opened with this title at or after `since`. Not a hint: an
    /// issue that lists do not show yet is found, too.
    ///
    /// # Errors
    /// When GitHub cannot be asked.
    async fn find(&self, repo: &Repo, marker: &str, title: &str, since: Timestamp) -> Result<Option<Issue>, Failed>;

    /// Looks for an issue (never a pull request) with exactly this title; an open one, or with
    /// `closed` one in any state. An issue that Dispatch opened for an alarm of another key is passed
    /// over. A hint: the index lags.
    ///
    /// # Errors
    /// When GitHub cannot be asked.
    async fn search(&self, repo: &Repo, title: &str, closed: bool, key: &Key) -> Result<Option<Issue>, Failed>;

    /// Whether the issue is open. An issue that is gone is not open.
    ///
    /// # Errors
    /// When GitHub cannot be asked.
    async fn is_open(&self, issue: &Issue) -> Result<bool, Failed>;

    /// Adds a comment and returns its id. `body` is within GitHub's limit of 65,536 characters.
    ///
    /// # Errors
    /// [`Failed::Unreachable`] when it may stand there all the same: [`AuditLog::find_comment`] first.
    async fn comment(&self, issue: &Issue, body: &str) -> Result<u64, Failed>;

    /// Replaces the text of a comment.
    ///
    /// # Errors
    /// When GitHub refuses or cannot be reached; repeating is harmless.
    async fn edit_comment(&self, issue: &Issue, comment: u64, body: &str) -> Result<(), Failed>;

    /// Finds the comment that holds `marker`, changed at or after `since`.
    ///
    /// # Errors
    /// When GitHub cannot be asked.
    async fn find_comment(&self, issue: &Issue, marker: &str, since: Timestamp) -> Result<Option<u64>, Failed>;

    /// Closes the issue as completed. Closing a closed one is success.
    ///
    /// # Errors
    /// When GitHub refuses or cannot be reached; repeating is harmless.
    async fn close(&self, repo: &Repo, number: IssueNumber) -> Result<(), Failed>;

    /// Puts a label of at most 50 characters on the issue, created if the repository lacks it. One that is
    /// there already is success, and so is an issue that is gone.
    ///
    /// # Errors
    /// [`Failed::Refused`] also when the token may not create the label: nothing waits for a label.
    /// Repeating is harmless.
    async fn label(&self, issue: &Issue, label: &str) -> Result<(), Failed>;
}

/// How a page stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// Nobody has taken it yet.
    Open,
    /// Somebody has.
    Taken {
        /// Their name, where the service tells it.
        by: Option<String>,
    },
    /// It is resolved.
    Over,
}

/// A place Dispatch can reach people at.
#[async_trait]
pub trait Destination: Send + Sync + fmt::Debug {
    /// What its addresses start with: `slack` in `slack:U0123`.
    fn scheme(&self) -> &'static str;

    /// Delivers one notice. The same [`Notice::key`] twice reaches its reader once, where the
    /// service has a way to tell.
    ///
    /// # Errors
    /// [`Failed::Refused`] when trying again cannot help, such as for a person who has left.
    async fn deliver(&self, to: &Address, notice: &Notice) -> Result<Receipt, Failed>;

    /// Looks up beforehand what [`Destination::deliver`] will need to know of this address, where that is kept for a
    /// while. Whatever comes of it: whoever delivers finds out.
    async fn prepare(&self, _to: &Address) {}

    /// Looks for a notice that may have been delivered at or after `since`, by its [`Notice::key`] and
    /// [`Notice::thread`]; what else it says does not matter. `None` when it is not there, and also where the service, or what Dispatch may do in it, gives no
    /// way to look.
    ///
    /// # Errors
    /// When the service cannot be asked.
    async fn find(&self, _to: &Address, _notice: &Notice, _since: Timestamp) -> Result<Option<Receipt>, Failed> {
        Ok(None)
    }

    /// Replaces what `receipt` proves the delivery of.
    ///
    /// # Errors
    /// As [`Destination::deliver`]; repeating is harmless.
    async fn revise(&self, receipt: &Receipt, notice: &Notice) -> Result<(), Failed>;

    /// The IANA time zone of a reader ([`Receipt::reader`]), such as `Europe/Berlin`. `None` where it is not
    /// known, and where the service does not tell.
    ///
    /// # Errors
    /// When the service cannot be asked.
    async fn zone(&self, _reader: &str) -> Result<Option<String>, Failed> {
        Ok(None)
    }

    /// Opens a form for whoever has just clicked. `trigger` came with the click; it works once, and for a
    /// few seconds only.
    ///
    /// # Errors
    /// [`Failed::Refused`] when the trigger has had its time, and where there are no forms.
    async fn open(&self, _trigger: &str, _form: &Form) -> Result<(), Failed> {
        Err(Failed::Refused { call: "dispatch", reason: "this destination has no forms".to_owned() })
    }

    /// How the page stands that `receipt` proves. `None` where the service gives no way to see it, or does
    /// not know of it yet.
    ///
    /// # Errors
    /// When the service cannot be asked.
    async fn standing(&self, _receipt: &Receipt) -> Result<Option<Standing>, Failed> {
        Ok(None)
    }

    /// Ends a page; one that is over already is success. `why` is one sentence for whoever reads the incident.
    ///
    /// # Errors
    /// [`Failed::Refused`] where nothing can be ended; repeating is harmless.
    async fn resolve(&self, _receipt: &Receipt, _why: &str) -> Result<(), Failed> {
        Err(cannot("resolve"))
    }

    /// Ends whatever page is open at this address under the key it was delivered with; none is success.
    /// `why` is one sentence for whoever reads the incident.
    ///
    /// # Errors
    /// As [`Destination::resolve`].
    async fn resolve_key(&self, _to: &Address, _key: &str, _why: &str) -> Result<(), Failed> {
        Err(cannot("resolve_key"))
    }

    /// Whoever is on call now for what `id` names: the escalation policy or the schedule of an address such as
    /// `on-call:PABC123`. `None` when nobody is. The person has no address when the service knows none.
    ///
    /// # Errors
    /// [`Failed::Refused`] where nobody is ever on call, or when there is no such policy or schedule.
    async fn on_call(&self, _id: &str) -> Result<Option<Person>, Failed> {
        Err(cannot("on_call"))
    }
}

fn cannot(call: &'static str) -> Failed {
    Failed::Refused { call, reason: "this destination has no such thing".to_owned() }
}

/// The topic: where a run hands on what it cannot finish in its time.
#[async_trait]
pub trait Topic: Send + Sync + fmt::Debug {
    /// Publishes one message.
    ///
    /// # Errors
    /// When it was not accepted, or perhaps not.
    async fn publish(&self, message: &str) -> Result<(), Failed>;
}

/// Time and chance.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The time.
    fn now(&self) -> Timestamp;

    /// A fresh identifier that cannot be guessed: 32 lower-case hex digits.
    fn fresh(&self) -> String;
}

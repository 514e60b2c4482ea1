//! SNS, SQS, Lambda's queue mapping and what is deployed of a stack, in this process and in memory.
//!
//! A [`Topic`] takes publications, over HTTP through [`router`] or by a call, and hands each to its
//! subscribed [`Queue`]s, which can be looked into and emptied over HTTP, too. A [`Mapping`] carries a queue's messages to a [`lambda::Handler`] in the
//! events that AWS would send, and obeys the answer as AWS would.
//!
//! Deliberately absent: signature checks, first-in-first-out queues and topics, retention, subscriptions that change while the topic lives, and SNS's own delivery retries (a queue
//! in this process is never away).

mod endpoint;
mod functions;
pub mod guard;
pub mod lambda;
mod mapping;
mod notification;
mod publication;
mod queue;
mod refusal;
mod sns;
mod sqs;
mod topic;

use std::fmt;

use serde::Serialize;

pub use endpoint::router;
pub use functions::{Function, Stack};
pub use mapping::{Mapping, MappingSettings};
pub use publication::{Attribute, Publication};
pub use queue::{Counts, Message, Queue, QueueSettings};
pub use refusal::Refusal;
pub use topic::{Filter, Subscription, Topic};

/// The region in every name that this module gives out.
pub const REGION: &str = "us-east-1";

/// The account in every name that this module gives out: twelve digits, as AWS has them.
pub const ACCOUNT: &str = "000000000000";

/// What SNS or SQS calls a message: a version 4 UUID in lower case.
///
/// The two differ for the same alarm: SNS names the publication, SQS each copy in a queue.
#[derive(Clone, Debug, Eq, Hash, Ord, PartialEq, PartialOrd, Serialize)]
pub struct MessageId(String);

impl MessageId {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn random() -> Self {
        Self(random_id())
    }
}

impl fmt::Display for MessageId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A fresh UUID, for everything that AWS names at random.
fn random_id() -> String {
    uuid::Uuid::new_v4().to_string()
}

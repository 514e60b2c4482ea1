//! What follows from how one try ended.

use std::time::Duration;

use dispatch_engine::ports::Failed;
use http::StatusCode;

use super::{Repeat, Reply, Verdict};

/// How one try ended.
pub(super) enum Outcome {
    Judged(Reply, Verdict),
    Lost(NoReply),
}

/// Why there is no reply.
pub(super) struct NoReply {
    pub(super) reason: String,
    /// Whether the service may have seen the request. Without a connection it certainly has not.
    pub(super) sent: bool,
}

/// What follows from an [`Outcome`].
pub(super) enum Next {
    Return(Reply),
    Fail(Failure),
    /// After `wait`, or after a short wait chosen by chance; `failure` when no try is left.
    Again {
        failure: Failure,
        wait: Option<Duration>,
    },
}

/// A [`Failed`] that does not know its call yet.
pub(super) enum Failure {
    Refused(String),
    Busy { reason: String, wait: Option<Duration> },
    Forbidden(String),
    Unreachable(String),
}

impl Outcome {
    /// The status that came, if any.
    pub(super) fn status(&self) -> Option<u16> {
        match self {
            Outcome::Judged(reply, _) => Some(reply.status.as_u16()),
            Outcome::Lost(_) => None,
        }
    }

    /// How long this call must not be sent again by anybody, because there were too many. A service that
    /// is merely broken, or names no time, says nothing of the kind.
    pub(super) fn limit(&self) -> Option<Duration> {
        match self {
            Outcome::Judged(reply, Verdict::Busy { wait, .. })
                if matches!(reply.status, StatusCode::TOO_MANY_REQUESTS | StatusCode::FORBIDDEN) =>
            {
                wait.or_else(|| reply.retry_after())
            }
            _ => None,
        }
    }

    /// Whether this is the end, and if not, whether to send again.
    pub(super) fn next(self, repeat: Repeat) -> Next {
        let unsure = |reason, wait| match repeat {
            Repeat::Freely => Next::Again { failure: Failure::Unreachable(reason), wait },
            Repeat::OnlyIfNotActedOn => Next::Fail(Failure::Unreachable(reason)),
        };
        match self {
            Outcome::Lost(NoReply { reason, sent: true }) => unsure(reason, None),
            Outcome::Lost(NoReply { reason, sent: false }) => {
                Next::Again { failure: Failure::Busy { reason, wait: None }, wait: None }
            }
            Outcome::Judged(reply, verdict) => match verdict {
                Verdict::Fine => Next::Return(reply),
                Verdict::Refused(reason) => Next::Fail(Failure::Refused(reason)),
                Verdict::Forbidden(reason) => Next::Fail(Failure::Forbidden(reason)),
                Verdict::Unsure(reason) => unsure(reason, reply.retry_after()),
                Verdict::Unauthorized(rest) => Outcome::Judged(reply, *rest).next(repeat),
                Verdict::Busy { reason, wait } => {
                    let wait = wait.or_else(|| reply.retry_after());
                    let failure = Failure::Busy { reason, wait };
                    let again = wait.is_some() || reply.status == StatusCode::TOO_MANY_REQUESTS;
                    if again { Next::Again { failure, wait } } else { Next::Fail(failure) }
                }
            },
        }
    }
}

impl Failure {
    pub(super) fn of(self, call: &'static str) -> Failed {
        match self {
            Failure::Refused(reason) => Failed::Refused { call, reason },
            Failure::Busy { reason, wait } => Failed::Busy { call, reason, wait },
            Failure::Forbidden(reason) => Failed::Forbidden { call, reason },
            Failure::Unreachable(reason) => Failed::Unreachable { call, reason },
        }
    }
}

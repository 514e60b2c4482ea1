//! What Dispatch does outside: one effect at a time, with its name.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::Who;
use crate::alarm::Key;

/// A comment on the issue.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Remark {
    /// Who answered what, when.
    Answer(Who),
    /// Everyone's answers, one comment that is edited; the number of answers it shows.
    Tally(usize),
    /// Who was paged for this person's no, with the link.
    Paged(Who),
    /// Who could not be reached, and where the note went.
    Unreached,
    /// That nobody answered in time, and who was asked, told or paged then: this step of this wave.
    Silent {
        /// As in [`super::Fact::Silent`].
        wave: usize,
        /// Position in the alarm's chain.
        rung: usize,
    },
    /// Who put off the reminder until when, and why; which time, from 0.
    Snoozed(usize),
    /// Who said that somebody else is meant, and who is asked now; which time, from 0.
    Passed(usize),
    /// Why somebody answered as they did; which time, from 0.
    Reason(usize),
    /// What became of a page; which change, from 0.
    Incident(usize),
    /// That the publisher says it is over.
    Withdrawn,
    /// How often it happened again, one comment that is edited; the number it shows.
    Repeats(usize),
    /// The text of an unreadable message that differs from the ones before; see [`super::Fact::Evidence`].
    Evidence(String),
    /// That somebody was paged because Dispatch could not go on; which time, from 0.
    Alerted(usize),
    /// A page of a digest, one comment that is edited.
    Listing {
        /// Which, from 0.
        page: usize,
        /// The newest item that it shows; see [`crate::digest::Item::turn`].
        turn: usize,
    },
}

impl Remark {
    /// Whether both are versions of the same comment.
    pub fn same_comment(&self, other: &Remark) -> bool {
        match (self, other) {
            (Remark::Tally(_), Remark::Tally(_)) | (Remark::Repeats(_), Remark::Repeats(_)) => true,
            (Remark::Listing { page: one, .. }, Remark::Listing { page: two, .. }) => one == two,
            (one, two) => one == two,
        }
    }

    /// Whether a newer version takes the place of this one.
    pub fn is_edited(&self) -> bool {
        matches!(self, Remark::Tally(_) | Remark::Repeats(_) | Remark::Listing { .. })
    }
}

/// Where something is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Place {
    /// In a comment on the issue, with its id at GitHub.
    Comment(u64),
    /// In the digest that this key names.
    Digest(Key),
}

/// What a question shows beside itself, or in place of its buttons.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// That the reminder is put off; which time, from 0. The buttons stay.
    Snoozed(usize),
    /// That nobody answered in time, and whom that was taken to: this step of the chain. The buttons stay.
    Silent(usize),
    /// That somebody else is asked now.
    Passed,
    /// What was answered.
    Answered,
    /// What was answered, and the page.
    Paged,
    /// What became of the page; which change, from 0. The buttons stay.
    Incident(usize),
    /// What was answered, and what became of the page; which change, from 0.
    Outcome(usize),
    /// That it is over without an answer.
    Ended,
}

/// One effect outside.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Step {
    /// Open the issue.
    Open,
    /// Tell or ask one person.
    Reach {
        /// Whom.
        who: Who,
        /// 0 for the people of the alarm; from 1 for those of [`super::Fact::Nagged`].
        round: usize,
    },
    /// Leave a note in the fallback channel for all who could not be reached in this round.
    FallBack {
        /// As in [`Step::Reach`].
        round: usize,
    },
    /// Leave a note in the fallback channel that somebody else must be found; for which [`super::Fact::Passed`],
    /// from 0.
    Seek(usize),
    /// Remind a person, in the thread of their question.
    Remind {
        /// Whom.
        who: Who,
        /// Which time, from 0.
        nth: usize,
    },
    /// Tell a channel, or page, because nobody answered.
    Climb {
        /// As in [`super::Fact::Silent`].
        wave: usize,
        /// Position in the alarm's chain.
        rung: usize,
    },
    /// Page for this person's no.
    Page(Who),
    /// End a page.
    Resolve {
        /// As in [`crate::notice::Receipt::id`].
        page: String,
        /// Only if nobody has taken it.
        if_open: bool,
    },
    /// Label the issue as unanswered.
    Mark,
    /// Write on the issue.
    Remark(Remark),
    /// Have the question show how it stands.
    Show {
        /// Whose question.
        who: Who,
        /// What it shows.
        stage: Stage,
    },
    /// Close the issue as completed.
    Close,
}

impl Step {
    /// Whether both come to one thing outside, as two versions of one comment do: whoever looks for
    /// what became of the one finds the other.
    pub fn same_effect(&self, other: &Step) -> bool {
        match (self, other) {
            (Step::Remark(one), Step::Remark(two)) => one.same_comment(two),
            (one, two) => one == two,
        }
    }
}

/// For logs and errors: people by their position, and nothing that a message said.
impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Open => f.write_str("open the issue"),
            Step::Reach { who, .. } => write!(f, "reach person {who}"),
            Step::FallBack { .. } | Step::Seek(_) => f.write_str("leave a note in the fallback channel"),
            Step::Remind { who, .. } => write!(f, "remind person {who}"),
            Step::Climb { rung, .. } => write!(f, "go on to step {rung} of the escalation"),
            Step::Page(who) => write!(f, "page for the no of person {who}"),
            Step::Resolve { .. } => f.write_str("resolve the page"),
            Step::Mark => f.write_str("label the issue"),
            Step::Remark(_) => f.write_str("comment on the issue"),
            Step::Show { who, .. } => write!(f, "show the outcome to person {who}"),
            Step::Close => f.write_str("close the issue"),
        }
    }
}

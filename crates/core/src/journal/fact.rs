//! What has happened.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Answer, Clicker, Place, Remark, Stage, Step, Who};
use crate::{
    alarm::{Issue, Key, Person},
    digest::Item,
    notice::Receipt,
};

/// What became of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Somebody has taken it.
    Taken,
    /// It is resolved.
    Resolved,
    /// It is open again, and nobody has it.
    Reopened,
    /// Whoever had taken it gave it back, or did nothing for too long: nobody has it.
    Dropped,
    /// It is left as it is, because nobody can see whether somebody has taken it.
    Left,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Fact {
    /// The issue was opened for this life.
    Opened {
        /// The issue.
        issue: Issue,
    },
    /// An issue stood already: opened by a person, by the predecessor, or by an earlier life.
    Stood {
        /// The issue.
        issue: Issue,
    },
    /// An issue of its own would have been more than GitHub takes: the alarm stands in a digest.
    Digested {
        /// The digest's issue.
        issue: Issue,
        /// The digest.
        digest: Key,
    },
    /// A person has been told or asked.
    Reached {
        /// Whom.
        who: Who,
        /// As in [`Step::Reach`].
        round: usize,
        /// Where the message is.
        receipt: Receipt,
        /// The reader's time zone, where it was asked for and is known.
        zone: Option<String>,
    },
    /// A person cannot be told or asked.
    Unreached {
        /// Whom.
        who: Who,
        /// As in [`Step::Reach`].
        round: usize,
        /// The service's reason, or what the message lacks.
        reason: String,
    },
    /// The fallback channel has its note.
    FellBack {
        /// As in [`Step::Reach`].
        round: usize,
    },
    /// Somebody answered. The first answer of a person stands; later ones change nothing.
    Answered {
        /// Whose question.
        who: Who,
        /// The answer.
        answer: Answer,
        /// Which of the question's further answers, if it was one of them.
        variant: Option<usize>,
        /// Who pressed the button.
        by: Clicker,
    },
    /// Somebody said why they answered as they did.
    Reason {
        /// Whose question.
        who: Who,
        /// What they said.
        text: String,
        /// Who.
        by: Clicker,
    },
    /// The time for a reminder has come.
    RemindDue {
        /// For whom.
        who: Vec<Who>,
    },
    /// A person was reminded.
    Reminded {
        /// Whom.
        who: Who,
        /// Which time, from 0.
        nth: usize,
    },
    /// Somebody put off the reminder.
    Snoozed {
        /// Whose question.
        who: Who,
        /// Until when.
        until: Timestamp,
        /// Why, in their words.
        why: Option<String>,
        /// Who.
        by: Clicker,
    },
    /// Somebody said that somebody else is meant.
    Passed {
        /// Whose question.
        who: Who,
        /// Who is asked now, by the position in [`crate::alarm::Alarm::deputies`]; `None` when nobody is left.
        to: Option<usize>,
        /// Who.
        by: Clicker,
    },
    /// The fallback channel knows that somebody else must be found.
    Sought {
        /// For which [`Fact::Passed`], from 0.
        nth: usize,
    },
    /// These people did not answer in time. An answer that was written before stands; one behind it is late.
    Silent {
        /// Which time, from 0: people may have deadlines of their own.
        wave: usize,
        /// Who.
        who: Vec<Who>,
    },
    /// A step of the escalation has had its time.
    ClimbDue {
        /// Which people.
        wave: usize,
        /// The step that follows.
        rung: usize,
    },
    /// A channel was told, or somebody paged, because nobody answered.
    Climbed {
        /// Which people.
        wave: usize,
        /// Which step.
        rung: usize,
        /// The message, or the incident.
        receipt: Receipt,
    },
    /// An earlier life of this alarm left a page open that it could not resolve: this one does.
    Inherited {
        /// The incident.
        receipt: Receipt,
    },
    /// What became of a page.
    Incident {
        /// As in [`Receipt::id`].
        page: String,
        /// What.
        change: Change,
        /// By whom, where that is known.
        by: Option<String>,
        /// When, by the pager's clock, where the pager told: what it tells may come late and out of order.
        occurred: Option<Timestamp>,
    },
    /// The issue is labelled as unanswered.
    Marked,
    /// The issue was looked at and is open.
    Looked,
    /// The publisher says that it is over.
    Withdrawn {
        /// The message.
        message: String,
        /// What it says.
        note: Option<String>,
    },
    /// The pager has taken the page for a no.
    Paged {
        /// Whose no.
        who: Who,
        /// The incident.
        receipt: Receipt,
    },
    /// The issue has the comment, or the digest tells it.
    Remarked {
        /// Which.
        remark: Remark,
        /// Where.
        place: Place,
    },
    /// The question shows its outcome.
    Shown {
        /// Whose question.
        who: Who,
        /// What it shows.
        stage: Stage,
    },
    /// Dispatch closed the issue.
    Closed,
    /// The issue was closed by somebody else.
    Ended {
        /// By whom, where that is known.
        by: Option<String>,
    },
    /// The issue was opened again: it is theirs now.
    Reopened {
        /// By whom, where that is known.
        by: Option<String>,
    },
    /// The alarm came again.
    Repeated {
        /// How many messages this stands for.
        count: usize,
    },
    /// An unreadable message came again with a text that differs from those before.
    Evidence {
        /// Tells texts apart: the same for the same text.
        id: String,
        /// The text as it came; `None` once it is told.
        text: Option<String>,
    },
    /// A nag came again: these people are to be told this.
    Nagged {
        /// Which time, from 1.
        round: usize,
        /// Whom.
        people: Vec<Person>,
        /// What, in Slack's markup.
        message: String,
    },
    /// This life is a digest, and it lists this.
    Listed {
        /// What.
        item: Item,
    },
    /// Somebody was paged because Dispatch could not go on with this alarm.
    Alerted {
        /// The incident.
        receipt: Receipt,
        /// What could not be done.
        reason: String,
    },
    /// The service refused a step for good; the life goes on without it.
    GaveUp {
        /// Which step.
        step: Step,
        /// The service's reason.
        reason: String,
    },
}

//! The topic's queues, where their dead letters lie, and the way through those.

use std::collections::HashMap;

use dispatch_engine::ports::Failed;
use dispatch_services::{
    aws::Aws,
    sqs::{Queue, QueueArn, RECEIVED_MAX, Received},
};

use super::report::Report;
use crate::Failure;

/// Receives that yield nothing new before a queue counts as seen: each is a sample.
const EMPTY_MAX: u32 = 2;
/// What is looked for where the count says nothing is there: it lags by up to a minute.
const UNCOUNTED_MAX: usize = 10;

/// A queue that messages come from.
#[derive(Debug)]
pub(super) struct Source {
    pub(super) arn: QueueArn,
    pub(super) queue: Queue,
}

/// A dead-letter queue.
#[derive(Debug)]
pub(super) struct Graveyard {
    pub(super) arn: QueueArn,
    pub(super) queue: Queue,
    /// The queues that lead here; at least one.
    pub(super) sources: Vec<Source>,
}

impl Graveyard {
    /// The queue that a letter came from; `None` when that is none of the topic's. Where SQS does not say,
    /// any of the topic's does: one function reads them all.
    pub(super) fn source(&self, letter: &Received) -> Option<&Source> {
        let at = origin(self.sources.iter().map(|source| &source.arn), letter.died_in.as_ref())?;
        self.sources.get(at)
    }
}

/// Which of the queues that are known a letter came from.
fn origin<'q>(mut known: impl Iterator<Item = &'q QueueArn>, died_in: Option<&QueueArn>) -> Option<usize> {
    match died_in {
        Some(died_in) => known.position(|known| known == died_in),
        None => Some(0),
    }
}

/// Finds the dead-letter queues of the queues that are subscribed. What cannot be looked at goes into the report.
pub(super) async fn find(aws: &Aws, subscribed: &[String], report: &mut Report) -> Result<Vec<Graveyard>, Failure> {
    let mut graveyards: Vec<Graveyard> = Vec::new();
    for text in subscribed {
        let Ok(arn) = text.parse::<QueueArn>() else {
            report.problem(&format!("{text}: subscribed to the topic, but no queue's ARN"))?;
            continue;
        };
        if arn.is_fifo() {
            report.problem(&format!(
                "{}: not looked at, because queues that keep the order of messages (FIFO) are not supported",
                arn.name()
            ))?;
            continue;
        }
        match buried(aws, &arn).await {
            Ok((queue, Some(dead))) => {
                let source = Source { queue, arn };
                match graveyards.iter_mut().find(|known| known.arn == dead) {
                    Some(known) => known.sources.push(source),
                    None => match Queue::find(aws, &dead).await {
                        Ok(queue) => graveyards.push(Graveyard { queue, arn: dead, sources: vec![source] }),
                        Err(failed) => report.problem(&format!("{}: {failed}", dead.name()))?,
                    },
                }
            }
            Ok((_, None)) => report.odd(&format!(
                "{} has no dead-letter queue: what fails in it is tried until SQS drops it for its age",
                arn.name()
            ))?,
            Err(failed) => report.problem(&format!("{}: {failed}", arn.name()))?,
        }
    }
    Ok(graveyards)
}

/// The queue, and where its dead letters go.
async fn buried(aws: &Aws, arn: &QueueArn) -> Result<(Queue, Option<QueueArn>), Failed> {
    let queue = Queue::find(aws, arn).await?;
    let standing = queue.standing().await?;
    Ok((queue, standing.dead_letters))
}

/// One way through a queue: each message once, and at most as many as were there at the beginning, so that
/// what is sent again and dies again is not met again.
#[derive(Debug)]
pub(super) struct Walk<'q> {
    queue: &'q Queue,
    /// How many more to take.
    left: usize,
    empty: u32,
    /// Received and not yet handed out; the last comes first.
    ahead: Vec<Received>,
    /// All that were received, with the newest receipt of each; `None` for what is gone.
    seen: HashMap<String, Option<Received>>,
    failed: Option<Failed>,
}

impl<'q> Walk<'q> {
    pub(super) async fn begin(queue: &'q Queue) -> Self {
        let mut walk = Walk { queue, left: 0, empty: 0, ahead: Vec::new(), seen: HashMap::new(), failed: None };
        match queue.standing().await {
            Ok(standing) if standing.messages == 0 => walk.left = UNCOUNTED_MAX,
            Ok(standing) => walk.left = standing.messages,
            Err(failed) => walk.failed = Some(failed),
        }
        walk
    }

    /// The next message.
    pub(super) async fn next(&mut self) -> Option<Received> {
        while self.ahead.is_empty() && self.left > 0 && self.empty < EMPTY_MAX && self.failed.is_none() {
            match self.queue.receive(self.left.min(RECEIVED_MAX)).await {
                Ok(received) => self.take(received),
                Err(failed) => self.failed = Some(failed),
            }
        }
        self.ahead.pop()
    }

    fn take(&mut self, received: Vec<Received>) {
        for message in received {
            let before = self.seen.insert(message.id.clone(), Some(message.clone()));
            if before.is_none() {
                self.ahead.push(message);
            }
        }
        self.ahead.reverse();
        self.left = self.left.saturating_sub(self.ahead.len());
        self.empty = if self.ahead.is_empty() { self.empty + 1 } else { 0 };
    }

    /// The message was taken out.
    pub(super) fn gone(&mut self, message: &Received) {
        self.seen.insert(message.id.clone(), None);
    }

    /// Shows everything that is still there to others again. What cuts the way short is the error.
    pub(super) async fn end(self) -> Result<(), Failed> {
        for message in self.seen.values().flatten() {
            // Whatever is not shown now comes back by itself.
            let _ = self.queue.show(message).await;
        }
        self.failed.map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_goes_back_to_where_it_died_and_to_no_stranger() {
        let arn = |name: &str| format!("arn:aws:sqs:eu-central-1:123456789012:{name}").parse::<QueueArn>().unwrap();
        let known = [arn("urgent"), arn("alarms")];
        let from = |died_in: Option<&str>| origin(known.iter(), died_in.map(arn).as_ref());
        assert_eq!([from(Some("alarms")), from(Some("urgent"))], [Some(1), Some(0)]);
        assert_eq!([from(Some("payroll")), from(None)], [None, Some(0)]);
    }
}

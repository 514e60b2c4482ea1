//! What the topic's queues say of themselves. No message is received: that would count as a delivery.

use dispatch_engine::ports::Failed;
use dispatch_services::{
    aws::Aws,
    sqs::{Queue, QueueArn, Standing},
};
use futures::future::join_all;

/// A queue of the topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Depth {
    pub(super) name: String,
    /// Messages that nobody has received.
    pub(super) waiting: usize,
    /// Messages that a function is at work on, or that wait for their next delivery.
    pub(super) in_hand: usize,
    /// Where what is given up goes.
    pub(super) dead: Option<Dead>,
}

/// The dead letters of a queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Dead {
    pub(super) name: String,
    pub(super) letters: usize,
}

/// What is known of the queues, and what could not be looked at.
#[derive(Debug, Default)]
pub(super) struct Depths {
    pub(super) queues: Vec<Depth>,
    pub(super) problems: Vec<String>,
}

impl Depths {
    /// All dead letters; queues may share them.
    pub(super) fn dead_letters(&self) -> usize {
        let mut known: Vec<&Dead> = Vec::new();
        for dead in self.queues.iter().filter_map(|queue| queue.dead.as_ref()) {
            if !known.iter().any(|other| other.name == dead.name) {
                known.push(dead);
            }
        }
        known.iter().map(|dead| dead.letters).sum()
    }
}

/// Looks at the queues that are subscribed, side by side.
pub(super) async fn look(aws: &Aws, subscribed: &[String]) -> Depths {
    let mut depths = Depths::default();
    for (text, depth) in subscribed.iter().zip(join_all(subscribed.iter().map(|arn| depth(aws, arn))).await) {
        match depth {
            Ok(depth) => depths.queues.push(depth),
            Err(problem) => depths.problems.push(format!("{}: {problem}", text.rsplit(':').next().unwrap_or(text))),
        }
    }
    depths
}

async fn depth(aws: &Aws, arn: &str) -> Result<Depth, String> {
    let arn: QueueArn = arn.parse().map_err(|()| "subscribed to the topic, but no queue's ARN".to_owned())?;
    let told = |failed: Failed| failed.to_string();
    let Standing { messages, hidden, dead_letters, .. } = standing(aws, &arn).await.map_err(told)?;
    let dead = match dead_letters {
        None => None,
        Some(dead) => {
            let letters = standing(aws, &dead).await.map_err(|failed| format!("{}: {failed}", dead.name()))?.messages;
            Some(Dead { name: dead.name().to_owned(), letters })
        }
    };
    let waiting = messages.saturating_sub(hidden);
    Ok(Depth { name: arn.name().to_owned(), waiting, in_hand: hidden, dead })
}

async fn standing(aws: &Aws, arn: &QueueArn) -> Result<Standing, Failed> {
    Queue::find(aws, arn).await?.standing().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_that_queues_share_count_once() {
        let queue = |name: &str, dead: Option<(&str, usize)>| Depth {
            name: name.to_owned(),
            waiting: 0,
            in_hand: 0,
            dead: dead.map(|(name, letters)| Dead { name: name.to_owned(), letters }),
        };
        let queues = vec![
            queue("urgent", Some(("dead", 3))),
            queue("alarms", Some(("dead", 3))),
            queue("other", Some(("buried", 2))),
            queue("none", None),
        ];
        assert_eq!(Depths { queues, problems: Vec::new() }.dead_letters(), 5);
    }
}

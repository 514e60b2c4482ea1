//! The last resort: what still fails in its last deliveries is told to the person on call, because
//! nobody else may ever hear of it.

use std::time::Duration;

use dispatch_core::{
    alarm::{Address, Alarm, Issue, Key},
    journal::Fact,
    life::Progress,
    notice::Receipt,
    source, words,
};
use tokio::time::{Instant, timeout, timeout_at};

use crate::{
    Count, Stopped,
    held::Held,
    lost::Loss,
    ports::Failed,
    world::{World, until},
};

/// How long the page waits for what the journal knows, and how long writing down may take afterwards.
const RECORD_MAX: Duration = Duration::from_millis(1_500);

/// What could not be finished.
#[derive(Clone, Copy, Debug)]
pub struct Failure<'a> {
    /// The alarm's key.
    pub key: &'a Key,
    /// The alarm, where a message told it; otherwise the journal does.
    pub alarm: Option<&'a Alarm>,
    /// The ids of the messages that are given up.
    pub messages: &'a [&'a str],
    /// What could not be done: continues a sentence that begins with "Dispatch".
    pub reason: &'a str,
}

/// Pages by `deadline` with the alarm's own text, the reason and the ids of its messages. The key is the
/// alarm's, so that it pages once, however many deliveries and repeats fail. Then writes down, as far as
/// that works, what became of the messages.
///
/// # Errors
/// [`Failed`] when the page may not have gone out.
pub async fn alert(world: &World, deadline: Instant, failure: Failure<'_>) -> Result<Receipt, Failed> {
    let known = timeout(RECORD_MAX, Held::load(world, failure.key)).await;
    let journal = known.ok().and_then(Result::ok).flatten().map(|held| held.journal);
    let alarm = failure.alarm.or(journal.as_ref().map(|journal| &journal.alarm));
    let issue: Option<Issue> = journal.as_ref().and_then(|journal| Progress::of(journal).issue).map(|(issue, _)| issue);
    let notice = words::last_resort(alarm, issue.as_ref(), failure.key, failure.messages, failure.reason);
    let to = alarm.map_or_else(|| Address::new("pagerduty", ""), |alarm| alarm.page.clone());
    let page = async { world.destination(&to)?.deliver(&to, &notice).await };
    let receipt = match timeout_at(deadline, until(deadline, page)).await {
        Ok(delivered) => delivered?,
        Err(_) => return Err(Failed::Unreachable { call: "dispatch", reason: "time is up".to_owned() }),
    };
    world.tally.add(Count::Pages, 1);
    tracing::error!(alarm.key = %failure.key, at = %receipt.at, "paged as a last resort");
    let title = alarm.map_or_else(String::new, |alarm| alarm.title.clone());
    let record = async {
        record(world, &failure, &receipt).await;
        for message in failure.messages {
            lose(world, message, Some(failure.key), &title, failure.reason, Some(&receipt)).await;
        }
    };
    if timeout(RECORD_MAX, record).await.is_err() {
        tracing::warn!(alarm.key = %failure.key, "the last resort could not be written down in time");
    }
    Ok(receipt)
}

/// Writes into the journal, if there is one, that somebody was paged.
async fn record(world: &World, failure: &Failure<'_>, receipt: &Receipt) {
    let written = async {
        let Some(mut held) = Held::load(world, failure.key).await? else { return Ok(()) };
        if Progress::of(&held.journal).alerts.iter().any(|(known, _)| known.id == receipt.id) {
            return Ok(());
        }
        held.learn(world, Fact::Alerted { receipt: receipt.clone(), reason: failure.reason.to_owned() });
        held.save(world).await?;
        // Somebody else wrote first: once more, with what they wrote.
        held.save(world).await.map(|_| ())
    };
    let written: Result<(), Stopped> = written.await;
    if let Err(stopped) = written {
        tracing::warn!(alarm.key = %failure.key, error = %stopped, "the last resort is not in the journal");
    }
}

/// Keeps why a message becomes a dead letter, for whoever sends it once more.
pub async fn lose(
    world: &World,
    message: &str,
    alarm: Option<&Key>,
    title: &str,
    reason: &str,
    paged: Option<&Receipt>,
) {
    let loss = Loss {
        message: message.to_owned(),
        at: world.clock.now(),
        alarm: alarm.cloned(),
        title: title.to_owned(),
        reason: reason.to_owned(),
        paged: paged.cloned(),
    };
    if let Err(failed) = loss.write(&*world.store).await {
        tracing::warn!(message_id = message, error = %failed, "why it is lost could not be written down");
    }
}

/// The longest message that SNS takes, in bytes.
/// <https://docs.aws.amazon.com/sns/latest/api/API_Publish.html>
const MESSAGE_MAX: usize = 262_144;

/// Publishes a message once more under the name that it has: the queue counts its deliveries anew. One
/// that would be too long with its name goes without: it is taken for a repeat, but not lost.
///
/// # Errors
/// When it was not accepted, or perhaps not.
pub async fn again(world: &World, letter: &source::Letter<'_>) -> Result<(), Failed> {
    let wrapped = source::again(letter);
    world.topic.publish(if wrapped.len() > MESSAGE_MAX { letter.text } else { &wrapped }).await
}

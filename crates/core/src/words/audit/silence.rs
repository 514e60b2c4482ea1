//! What the issue tells of silence, and of what people did instead of answering.

use super::{code, incident, plain};
use crate::{
    alarm::RungKind,
    journal::{Change, Clicker, Journal, Role},
    life::Progress,
    text::{code_block, shorten},
    words::{
        holder, holder_at,
        silence::{self, REASON_MAX},
        time,
    },
};

/// One step of an escalation.
pub(super) fn silent(journal: &Journal, progress: &Progress, wave: usize, rung: usize) -> String {
    let Some((known, step)) = progress.waves.get(wave).zip(journal.alarm.chain.get(rung)) else {
        return "Nobody answered in time.".to_owned();
    };
    let head = match rung {
        0 => format!("No answer from {} by {}.", plain(&silence::names(journal, progress, &known.who)), time(known.at)),
        _ => "Still no answer.".to_owned(),
    };
    let to = plain(&step.name);
    let sent = known.climbed.get(&rung).map(|(receipt, _)| receipt);
    let other = progress.others.get(&journal.position(Role::Rung { wave, rung }));
    let refused = other.and_then(|person| person.unreached.as_ref()).map(|(_, reason)| plain(reason));
    let is_answered = known.who.iter().all(|who| progress.people.get(*who).is_some_and(|who| who.answer.is_some()));
    let is_untaken = sent.is_none() && other.is_none_or(|person| !person.is_settled());
    let what = match (step.kind(), sent, refused) {
        _ if is_answered && is_untaken => "The answer came before anybody else heard of it.".to_owned(),
        (RungKind::Page, Some(receipt), _) => format!("{to} was paged: {}.", incident(Some(receipt))),
        (RungKind::Tell, Some(_), _) => format!("{to} was told in Slack."),
        (RungKind::Ask, _, None) => format!("{to} is asked in Slack."),
        (RungKind::Ask, _, Some(reason)) => format!("{to} could not be asked ({reason})."),
        (_, None, _) => format!("{to} could not be reached."),
    };
    format!("{head} {what}")
}

pub(super) fn snoozed(journal: &Journal, progress: &Progress, n: usize) -> String {
    let Some(snooze) = progress.snoozes.get(n) else { return "The reminder was put off.".to_owned() };
    let who = person(holder_at(journal, progress, snooze.who, snooze.at), &snooze.by);
    let head = format!("{who} put off the reminder until {}.", time(snooze.until));
    with_words(head, snooze.why.as_deref())
}

pub(super) fn passed(journal: &Journal, progress: &Progress, n: usize) -> String {
    let Some(pass) = progress.passes.get(n) else { return "Somebody else is meant.".to_owned() };
    let who = person(holder_at(journal, progress, pass.who, pass.at), &pass.by);
    match pass.to.and_then(|to| journal.person(to, 0)) {
        Some(next) => {
            format!("{who} says that somebody else is meant, at {}. {} is asked.", time(pass.at), plain(&next.name))
        }
        None => format!(
            "{who} says that somebody else is meant, at {}. Nobody else is named; the fallback channel has a note.",
            time(pass.at)
        ),
    }
}

pub(super) fn reason(journal: &Journal, progress: &Progress, n: usize) -> String {
    let Some((who, by, text)) = progress.reasons.get(n) else { return "A reason was given.".to_owned() };
    with_words(format!("{} says why:", person(holder(journal, progress, *who), by)), Some(text))
}

pub(super) fn changed(progress: &Progress, n: usize) -> String {
    let Some(known) = progress.incidents.get(n) else { return "The page has changed.".to_owned() };
    let pages = progress.pages();
    let receipt = pages.iter().find(|(receipt, _)| receipt.id == known.page).map(|(receipt, _)| *receipt);
    let page = incident(receipt);
    let by = known.by.as_deref().map(|by| format!(" by {}", plain(by))).unwrap_or_default();
    let at = time(known.at);
    match known.change {
        Change::Taken => format!("The page was acknowledged{by} at {at}: {page}."),
        Change::Resolved => format!("The page was resolved{by} at {at}: {page}."),
        Change::Reopened => format!("The page was opened again{by} at {at}: {page}."),
        Change::Dropped => format!("The page was given back{by} at {at}, and nobody has it: {page}."),
        Change::Left => {
            format!("The page is left as it is, because it cannot be seen whether somebody has taken it: {page}.")
        }
    }
}

pub(super) fn withdrawn(progress: &Progress) -> String {
    let Some((at, note)) = &progress.withdrawn else { return "It is over.".to_owned() };
    let head = format!("It is over, says the system that raised the alarm, at {}. This closes the issue.", time(*at));
    with_words(head, note.as_deref())
}

fn person(name: &str, by: &Clicker) -> String {
    format!("**{}** (Slack user {}, {})", plain(name), plain(&by.name), code(&by.id))
}

/// People's own words are shown as they are, and do nothing.
fn with_words(head: String, words: Option<&str>) -> String {
    match words.map(str::trim).filter(|words| !words.is_empty()) {
        Some(words) => format!("{head}\n\n{}", code_block(&shorten(words, REASON_MAX))),
        None => head,
    }
}

//! Every text that people read: on the issue, in Slack, at the pager, and in a timeline.

mod audit;
mod digest;
mod outcome;
mod silence;
#[cfg(test)]
mod tests;
mod timeline;

use jiff::Timestamp;

pub use self::{
    audit::{Draft, comment, draft, is_of_another, issue_title, read_marker, remark_marker},
    digest::{digest_alarm, digest_remark},
    outcome::{Reply, outcome, reply},
    silence::{REASON_MAX, SNOOZES_MAX, climb, reason_form, remind, seek, snooze_form, snoozes},
    timeline::{step_name, tell},
};
use crate::{
    alarm::{Alarm, Issue, Key, Page, Question},
    journal::{Answer, Journal, Role, Ticket, Who},
    life::Progress,
    notice::{Button, Link, Notice, Text, Tone},
    text::{cut, defuse_slack, one_line, shorten},
};

/// `2026-11-21 03:05:12 UTC`.
pub fn time(at: Timestamp) -> String {
    at.strftime("%F %T UTC").to_string()
}

/// The same, shown in each reader's own time zone where Slack can.
fn slack_time(at: Timestamp) -> String {
    format!("<!date^{}^{{date_short_pretty}} at {{time_secs}}|{}>", at.as_second(), time(at))
}

fn link(issue: &Issue) -> Link {
    Link { url: issue.url.clone(), text: issue.to_string() }
}

fn name(alarm: &Alarm, who: Who) -> &str {
    alarm.people.get(who).map_or("somebody", |person| person.name.as_str())
}

/// Who has the question of one of the people: they themselves, or whoever is asked in their place.
pub fn holder<'j>(journal: &'j Journal, progress: &Progress, who: Who) -> &'j str {
    holder_at(journal, progress, who, Timestamp::MAX)
}

/// Who had it just before `at`.
fn holder_at<'j>(journal: &'j Journal, progress: &Progress, who: Who, at: Timestamp) -> &'j str {
    let passes = progress.passes.iter().rev().filter(|pass| pass.who == who && pass.at < at);
    match passes.filter_map(|pass| pass.to).next().and_then(|deputy| journal.role(deputy)) {
        Some(Role::Deputy(at)) => journal.alarm.deputies.get(at).map_or("somebody", |person| person.name.as_str()),
        _ => name(&journal.alarm, who),
    }
}

/// What one person is told or asked.
pub fn reach(journal: &Journal, issue: &Issue, progress: &Progress, who: Who, round: usize) -> Notice {
    let alarm = &journal.alarm;
    let key = format!("{}.{}.{who}.{round}", journal.key, journal.life);
    if let Some((_, message)) = journal.nagged(round) {
        let paragraphs = vec![Text::Markup(defuse_slack(message))];
        return Notice { key, headline: one_line(&alarm.title), paragraphs, ..Notice::default() };
    }
    let message = alarm.message.as_deref().unwrap_or(&alarm.title);
    let mut notice = Notice {
        key,
        headline: one_line(&alarm.title),
        paragraphs: vec![Text::Markup(defuse_slack(message))],
        link: (alarm.link || alarm.question.is_some()).then(|| link(issue)),
        ..Notice::default()
    };
    if let Some(question) = &alarm.question {
        notice.prompt = Some(Text::Markup(defuse_slack(&question.prompt)));
        notice.buttons = buttons(journal, progress, question, who);
        // Behind the message: what happened comes first.
        notice.paragraphs.extend(instead_of(journal, progress, who).map(Text::Plain));
    }
    notice
}

/// Why somebody is asked who is not one of the alarm's people.
fn instead_of(journal: &Journal, progress: &Progress, who: Who) -> Option<String> {
    match journal.role(who)? {
        Role::Person => None,
        Role::Deputy(_) => {
            let pass = progress.passes.iter().find(|pass| pass.to == Some(who))?;
            Some(format!("You are asked because {} says that somebody else is meant.", pass.by.name))
        }
        Role::Rung { wave, .. } => {
            let names = silence::names(journal, progress, &silence::silent(progress, wave));
            Some(format!("You are asked because {names} did not answer in time."))
        }
    }
}

fn buttons(journal: &Journal, progress: &Progress, question: &Question, who: Who) -> Vec<Button> {
    let value = Ticket { key: journal.key.clone(), life: journal.life.clone(), who }.to_string();
    let button = |action: &str, label: &str, danger| Button {
        action: action.to_owned(),
        label: label.to_owned(),
        value: value.clone(),
        danger,
    };
    let mut buttons = vec![button("yes", &question.yes.label, false), button("no", &question.no.label, true)];
    let more = question.more.iter().enumerate();
    buttons.extend(
        more.map(|(n, variant)| button(&format!("more.{n}"), &variant.choice.label, variant.counts == Answer::No)),
    );
    let is_rung = matches!(journal.role(who), Some(Role::Rung { .. }));
    let seat = progress.stands_for(journal, who).first().and_then(|who| progress.people.get(*who));
    let snoozes = seat.map_or(0, |person| person.snoozes);
    let is_silent = seat.is_some_and(|person| person.silent.is_some());
    if question.wrong_person && !is_rung && !is_silent {
        buttons.push(button("wrong", "Not for me", false));
    }
    if question.snooze && !is_rung && !is_silent && snoozes < SNOOZES_MAX {
        buttons.push(button("snooze", "Remind me later", false));
    }
    buttons
}

/// The note in the fallback channel: that somebody could not be reached, and the issue. Nothing
/// more, because a channel has other readers than the person had.
pub fn fallback(journal: &Journal, issue: &Issue, progress: &Progress, round: usize) -> Notice {
    let count = progress.round(round).iter().filter(|person| person.unreached.is_some()).count();
    let (people, verb) = match (count, round == 0 && journal.alarm.question.is_some()) {
        (1, true) => ("One person".to_owned(), "asked"),
        (1, false) => ("One person".to_owned(), "told"),
        (count, true) => (format!("{count} people"), "asked"),
        (count, false) => (format!("{count} people"), "told"),
    };
    let text =
        format!("{people} could not be {verb} about an alarm. Please look at the issue and reach them another way.");
    Notice {
        key: format!("{}.{}.fallback.{round}", journal.key, journal.life),
        headline: format!("Dispatch could not reach {}", if count == 1 { "a person" } else { "some people" }),
        paragraphs: vec![Text::Plain(text)],
        link: Some(link(issue)),
        ..Notice::default()
    }
}

/// A page that was asked for as such.
pub fn page(page: &Page) -> Notice {
    let details = if page.details.is_empty() { &page.title } else { &page.details };
    Notice {
        key: page.key.clone(),
        headline: one_line(&page.title),
        paragraphs: vec![Text::Plain(details.clone())],
        tone: Tone::Bad,
        ..Notice::default()
    }
}

/// How much of a key a pager compares, in characters: a suffix behind it would be lost.
const PAGE_KEY_MAX: usize = 255;

/// The page for one person's no.
///
/// The key is the alarm's request id, as the predecessor's was; further people of the same alarm
/// get keys of their own, so that each no pages once.
pub fn page_for_no(journal: &Journal, issue: &Issue, progress: &Progress, who: Who) -> Notice {
    let alarm = &journal.alarm;
    let answered = progress.people.get(who).and_then(|person| person.answer.as_ref());
    let by = answered.map_or_else(|| name(alarm, who), |answered| answered.by.name.as_str());
    let at = answered.map_or_else(String::new, |answered| format!(" at {}", time(answered.at)));
    let question = alarm.question.as_ref().map_or("", |question| question.prompt.as_str());
    let variant = answered.and_then(|answered| answered.variant);
    let no = alarm.question.as_ref().map_or("no", |question| question.choice(Answer::No, variant).label.as_str());
    let suffix = if who == 0 { String::new() } else { format!("/{}", who.saturating_add(1)) };
    let details = vec![format!("{by} answered \"{}\" to \"{}\"{at}.", one_line(no), one_line(question))];
    page_about(journal, issue, progress, &suffix, &format!("{} answered no", shorten(by, 60)), details)
}

/// A page about a question. `suffix` tells its key from those of the alarm's other pages.
fn page_about(
    journal: &Journal,
    issue: &Issue,
    progress: &Progress,
    suffix: &str,
    what: &str,
    mut details: Vec<String>,
) -> Notice {
    let alarm = &journal.alarm;
    // What an earlier life left open is about to be resolved: joining that, this page would end with it.
    let own = if progress.inherited.is_empty() { String::new() } else { format!("/{}", journal.life) };
    let suffix = format!("{suffix}{own}");
    details.extend([
        format!("Alarm: {}", one_line(&alarm.title)),
        alarm.message.clone().unwrap_or_default(),
        format!("Audit log: {}", issue.url),
        format!("Request id: {}", alarm.request_id),
    ]);
    Notice {
        key: format!("{}{suffix}", cut(&alarm.request_id, PAGE_KEY_MAX.saturating_sub(suffix.len()))),
        // What tells pages apart comes first: a long title is cut at its end.
        headline: one_line(&format!("{what} ({issue}, dispatch {}): {}", shorten(&alarm.request_id, 60), alarm.title)),
        paragraphs: details.into_iter().filter(|text| !text.is_empty()).map(Text::Plain).collect(),
        link: Some(link(issue)),
        tone: Tone::Bad,
        ..Notice::default()
    }
}

/// The page that tells of an alarm that Dispatch itself could not finish.
///
/// `alarm` is missing where not even that could be read. The key is the alarm's, so that each delivery
/// that fails, and each repeat, comes to one incident.
pub fn last_resort(alarm: Option<&Alarm>, issue: Option<&Issue>, key: &Key, messages: &[&str], reason: &str) -> Notice {
    let title = alarm.map_or_else(|| format!("an alarm (key {key})"), |alarm| one_line(&alarm.title));
    let asked = alarm.filter(|alarm| alarm.question.is_some()).map(|alarm| {
        let names: Vec<&str> = alarm.people.iter().map(|person| person.name.as_str()).collect();
        format!("To be asked: {}", shorten(&one_line(&names.join(", ")), 1_000))
    });
    let told = alarm.and_then(|alarm| alarm.message.clone());
    // The sender's own text comes last: it may be long, and what is cut is cut at the end.
    let details = [
        Some(format!("Dispatch {reason}. Nobody may know of this alarm yet: please look after it yourself.")),
        Some(format!("Alarm: {title}")),
        issue.map(|issue| format!("Audit log: {}", issue.url)),
        alarm.map(|alarm| format!("Request id: {}", alarm.request_id)),
        Some(format!("Message id: {}", shorten(&one_line(&messages.join(", ")), 1_000))),
        Some("The message goes to the dead letters; `dispatch redrive` sends it once more.".to_owned()),
        asked,
        told,
        alarm.map(|alarm| alarm.body.clone()).filter(|body| !body.is_empty()),
    ];
    Notice {
        key: format!("dispatch:{key}"),
        headline: one_line(&format!("Dispatch could not deliver: {title}")),
        paragraphs: details.into_iter().flatten().map(Text::Plain).collect(),
        link: issue.map(link),
        tone: Tone::Bad,
        ..Notice::default()
    }
}

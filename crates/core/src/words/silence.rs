//! What is said while nobody answers: reminders, the steps of an escalation, and what people do instead of
//! answering.

use jiff::Timestamp;

use super::{holder, link, name, page_about, slack_time, time};
use crate::{
    alarm::{Issue, Rung, RungKind},
    hours::tomorrow_at_nine,
    journal::{Answer, Journal, Ticket, Who},
    life::{PersonProgress, Progress, deadline},
    notice::{Ask, Choices, Form, Notice, Text, Tone},
    text::{defuse_slack, escape, one_line, shorten},
};

/// Longest list of names in a sentence, in characters.
const NAMES_MAX: usize = 300;

/// How long an answer's reason or that of a snooze may be, in characters.
pub const REASON_MAX: usize = 3_000;

/// How often a reminder can be put off.
pub const SNOOZES_MAX: usize = 2;

/// The names of those who have these people's questions: `jane, joe and 3 more`.
pub(super) fn names(journal: &Journal, progress: &Progress, who: &[Who]) -> String {
    const SHOWN: usize = 10;
    let shown: Vec<_> = who.iter().take(SHOWN).map(|who| holder(journal, progress, *who)).collect();
    let more = who.len().saturating_sub(SHOWN);
    let names = match shown.split_last() {
        Some((last, [])) if more == 0 => (*last).to_owned(),
        Some((last, before)) if more == 0 => format!("{} and {last}", before.join(", ")),
        _ => format!("{} and {more} more", shown.join(", ")),
    };
    shorten(&one_line(&names), NAMES_MAX).into_owned()
}

/// Those of a wave who have not answered meanwhile; all of it where everybody has.
pub(super) fn silent(progress: &Progress, wave: usize) -> Vec<Who> {
    let who = progress.waves.get(wave).map(|wave| wave.who.clone()).unwrap_or_default();
    let silent = |who: &&Who| progress.people.get(**who).is_some_and(|person| person.answer.is_none());
    let left: Vec<Who> = who.iter().filter(silent).copied().collect();
    if left.is_empty() { who } else { left }
}

/// The reminder, in the thread of the question.
pub fn remind(journal: &Journal, issue: &Issue, progress: &Progress, who: Who, nth: usize) -> Option<Notice> {
    let question = journal.alarm.question.as_ref()?;
    let (_, receipt) = progress.asked(who)?.reached.as_ref()?;
    let end = progress.issue.as_ref().and_then(|(_, opened)| deadline(question, progress, who, *opened));
    let end = end.map(|end| format!(" Without an answer by {} this goes on to {}.", slack_time(end), next(journal)));
    let text = format!("This question still waits for your answer.{}", end.unwrap_or_default());
    Some(Notice {
        key: format!("{}.{}.{who}.remind.{nth}", journal.key, journal.life),
        headline: one_line(&format!("Reminder: {}", journal.alarm.title)),
        paragraphs: vec![Text::Markup(text)],
        link: Some(link(issue)),
        thread: Some(receipt.clone()),
        ..Notice::default()
    })
}

/// Who hears of it first when nobody answers.
fn next(journal: &Journal) -> String {
    journal.alarm.chain.first().map_or_else(|| "somebody else".to_owned(), |rung| escape(&rung.name))
}

/// What a step of the escalation tells a channel, or pages.
pub fn climb(journal: &Journal, issue: &Issue, progress: &Progress, wave: usize, rung: usize) -> Option<Notice> {
    let step = journal.alarm.chain.get(rung)?;
    let who = silent(progress, wave);
    match step.kind() {
        RungKind::Page => Some(page(journal, issue, progress, (wave, rung), &who)),
        _ => Some(tell(journal, issue, (wave, rung), step, &names(journal, progress, &who))),
    }
}

/// A note in a channel: who has not answered, and the issue. Nothing of the alarm, because a channel has other
/// readers than the person had.
fn tell(journal: &Journal, issue: &Issue, (wave, rung): (usize, usize), step: &Rung, names: &str) -> Notice {
    let group = step.group.as_ref().map(|group| format!("<!subteam^{}> ", escape(group))).unwrap_or_default();
    let text = format!("{group}{} did not answer an alarm in time. Please look at the issue.", escape(names));
    Notice {
        key: format!("{}.{}.silent.{wave}.{rung}", journal.key, journal.life),
        headline: format!("{names} did not answer an alarm in time"),
        paragraphs: vec![Text::Markup(text)],
        link: Some(link(issue)),
        tone: Tone::Bad,
        ..Notice::default()
    }
}

/// The page for silence. For an alarm that asks one person its key is that of the page for their no, so that a
/// late no joins it while it is open.
fn page(journal: &Journal, issue: &Issue, progress: &Progress, (wave, rung): (usize, usize), who: &[Who]) -> Notice {
    let alarm = &journal.alarm;
    let names = names(journal, progress, who);
    let suffix = match (alarm.people.len(), wave) {
        (1, 0) => String::new(),
        (_, 0) => "/silence".to_owned(),
        (_, wave) => format!("/silence/{}", wave.saturating_add(1)),
    };
    // A second page of one chain would join the first under the same key, and wake nobody.
    let before = alarm.chain.iter().take(rung).filter(|step| step.kind() == RungKind::Page).count();
    let suffix = if before == 0 { suffix } else { format!("{suffix}/step-{}", rung.saturating_add(1)) };
    let asked: Vec<String> = who.iter().take(20).filter_map(|who| standing(journal, progress, *who)).collect();
    let question = alarm.question.as_ref().map_or("", |question| question.prompt.as_str());
    let since = progress.waves.get(wave).map(|wave| format!(" by {}", time(wave.at))).unwrap_or_default();
    let details = vec![format!("Nobody answered \"{}\"{since}.", one_line(question)), asked.join("\n")];
    page_about(journal, issue, progress, &suffix, &format!("{} did not answer", shorten(&names, 60)), details)
}

/// How a question that nobody has answered was asked, and of whom.
fn standing(journal: &Journal, progress: &Progress, who: Who) -> Option<String> {
    let (seat, asked) = (progress.people.get(who)?, progress.asked(who));
    let (holder, name) = (holder(journal, progress, who), name(&journal.alarm, who));
    let whose = if seat.deputy.is_some() { format!("{holder}, in the place of {name}") } else { holder.to_owned() };
    Some(format!("{whose}: {}", asked.map_or_else(|| NOT_YET.to_owned(), |asked| asking(asked, seat.reminded))))
}

const NOT_YET: &str = "not asked yet";

/// How a person was asked who has not answered, and how often they were reminded.
fn asking(person: &PersonProgress, reminded: usize) -> String {
    let reached = match (&person.reached, &person.unreached) {
        _ if person.passed => return "asked in Slack, and says that somebody else is meant".to_owned(),
        (Some(_), _) => "asked in Slack",
        (None, Some((_, reason))) => return format!("could not be asked ({})", one_line(reason)),
        (None, None) => NOT_YET,
    };
    match reminded {
        0 => reached.to_owned(),
        1 => format!("{reached}, reminded once"),
        times => format!("{reached}, reminded {times} times"),
    }
}

/// The note in the fallback channel that somebody else must be found.
pub fn seek(journal: &Journal, issue: &Issue, nth: usize) -> Notice {
    Notice {
        key: format!("{}.{}.seek.{nth}", journal.key, journal.life),
        headline: "Dispatch asked the wrong person".to_owned(),
        paragraphs: vec![Text::Plain(
            "The person who was asked about an alarm says that somebody else is meant, and nobody else is named. \
             Please look at the issue and find out who."
                .to_owned(),
        )],
        link: Some(link(issue)),
        ..Notice::default()
    }
}

/// The form that asks why somebody answered as they did.
pub fn reason_form(journal: &Journal, ticket: &Ticket, answer: Answer) -> Form {
    let prompt = journal.alarm.question.as_ref().map_or("", |question| question.prompt.as_str());
    Form {
        kind: Form::REASON,
        value: ticket.to_string(),
        title: "Why?".to_owned(),
        submit: "Send".to_owned(),
        intro: Some(Text::Markup(format!("{}\nYour answer *{answer}* is kept already.", defuse_slack(prompt)))),
        choices: None,
        text: Some(Ask {
            label: "What happened?".to_owned(),
            optional: true,
            hint: "It will stand on the issue".to_owned(),
        }),
    }
}

/// The ways to put off a reminder: what comes back, and its words. None beyond the deadline.
pub fn snoozes(journal: &Journal, progress: &Progress, who: Who, now: Timestamp) -> Vec<(String, String, Timestamp)> {
    let Some(question) = &journal.alarm.question else { return Vec::new() };
    let seat = progress.stands_for(journal, who).first().copied().unwrap_or(who);
    let person = progress.people.get(seat);
    if person.is_none_or(|person| person.answer.is_some() || person.silent.is_some() || person.snoozes >= SNOOZES_MAX) {
        return Vec::new();
    }
    let end = progress.issue.as_ref().and_then(|(_, opened)| deadline(question, progress, seat, *opened));
    let zone = progress.anybody(who).and_then(|person| person.zone.as_deref());
    let hours = |hours: i64| now.checked_add(jiff::SignedDuration::from_hours(hours)).unwrap_or(Timestamp::MAX);
    let ways = [
        ("1h", "1 hour", hours(1)),
        ("4h", "4 hours", hours(4)),
        ("tomorrow", "until tomorrow, 9:00", tomorrow_at_nine(now, zone)),
    ];
    let fits = |until: &Timestamp| end.is_none_or(|end| *until < end);
    let ways = ways.into_iter().filter(|(_, _, until)| fits(until));
    ways.map(|(name, words, until)| (name.to_owned(), words.to_owned(), until)).collect()
}

/// The form that asks how long to wait, and why; `None` when there is no time left to wait.
pub fn snooze_form(journal: &Journal, progress: &Progress, ticket: &Ticket, now: Timestamp) -> Option<Form> {
    let options: Vec<_> =
        snoozes(journal, progress, ticket.who, now).into_iter().map(|(name, words, _)| (name, words)).collect();
    (!options.is_empty()).then(|| Form {
        kind: Form::SNOOZE,
        value: ticket.to_string(),
        title: "Remind me later".to_owned(),
        submit: "Snooze".to_owned(),
        intro: None,
        choices: Some(Choices { label: "When?".to_owned(), options }),
        text: Some(Ask { label: "Why?".to_owned(), optional: true, hint: "It will stand on the issue".to_owned() }),
    })
}

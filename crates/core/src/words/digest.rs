//! What a digest lists.

use jiff::Timestamp;

use super::audit::{plain, remark_name, told};
use crate::{
    digest::{Item, LINES_A_PAGE, Line},
    journal::{Journal, Remark},
    life::Progress,
    text::{one_line, shorten},
};

/// Longest title, text of an alarm, and anything else in a line, in characters. A page of the longest
/// lines fits into a comment.
const TITLE_MAX: usize = 150;
const TEXT_MAX: usize = 700;
const PART_MAX: usize = 300;
const PARTS_MAX: usize = 5;

/// An alarm that has no issue of its own, as the digest lists it.
pub fn digest_alarm(journal: &Journal) -> Item {
    let alarm = &journal.alarm;
    let body = one_line(&alarm.body);
    let message = alarm.message.as_deref().map(one_line).unwrap_or_default();
    let mut parts = vec![shorten(&plain(if body.is_empty() { &message } else { &body }), TEXT_MAX).into_owned()];
    if !alarm.people.is_empty() {
        let verb = if alarm.question.is_some() { "Asked" } else { "Told" };
        let names: Vec<&str> = alarm.people.iter().map(|person| person.name.as_str()).collect();
        parts.push(shorten(&plain(&format!("{verb}: {}", names.join(", "))), PART_MAX).into_owned());
    }
    if !alarm.mentions.is_empty() {
        let mentions = alarm.mentions.iter().map(|user| format!("@{user}")).collect::<Vec<_>>().join(" ");
        parts.push(shorten(&mentions, PART_MAX).into_owned());
    }
    parts.push(format!("{}, request id {}", plain(&shorten(&alarm.kind, 40)), plain(&shorten(&alarm.request_id, 60))));
    parts.retain(|part| !part.is_empty());
    item(journal, None, "alarm".to_owned(), parts.join("<br>"))
}

/// A comment that the issue does not get, as the digest lists it.
pub fn digest_remark(journal: &Journal, progress: &Progress, remark: &Remark, now: Timestamp) -> Item {
    let text = match remark {
        Remark::Tally(_) => tally(journal, progress),
        Remark::Evidence(id) => {
            let text = progress.evidence.iter().find(|(known, _)| known == id).and_then(|(_, text)| text.as_deref());
            format!("Could not be read either: {}", plain(text.unwrap_or_default()))
        }
        remark => one_line(&told(journal, progress, remark, now)),
    };
    // The digest is no issue of the alarm's own.
    let own = progress.issue.as_ref().filter(|_| progress.digest.is_none());
    let url = own.map(|(issue, _)| issue.url.clone());
    let name = remark_name(remark);
    match remark {
        // Each of these would push another out of a line that it shares.
        Remark::Evidence(_) => {
            let line = format!("{}/{name}", journal.life);
            Item { line, ..item(journal, url, name, shorten(&text, TEXT_MAX).into_owned()) }
        }
        _ => item(journal, url, name, shorten(&text, PART_MAX).into_owned()),
    }
}

fn item(journal: &Journal, url: Option<String>, name: String, text: String) -> Item {
    Item { line: journal.life.to_string(), name, title: one_line(&journal.alarm.title), url, text, turn: 0 }
}

fn tally(journal: &Journal, progress: &Progress) -> String {
    let people = journal.alarm.people.iter().zip(&progress.people);
    let answers = people.filter_map(|(person, known)| {
        let answered = known.answer.as_ref()?;
        Some(format!("{} **{}**", plain(&shorten(&person.name, 40)), answered.answer))
    });
    let answers: Vec<_> = answers.collect();
    format!("{} of {} answered: {}", answers.len(), progress.people.len(), answers.join(", "))
}

/// One page of a digest.
pub(super) fn listing(lines: &[Line], page: usize) -> String {
    let before = page.saturating_mul(LINES_A_PAGE);
    let rows = lines.iter().enumerate().skip(before).take(LINES_A_PAGE).map(|(at, line)| {
        let title = shorten(&plain(&line.title), TITLE_MAX).into_owned();
        let title = match &line.url {
            Some(url) => format!("{title} ({url})"),
            None => format!("**{title}**"),
        };
        // The alarm itself, and the newest of what followed.
        let more = line.parts.len().saturating_sub(PARTS_MAX);
        let kept = line.parts.iter().enumerate().filter(|(n, _)| *n == 0 || *n > more);
        let parts: String = kept.map(|(_, (_, text))| format!("\n   - {text}")).collect();
        format!("{}. {title}{parts}", at + 1)
    });
    rows.collect::<Vec<_>>().join("\n")
}

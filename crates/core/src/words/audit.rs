//! What is written on the issue.

mod silence;

use jiff::Timestamp;

use super::{digest::listing, holder, holder_at, time};
use crate::{
    alarm::{Alarm, Key, Repo},
    journal::{Answer, Journal, LifeId, Remark, Who},
    life::Progress,
    notice::Receipt,
    text::{close_code, code_block, defuse_github, one_line, shorten},
};

/// GitHub's limits, in characters. The interface description does not state them; its refusals do
/// ("title is too long (maximum is 256 characters)", "body is too long (maximum is 65536 characters)").
const TITLE_MAX: usize = 256;
pub(super) const BODY_MAX: usize = 65_536;
const LABEL_MAX: usize = 50;
const LABELS_MAX: usize = 100;

/// How every marker begins.
const MARKER: &str = "<!-- dispatch:";
const MARKER_END: &str = " -->";

/// Longest id of a life that is read back, in characters. Those that Dispatch makes have 32.
const LIFE_MAX: usize = 64;

/// Longest name, reason or id within a sentence, in characters.
const INLINE_MAX: usize = 500;

/// Kept free behind a body, for the fence that closes a code block in it.
const FENCE_ROOM: usize = 40;

/// GitHub refuses an empty title; one of nothing but control characters would become that.
const NO_TITLE: &str = "An alarm without a readable title";

/// A new issue, within GitHub's limits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Draft {
    /// At most 256 characters, one line.
    pub title: String,
    /// At most 65,536 characters, ending in the marker.
    pub body: String,
    /// At most 100 of at most 50 characters.
    pub labels: Vec<String>,
    /// The line by which this very issue is found again; invisible when rendered.
    pub marker: String,
}

/// The line by which a comment is found again; invisible when rendered.
pub fn remark_marker(life: &LifeId, remark: &Remark) -> String {
    format!("{MARKER}{life}:{}{MARKER_END}", remark_name(remark))
}

/// What a remark is called; all versions of one comment share the name.
pub(super) fn remark_name(remark: &Remark) -> String {
    match remark {
        Remark::Answer(who) => format!("answer:{who}"),
        Remark::Tally(_) => "tally".to_owned(),
        Remark::Paged(who) => format!("paged:{who}"),
        Remark::Unreached => "unreached".to_owned(),
        Remark::Silent { wave, rung } => format!("silent:{wave}.{rung}"),
        Remark::Snoozed(n) => format!("snoozed:{n}"),
        Remark::Passed(n) => format!("passed:{n}"),
        Remark::Reason(n) => format!("reason:{n}"),
        Remark::Incident(n) => format!("incident:{n}"),
        Remark::Withdrawn => "withdrawn".to_owned(),
        Remark::Repeats(_) => "repeats".to_owned(),
        Remark::Evidence(id) => format!("evidence:{id}"),
        Remark::Alerted(n) => format!("alerted:{n}"),
        Remark::Listing { page, .. } => format!("page:{page}"),
    }
}

/// Whether an issue with this body was opened by Dispatch for an alarm of another key. Its title says
/// nothing then: alarms with dedup keys of their own may share one.
pub fn is_of_another(body: &str, key: &Key) -> bool {
    body.contains(MARKER) && !body.contains(&format!("{MARKER}{key}:"))
}

/// The line by which an issue is found again; invisible when rendered.
fn issue_marker(key: &Key, life: &LifeId) -> String {
    format!("{MARKER}{key}:{life}{MARKER_END}")
}

/// The key and the life that the marker in the body of an issue names; `None` without one.
///
/// The last marker counts: the text of the alarm stands above Dispatch's own, and may hold anything. It is a
/// claim all the same, because people can edit a body or copy it into another issue.
pub fn read_marker(body: &str) -> Option<(Key, LifeId)> {
    body.rmatch_indices(MARKER).find_map(|(at, _)| {
        let (key, rest) = body.get(at + MARKER.len()..)?.split_at_checked(Key::LENGTH)?;
        let rest = rest.strip_prefix(':')?;
        let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '-' | '_')))?;
        let (life, rest) = rest.split_at(end);
        if !(1..=LIFE_MAX).contains(&life.len()) || !rest.starts_with(MARKER_END) {
            return None;
        }
        Some((Key::try_from(key.to_owned()).ok()?, LifeId(life.to_owned())))
    })
}

/// The title of an alarm's issue: on one line and within GitHub's limit.
pub fn issue_title(alarm: &Alarm) -> String {
    let title = Some(one_line(&alarm.title)).filter(|title| !title.is_empty());
    shorten(title.as_deref().unwrap_or(NO_TITLE), TITLE_MAX).into_owned()
}

/// The issue of an alarm. With `instead_of`, the repository that the message named refused it, and
/// why.
pub fn draft(journal: &Journal, instead_of: Option<(&Repo, &str)>) -> Draft {
    let alarm = &journal.alarm;
    let marker = issue_marker(&journal.key, &journal.life);
    let mut tail = Vec::new();
    if alarm.list_people && !alarm.people.is_empty() {
        let people: Vec<_> = alarm.people.iter().map(|person| one_line(&person.name).replace('`', "'")).collect();
        tail.push(code_block(&shorten(&people.join(", "), BODY_MAX / 3)));
    }
    if !alarm.mentions.is_empty() {
        tail.push(alarm.mentions.iter().map(|user| format!("@{user}")).collect::<Vec<_>>().join(" "));
    }
    if let Some((repo, reason)) = instead_of {
        tail.push(format!("This alarm was meant for `{repo}`, which could not take it: {}.", plain(reason)));
    }
    tail.push(format!("<sub>dispatch {}</sub>\n\n{marker}", plain(&alarm.request_id)));
    let tail = tail.join("\n\n");
    let room = BODY_MAX.saturating_sub(tail.chars().count() + 2 + FENCE_ROOM);
    let body = defuse_github(&alarm.body, &alarm.named);
    let body = shorten(&body, room);
    // An open code block would swallow the mention and the marker behind it.
    let body = close_code(&body, FENCE_ROOM);
    let labels = alarm.labels.iter().take(LABELS_MAX).map(|label| shorten(label, LABEL_MAX).into_owned());
    Draft {
        title: issue_title(alarm),
        body: if body.is_empty() { tail } else { format!("{body}\n\n{tail}") },
        labels: labels.collect(),
        marker,
    }
}

/// The text of a comment, marker included.
pub fn comment(journal: &Journal, progress: &Progress, remark: &Remark, now: Timestamp) -> String {
    let text = told(journal, progress, remark, now);
    let marker = remark_marker(&journal.life, remark);
    format!("{}\n\n{marker}", shorten(&text, BODY_MAX.saturating_sub(marker.chars().count() + 2)))
}

/// The text of a comment without its marker.
pub(super) fn told(journal: &Journal, progress: &Progress, remark: &Remark, now: Timestamp) -> String {
    match remark {
        Remark::Answer(who) => answered(journal, progress, *who),
        Remark::Tally(_) => tally(journal, progress),
        Remark::Paged(who) => paged(journal, progress, *who),
        Remark::Unreached => unreached(journal, progress),
        Remark::Silent { wave, rung } => silence::silent(journal, progress, *wave, *rung),
        Remark::Snoozed(n) => silence::snoozed(journal, progress, *n),
        Remark::Passed(n) => silence::passed(journal, progress, *n),
        Remark::Reason(n) => silence::reason(journal, progress, *n),
        Remark::Incident(n) => silence::changed(progress, *n),
        Remark::Withdrawn => silence::withdrawn(progress),
        Remark::Repeats(count) => repeats(*count, now),
        Remark::Evidence(id) => {
            let text = progress.evidence.iter().find(|(known, _)| known == id).and_then(|(_, text)| text.as_deref());
            let text = code_block(&shorten(text.unwrap_or_default(), BODY_MAX / 2));
            format!("Another message could not be read for the same reason:\n\n{text}")
        }
        Remark::Alerted(n) => alerted(progress, *n),
        Remark::Listing { page, .. } => listing(&progress.lines, *page),
    }
}

fn alerted(progress: &Progress, n: usize) -> String {
    let Some((receipt, reason)) = progress.alerts.get(n) else { return "PagerDuty was paged.".to_owned() };
    format!("PagerDuty was paged, because Dispatch {}: {}.", plain(reason), incident(Some(receipt)))
}

fn answered(journal: &Journal, progress: &Progress, who: Who) -> String {
    let Some(answered) = progress.people.get(who).and_then(|person| person.answer.as_ref()) else {
        return "An answer came.".to_owned();
    };
    let question = journal.alarm.question.as_ref();
    let label = question.map(|question| &question.choice(answered.answer, answered.variant).label);
    let is_late = progress.people.get(who).is_some_and(|person| person.silent.is_some());
    let consequence = match answered.answer {
        Answer::Yes if is_late => {
            "This came after the deadline. A page that nobody has taken is resolved, and the issue closed; otherwise \
             whoever has taken it decides."
        }
        Answer::Yes => "This closes the issue.",
        Answer::No => "The person on call is being paged; the issue stays open.",
    };
    format!(
        "**{}** (Slack user {}, {}) answered **{}** ({}) at {}.\n\n{consequence}",
        plain(holder_at(journal, progress, who, answered.at)),
        plain(&answered.by.name),
        code(&answered.by.id),
        answered.answer,
        code(label.map_or("", String::as_str)),
        time(answered.at),
    )
}

fn tally(journal: &Journal, progress: &Progress) -> String {
    let answers = progress.people.iter().filter(|person| person.answer.is_some()).count();
    let people = journal.alarm.people.iter().zip(&progress.people);
    let rows = people.map(|(person, known)| {
        let (answer, at) = match (&known.answer, &known.reached) {
            (Some(answered), _) => (format!("**{}**", answered.answer), time(answered.at)),
            (None, _) if known.silent.is_some() => ("did not answer in time".to_owned(), String::new()),
            (None, None) if known.unreached.is_some() => ("could not be asked".to_owned(), String::new()),
            (None, _) => ("no answer yet".to_owned(), String::new()),
        };
        format!("| {} | {answer} | {at} |", plain(&person.name))
    });
    let rows: Vec<_> = rows.collect();
    let head = format!("{answers} of {} answered.", rows.len());
    format!("{head}\n\n| who | answer | when |\n| --- | --- | --- |\n{}", rows.join("\n"))
}

fn paged(journal: &Journal, progress: &Progress, who: Who) -> String {
    let incident = incident(progress.people.get(who).and_then(|person| person.paged.as_ref()));
    format!("PagerDuty was paged because {} answered no: {incident}.", plain(holder(journal, progress, who)))
}

pub(super) fn incident(receipt: Option<&Receipt>) -> String {
    match receipt.map(|receipt| (&receipt.url, &receipt.id)) {
        Some((Some(url), _)) => format!("[incident]({url})"),
        Some((None, id)) => format!("incident with key {}", code(id)),
        None => "incident".to_owned(),
    }
}

fn unreached(journal: &Journal, progress: &Progress) -> String {
    let verb = if journal.alarm.question.is_some() { "asked" } else { "told" };
    let rounds = std::iter::once(0).chain(progress.nags.keys().copied()).flat_map(|round| {
        let people = match round {
            0 => journal.alarm.people.as_slice(),
            round => journal.nagged(round).map_or(&[][..], |(people, _)| people),
        };
        people.iter().zip(progress.round(round))
    });
    let rows = rounds.filter_map(|(person, known)| {
        let (_, reason) = known.unreached.as_ref()?;
        Some(format!("- {}: {}", plain(&person.name), plain(reason)))
    });
    let rows = rows.collect::<Vec<_>>().join("\n");
    let note = match progress.noted.first() {
        Some(_) => "A note without details went to the fallback channel.",
        None => "The fallback channel could not be reached either.",
    };
    format!("Could not be {verb} in Slack:\n\n{rows}\n\n{note}")
}

fn repeats(count: usize, now: Timestamp) -> String {
    let times = if count == 1 { "once more".to_owned() } else { format!("{count} more times") };
    let now = time(now);
    format!("This alarm was raised {times} up to {now}. While the issue is open, repeats are counted here.")
}

/// Inline code that may hold any text; a long one is shortened.
pub(super) fn code(text: &str) -> String {
    format!("`{}`", one_line(&shorten(text, INLINE_MAX)).replace('`', "'"))
}

/// Text that neither mentions anybody nor becomes markup, a reference or a link; a long one is
/// shortened.
pub(super) fn plain(text: &str) -> String {
    let text = one_line(&shorten(text, INLINE_MAX));
    let mut safe = String::with_capacity(text.len());
    for (at, c) in text.char_indices() {
        let starts_link = match c {
            ':' => text.get(at..).is_some_and(|rest| rest.starts_with("://")),
            '.' => text.get(at.saturating_sub(3)..at).is_some_and(|before| before.eq_ignore_ascii_case("www")),
            _ => false,
        };
        if starts_link || matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '|' | '~' | '&') {
            safe.push('\\');
        }
        safe.push(c);
        // GitHub looks for these after it has taken the backslashes away.
        if matches!(c, '@' | '#') {
            safe.push('\u{200B}');
        }
    }
    safe
}

//! What a question shows once it is answered, and what those read who press a button in vain.

use super::{link, slack_time};
use crate::{
    alarm::{Issue, RungKind},
    journal::{Answer, Change, Clicker, Journal, Stage, Who},
    life::{Answered, Incident, PersonProgress, Progress},
    notice::{Notice, Receipt, Text, Tone},
    text::{defuse_slack, escape},
};

/// How a question stands: the same message, with the answer instead of the buttons once there is one.
pub fn outcome(journal: &Journal, issue: &Issue, progress: &Progress, who: Who, stage: Stage) -> Notice {
    let asked = super::reach(journal, issue, progress, who, 0);
    let mut notice = Notice { key: format!("{}.{}.{who}.outcome", journal.key, journal.life), ..asked };
    let stands_for = progress.stands_for(journal, who);
    let person = stands_for.iter().find_map(|who| progress.people.get(*who));
    let answered = person.and_then(|person| person.answer.as_ref());
    let is_over = answered.is_some() || matches!(stage, Stage::Passed | Stage::Ended);
    if is_over {
        notice.buttons.clear();
    }
    // What the sender promises for an answer need not be true of a late one; the footer says what is.
    let in_time = answered.filter(|_| person.is_some_and(|person| person.silent.is_none()));
    if let (Some(answered), Some(question)) = (in_time, &journal.alarm.question) {
        let choice = question.choice(answered.answer, answered.variant);
        let response = defuse_slack(&choice.response).replace('\n', "\n> ");
        notice.prompt = Some(Text::Markup(format!("{}\n> {response}", defuse_slack(&question.prompt))));
    }
    let (tone, text) = standing(journal, progress, person, answered, stage);
    notice.tone = tone;
    notice.footer = Some(Text::Markup(text));
    notice
}

/// The line below a question.
fn standing(
    journal: &Journal,
    progress: &Progress,
    person: Option<&PersonProgress>,
    answered: Option<&Answered>,
    stage: Stage,
) -> (Tone, String) {
    let paged = person.and_then(|person| person.paged.as_ref());
    let before = answered.map(|answered| footer(answered, person, paged.filter(|_| stage != Stage::Answered)));
    let rung = person.and_then(|person| progress.waves.get(person.silent?)?.climbed.keys().next_back().copied());
    match (stage, answered) {
        (Stage::Answered | Stage::Paged, Some(answered)) => (tone(answered), before.unwrap_or_default()),
        (Stage::Incident(nth) | Stage::Outcome(nth), answered) => {
            let change = progress.incidents.get(nth).map(change).unwrap_or_default();
            let before = before.or_else(|| rung.map(|rung| silence(journal, rung)));
            let parts: Vec<String> = before.into_iter().chain(Some(change)).collect();
            (answered.map_or(Tone::Bad, tone), parts.join(" · "))
        }
        (Stage::Silent(rung), _) => (Tone::Bad, silence(journal, rung)),
        (Stage::Snoozed(nth), _) => {
            let until = progress.snoozes.get(nth).map(|snooze| slack_time(snooze.until)).unwrap_or_default();
            (Tone::Neutral, format!("You will be reminded at {until}."))
        }
        (Stage::Passed, _) => (Tone::Neutral, "You said that this is not for you; somebody else is asked.".to_owned()),
        (Stage::Ended, _) => {
            let by = progress.ended.as_ref().and_then(|(_, by)| by.as_deref());
            let text = match (by, &progress.withdrawn) {
                (_, Some((at, _))) => format!("It is over, says the system that raised it · {}", slack_time(*at)),
                (Some(by), None) => format!("{} closed the issue: no answer is needed any more.", escape(by)),
                (None, None) => "The issue was closed: no answer is needed any more.".to_owned(),
            };
            (Tone::Neutral, text)
        }
        (Stage::Answered | Stage::Paged, None) => (Tone::Neutral, String::new()),
    }
}

fn tone(answered: &Answered) -> Tone {
    match answered.answer {
        Answer::Yes => Tone::Good,
        Answer::No => Tone::Bad,
    }
}

fn silence(journal: &Journal, rung: usize) -> String {
    let step = journal.alarm.chain.get(rung);
    let what = match step.map(|step| (step.kind(), escape(&step.name))) {
        Some((RungKind::Page, name)) => format!("{name} was paged"),
        Some((RungKind::Tell, name)) => format!("{name} was told"),
        Some((RungKind::Ask, name)) => format!("{name} is asked"),
        None => "somebody else was told".to_owned(),
    };
    format!("No answer in time, so {what}. You can still answer.")
}

fn change(incident: &Incident) -> String {
    let by = incident.by.as_deref().map(|by| format!(" by {}", escape(by))).unwrap_or_default();
    let what = match incident.change {
        Change::Taken => "acknowledged",
        Change::Resolved => "resolved",
        Change::Reopened => "opened again",
        Change::Dropped => "given back",
        Change::Left => "left as it is",
    };
    format!("the page was {what}{by}")
}

fn footer(answered: &Answered, person: Option<&PersonProgress>, paged: Option<&Receipt>) -> String {
    let late = person.is_some_and(|person| person.silent.is_some());
    let what = match (answered.answer, paged.map(|paged| paged.url.as_deref())) {
        (Answer::Yes, _) if late => "recorded, but late".to_owned(),
        (Answer::Yes, _) => "acknowledged".to_owned(),
        (Answer::No, None) => "the person on call is being paged".to_owned(),
        (Answer::No, Some(None)) => "the person on call was paged".to_owned(),
        (Answer::No, Some(Some(url))) => format!("the person on call was paged: <{url}|incident>"),
    };
    format!("{} answered {} · {} · {what}", escape(&answered.by.name), answered.answer, slack_time(answered.at))
}

/// Why a click changed nothing, or what became of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// Somebody else was asked.
    NotYours,
    /// This question was answered before.
    Stands(Answered),
    /// The alarm's life is over, or another has taken its place.
    Over,
    /// They passed the question on before.
    Passed,
    /// It can be put off no more.
    NoSnooze,
    /// The answer was kept, but it came after the deadline.
    Late(Answer),
}

/// A private note to whoever pressed a button.
pub fn reply(journal: Option<&Journal>, who: Who, issue: Option<&Issue>, reply: &Reply, by: &Clicker) -> Notice {
    let asked = journal.and_then(|journal| journal.person(who, 0)).map(|person| person.name);
    let asked = asked.as_deref().unwrap_or("the person asked");
    let text = match reply {
        Reply::NotYours => format!("Only {} can answer this question. Nothing was changed.", escape(asked)),
        Reply::Stands(answered) => format!(
            "{} answered {} at {}. The first answer stands; this click changed nothing.",
            escape(&answered.by.name),
            answered.answer,
            slack_time(answered.at),
        ),
        Reply::Over => "This alarm is over, so the click changed nothing.".to_owned(),
        Reply::Passed => {
            "You said that this is not for you, and somebody else was asked. Nothing was changed.".to_owned()
        }
        Reply::NoSnooze => "There is no time left to put this off. Please answer.".to_owned(),
        Reply::Late(answer) => format!(
            "Your answer {answer} was kept, but it came after the deadline, when this had gone on to others. \
             The issue tells both."
        ),
    };
    let headline = match reply {
        Reply::Late(_) => "Your answer was kept, but late",
        _ => "This click changed nothing",
    };
    Notice {
        headline: headline.to_owned(),
        paragraphs: vec![Text::Markup(text)],
        // Somebody who may not answer learns who may, and nothing of the alarm.
        link: issue.filter(|_| *reply != Reply::NotYours).map(link),
        only_for: Some(by.id.clone()),
        ..Notice::default()
    }
}

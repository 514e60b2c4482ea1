//! What a question shows once it is answered, and what those read who press a button in vain.

use super::{link, name, slack_time};
use crate::{
    alarm::Issue,
    journal::{Answer, Clicker, Journal, Stage, Who},
    life::{Answered, Progress},
    notice::{Notice, Text, Tone},
    text::{defuse_slack, escape, one_line},
};

/// What takes the place of a question: the same message, with the answer instead of the buttons.
pub fn outcome(journal: &Journal, issue: &Issue, progress: &Progress, who: Who, stage: Stage) -> Notice {
    let alarm = &journal.alarm;
    let mut notice = Notice {
        key: format!("{}.{}.{who}.outcome", journal.key, journal.life),
        headline: one_line(&alarm.title),
        paragraphs: alarm.message.iter().map(|message| Text::Markup(defuse_slack(message))).collect(),
        link: Some(link(issue)),
        ..Notice::default()
    };
    let person = progress.people.get(who);
    let answered = person.and_then(|person| person.answer.as_ref());
    let (Some(answered), Some(question)) = (answered, &alarm.question) else {
        return notice;
    };
    let (tone, choice) = match answered.answer {
        Answer::Yes => (Tone::Good, &question.yes),
        Answer::No => (Tone::Bad, &question.no),
    };
    let incident = person.and_then(|person| person.paged.as_ref()?.url.as_deref());
    let response = defuse_slack(&choice.response).replace('\n', "\n> ");
    notice.tone = tone;
    notice.prompt = Some(Text::Markup(format!("{}\n> {response}", defuse_slack(&question.prompt))));
    notice.footer = Some(Text::Markup(footer(answered, incident, stage)));
    notice
}

fn footer(answered: &Answered, incident: Option<&str>, stage: Stage) -> String {
    let what = match (answered.answer, stage, incident) {
        (Answer::Yes, ..) => "acknowledged".to_owned(),
        (Answer::No, Stage::Answered, _) => "the person on call is being paged".to_owned(),
        (Answer::No, Stage::Paged, None) => "the person on call was paged".to_owned(),
        (Answer::No, Stage::Paged, Some(url)) => format!("the person on call was paged: <{url}|incident>"),
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
}

/// A private note to whoever pressed a button.
pub fn reply(journal: Option<&Journal>, who: Who, issue: Option<&Issue>, reply: &Reply, by: &Clicker) -> Notice {
    let asked = journal.map_or("the person asked", |journal| name(&journal.alarm, who));
    let text = match reply {
        Reply::NotYours => format!("Only {} can answer this question. Nothing was changed.", escape(asked)),
        Reply::Stands(answered) => format!(
            "{} answered {} at {}. The first answer stands; this click changed nothing.",
            escape(&answered.by.name),
            answered.answer,
            slack_time(answered.at),
        ),
        Reply::Over => "This alarm is over, so the click changed nothing.".to_owned(),
    };
    Notice {
        headline: "This click changed nothing".to_owned(),
        paragraphs: vec![Text::Markup(text)],
        // Somebody who may not answer learns who may, and nothing of the alarm.
        link: issue.filter(|_| *reply != Reply::NotYours).map(link),
        only_for: Some(by.id.clone()),
        ..Notice::default()
    }
}

//! Buttons of messages that the predecessor sent: their clicks still work after the change-over.

use base64::{
    Engine,
    alphabet::URL_SAFE,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use dispatch_core::{
    alarm::{Address, Again, Alarm, Choice, Issue, IssueNumber, Person, Question},
    journal::{Answer, Clicker, Fact, Journal, LifeId, Ticket},
    notice::Receipt,
    source::Defaults,
};
use dispatch_engine::answer::{Button, Click};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

use crate::payload::{Channel, Unknown, User};

/// A click on such a button, with what its message tells of the alarm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Legacy {
    issue: u64,
    request_id: String,
    service: String,
    answer: Answer,
    response: Option<String>,
    by: Clicker,
    channel: String,
    ts: String,
    message: Option<String>,
    prompt: Option<String>,
}

#[derive(Deserialize)]
struct Payload {
    callback_id: String,
    actions: Vec<Pressed>,
    user: User,
    channel: Channel,
    message_ts: String,
    original_message: Option<Original>,
}

#[derive(Deserialize)]
struct Pressed {
    name: String,
    #[serde(default)]
    value: Value,
}

#[derive(Deserialize)]
struct Original {
    text: Option<String>,
    #[serde(default)]
    attachments: Vec<Attachment>,
}

#[derive(Deserialize)]
struct Attachment {
    text: Option<String>,
    pretext: Option<String>,
}

/// What `callback_id` holds, as base64url of JSON.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CallbackId {
    github: Value,
    #[serde(default)]
    request_id: Value,
    pager_duty_service_id: Option<String>,
}

/// Base64url, with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Reads an `interactive_message` payload.
///
/// # Errors
/// [`Unknown`] when it has not exactly one button, or the button names no issue.
pub(crate) fn read(value: Value) -> Result<Legacy, Unknown> {
    let unknown = |reason: String| Unknown(reason);
    let payload: Payload = serde_json::from_value(value)?;
    let [pressed] = payload.actions.as_slice() else {
        return Err(unknown(format!("actions: found {}, expected one", payload.actions.len())));
    };
    let answer = match pressed.name.as_str() {
        "yes" => Answer::Yes,
        "no" => Answer::No,
        _ => return Err(unknown("actions[0].name: expected yes or no".to_owned())),
    };
    let bytes = BASE64.decode(payload.callback_id.trim()).map_err(|error| unknown(format!("callback_id: {error}")))?;
    let id: CallbackId = serde_json::from_slice(&bytes)?;
    let issue = match &id.github {
        Value::Number(number) => number.as_u64(),
        Value::String(text) => text.trim().parse().ok(),
        _ => None,
    };
    let issue = issue.filter(|number| *number > 0);
    let issue = issue.ok_or_else(|| unknown("callback_id: github: expected an issue number".to_owned()))?;
    let original = payload.original_message;
    let attachment = original.as_ref().and_then(|original| original.attachments.first());
    let text = |text: Option<&String>| text.filter(|text| !text.trim().is_empty()).cloned();
    Ok(Legacy {
        issue,
        request_id: match id.request_id {
            Value::String(text) if !text.is_empty() => text,
            Value::Number(number) => number.to_string(),
            _ => format!("issue-{issue}"),
        },
        service: id.pager_duty_service_id.unwrap_or_default(),
        answer,
        response: pressed.value.as_str().filter(|text| !matches!(*text, "" | "false")).map(str::to_owned),
        by: payload.user.into(),
        channel: payload.channel.id,
        ts: payload.message_ts,
        message: text(original.as_ref().and_then(|original| original.text.as_ref())),
        prompt: text(attachment.and_then(|attachment| attachment.text.as_ref().or(attachment.pretext.as_ref()))),
    })
}

impl Legacy {
    /// A journal for the life that the predecessor began, as far as its message tells.
    pub(crate) fn journal(&self, defaults: &Defaults, now: Timestamp) -> Journal {
        let repo = defaults.repo.clone();
        let url = format!("https://github.com/{repo}/issues/{}", self.issue);
        let issue = Issue { repo, number: IssueNumber(self.issue), url };
        let receipt = Receipt {
            at: Address::new("slack", &self.channel),
            id: self.ts.clone(),
            reader: Some(self.by.id.clone()),
            url: None,
        };
        // Several people may have been asked about one issue, each in a conversation of their own.
        let life = LifeId(format!("predecessor-{}", self.channel));
        let mut journal = Journal::begin(self.alarm(defaults), life, &[], now);
        journal.push(now, Fact::Opened { issue });
        journal.push(now, Fact::Reached { who: 0, round: 0, receipt, zone: None });
        journal
    }

    /// The click, on the question of [`Legacy::journal`].
    pub(crate) fn click(&self, journal: &Journal) -> Click {
        Click {
            ticket: Ticket { key: journal.key.clone(), life: journal.life.clone(), who: 0 },
            button: match self.answer {
                Answer::Yes => Button::Yes,
                Answer::No => Button::No,
            },
            by: self.by.clone(),
            at: Address::new("slack", &self.channel),
            message: Some(self.ts.clone()),
            trigger: None,
        }
    }

    fn alarm(&self, defaults: &Defaults) -> Alarm {
        let response = |answer, default: &str| {
            let own = self.response.clone().filter(|_| self.answer == answer);
            own.unwrap_or_else(|| default.to_owned())
        };
        let question = Question {
            prompt: self.prompt.clone().unwrap_or_else(|| "Was this you?".to_owned()),
            yes: Choice {
                label: "yes".to_owned(),
                response: response(Answer::Yes, "Thank you. The issue is being closed."),
            },
            no: Choice {
                label: "no".to_owned(),
                response: response(Answer::No, "Thank you for telling. Somebody will look at it now."),
            },
            more: Vec::new(),
            patience_s: None,
            remind_s: None,
            hours: None,
            asks_reason: false,
            wrong_person: false,
            snooze: false,
        };
        let name = self.by.name.clone();
        Alarm {
            kind: "self-service".to_owned(),
            request_id: self.request_id.clone(),
            repo: defaults.repo.clone(),
            dedup: format!("question of the predecessor: issue {} in {}", self.issue, self.channel),
            title: format!("Issue {} of {}", self.issue, defaults.repo),
            body: String::new(),
            labels: Vec::new(),
            mentions: Vec::new(),
            named: Vec::new(),
            people: vec![Person { name, address: Some(Address::new("slack", &self.by.id)) }],
            list_people: false,
            message: self.message.clone(),
            link: true,
            question: Some(question),
            again: Again::Count,
            retrigger: true,
            deputies: Vec::new(),
            chain: Vec::new(),
            page: Address::new("pagerduty", &self.service),
            evidence: None,
        }
    }
}

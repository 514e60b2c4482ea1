//! The fields of a message. One form serves all types; which fields a type needs is its own
//! business ([`super::MessageType::required`]).

mod body;
mod check;
mod lenient;
mod only;
mod question;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

pub use self::question::patience_s;
pub(super) use self::{
    body::{Actions, Body, Github, Slack},
    lenient::{Flag, Labels, Words},
    only::Only,
    question::duration_s,
};
use super::{
    super::{Defaults, Invalid, Letter, describe},
    request_id,
};
use crate::{
    alarm::{Address, Again, Alarm, Person, Repo},
    text::{one_line, shorten},
};

/// Longest name of a person or a repository, in characters. GitHub allows no longer ones.
const NAME_MAX: usize = 100;

/// A message, as published. Unknown fields are ignored, `null` counts as absent.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "an object")]
#[schemars(rename = "Message")]
pub(super) struct Fields {
    /// What kind of message this is.
    #[serde(rename = "type")]
    pub kind: Option<Words>,
    /// The publisher's own id for the alarm; any text, it should not be used twice. It stands on the issue, and it
    /// is the key of the page that follows a no. Made up when absent.
    pub request_id: Option<Words>,
    /// Whom to tell or to ask.
    pub users: Option<Vec<Only<User>>>,
    /// `false`: once raised it is never raised again, even when its issue is closed. Default `true`. While its
    /// issue is open an alarm never asks again, whatever stands here.
    pub retrigger: Option<Flag>,
    /// What repeats of the alarm share; default is the title.
    pub dedup_key: Option<Words>,
    /// Another repository than the deployment's: `name` or `owner/name`.
    pub github_repo: Option<Words>,
    /// Another spelling of `githubRepo`.
    #[serde(rename = "gitHubRepo")]
    pub git_hub_repo: Option<Words>,
    /// Another PagerDuty service than the deployment's.
    #[serde(rename = "pagerDutyServiceId")]
    pub pagerduty_service_id: Option<Words>,
    /// How long silence may last before it goes on to others: an ISO 8601 duration from `PT1M` to `P7D`, or `off`.
    pub answer_timeout: Option<Words>,
    /// When to remind whoever has not answered, less than `answerTimeout`: an ISO 8601 duration from `PT1M` to `P7D`, or
    /// `off`. Default is half of `answerTimeout`.
    pub remind_after: Option<Words>,
    /// `working-hours` or `always`: whether the clock of both stops outside of working hours.
    pub during: Option<Words>,
    /// Other working hours than the deployment's, such as `Mon-Fri 09:00-17:00 Europe/Berlin`.
    pub working_hours: Option<Words>,
    /// `high` ignores working hours; `low` is the default.
    pub urgency: Option<Words>,
    /// Whether an answer is followed by the question why.
    pub ask_reason: Option<Flag>,
    /// Whether whoever is asked can say that somebody else is meant.
    pub wrong_person: Option<Flag>,
    /// Whether whoever is asked can put off the reminder.
    pub snooze: Option<Flag>,
    /// What happens when nobody answers, step by step; default is the deployment's, else one page.
    pub escalation: Option<Vec<Only<RungFields>>>,
    /// The texts.
    pub body: Option<Only<Body>>,
}

/// A person. Whoever is found first is reached: `slackId`, else `email`, else `slack`.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "a person: an object with slackId, email, slack or github")]
pub(super) struct User {
    /// Slack handle, with or without `@`; also the name that people read.
    pub slack: Option<Words>,
    /// Slack user id, such as `U012AB3CD`.
    pub slack_id: Option<Words>,
    /// E-mail address of the Slack account.
    pub email: Option<Words>,
    /// GitHub user, with or without `@`.
    pub github: Option<Words>,
}

/// One step of an escalation: exactly one of a person, a channel, a user group, a PagerDuty service, or who is on call.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", expecting = "a step of an escalation: an object")]
pub(super) struct RungFields {
    /// Slack user id of a person to ask.
    pub slack_id: Option<Words>,
    /// E-mail address of the Slack account of a person to ask.
    pub email: Option<Words>,
    /// Slack handle of a person to ask; also the name that people read.
    pub slack: Option<Words>,
    /// Slack channel to tell, `#name` or its id.
    pub channel: Option<Words>,
    /// Id of a Slack user group to mention, in `channel`, else in the deployment's channel.
    pub group: Option<Words>,
    /// PagerDuty service to page; an empty text is the alarm's own.
    #[serde(rename = "pagerDutyServiceId")]
    pub pagerduty_service_id: Option<Words>,
    /// PagerDuty schedule or escalation policy: whoever is on call there is asked in Slack.
    pub on_call: Option<Words>,
    /// How long this step has before the next: an ISO 8601 duration from `PT1M` to `P7D`. Default `PT15M`.
    pub wait: Option<Words>,
}

/// Longest address of a person, in characters: that of an e-mail address (RFC 5321, 4.5.3.1.3). Slack's ids and
/// handles are shorter.
const ADDRESS_MAX: usize = 254;

impl Fields {
    /// Reads a message's fields.
    ///
    /// # Errors
    /// [`Invalid`] for the first field of a wrong kind.
    pub(super) fn read(message: &Value) -> Result<Self, Invalid> {
        // Keeping track of where one is costs as much as reading; whoever fails reads once more to say where.
        if let Ok(fields) = Fields::deserialize(message) {
            return Ok(fields);
        }
        serde_path_to_error::deserialize(message).map_err(|error| {
            let found = check::find(message, error.path()).map_or_else(|| "nothing".to_owned(), describe);
            let text = error.inner().to_string();
            let expected = text.rsplit_once("expected ").map_or(text.as_str(), |(_, expected)| expected);
            let is_people = error.path().to_string() == "users";
            let expected = match expected {
                "a sequence" if is_people => check::PEOPLE,
                "a sequence" => "a list",
                expected => expected,
            };
            Invalid::new(error.path().to_string(), found, expected)
        })
    }

    /// Reads the fields of a text, without a tree of it. Whatever is wrong, [`Fields::read`] can say.
    pub(super) fn of(text: &str) -> Option<Self> {
        serde_json::from_str::<Only<Self>>(text).ok().map(|fields| fields.0)
    }

    /// Whether something stands at one of the paths that types require.
    pub(super) fn has(&self, path: &str) -> bool {
        let body = self.body.as_ref();
        match path {
            "users" => self.users.as_ref().is_some_and(|users| !users.is_empty()),
            "body.github.title" => body.is_some_and(|body| title(&body.github).is_some()),
            "body.pagerduty.title" => {
                let page = body.and_then(|body| body.pagerduty.as_ref());
                page.is_some_and(|page| text(&page.title).is_some())
            }
            _ => false,
        }
    }

    /// The alarm that all types with an audit log start from: it tells nobody and asks nobody.
    ///
    /// # Errors
    /// [`Invalid`] for a repository that cannot be one.
    pub(super) fn alarm(&self, letter: &Letter<'_>, defaults: &Defaults) -> Result<Alarm, Invalid> {
        let github = self.body.as_ref().and_then(|body| body.github.as_ref());
        let title = github.and_then(|github| text(&github.title)).unwrap_or_default();
        Ok(Alarm {
            kind: text(&self.kind).unwrap_or_default().to_owned(),
            request_id: request_id(text(&self.request_id), letter),
            repo: self.repo(defaults)?,
            dedup: text(&self.dedup_key).unwrap_or(title).to_owned(),
            title: title.to_owned(),
            body: github.and_then(|github| text(&github.body)).unwrap_or_default().to_owned(),
            labels: github.map(|github| github.all_labels()).unwrap_or_default(),
            mentions: Vec::new(),
            named: self.named(defaults),
            people: Vec::new(),
            list_people: false,
            message: None,
            link: false,
            question: None,
            again: Again::Count,
            retrigger: self.retrigger.is_none_or(|flag| flag.0),
            deputies: Vec::new(),
            chain: Vec::new(),
            page: self.page_address(),
            evidence: None,
        })
    }

    fn slack(&self) -> Option<&Slack> {
        self.body.as_ref()?.slack.as_deref()
    }

    /// What people are told: the message, else the title.
    pub(super) fn message(&self) -> Option<String> {
        let title = || self.body.as_ref().and_then(|body| title(&body.github));
        self.slack().and_then(|slack| text(&slack.message)).or_else(title).map(str::to_owned)
    }

    /// Whether the message asks something.
    pub(super) fn asks(&self) -> bool {
        self.slack().is_some_and(|slack| text(&slack.prompt).is_some() || slack.actions.is_some())
    }

    /// The people, in order.
    pub(super) fn people(&self) -> Vec<Person> {
        self.users.iter().flatten().map(|user| user.person()).collect()
    }

    /// The people, in order, as far as they can be asked: a question never goes to a channel, where
    /// others would read it and could press its buttons.
    pub(super) fn people_to_ask(&self) -> Vec<Person> {
        let mut people = self.people();
        for person in &mut people {
            person.address.take_if(|address| address.is_channel());
        }
        people
    }

    /// Who is tagged for the first user: their GitHub name, else the deployment's default.
    pub(super) fn mentions(&self, defaults: &Defaults) -> Vec<String> {
        let first = self.users.iter().flatten().next().and_then(|user| user.github_name());
        first.or_else(|| defaults.github_user.clone()).into_iter().collect()
    }

    /// Everyone whose mention in a text is the sender's intention.
    fn named(&self, defaults: &Defaults) -> Vec<String> {
        let users = self.users.iter().flatten().filter_map(|user| user.github_name());
        users.chain(defaults.github_user.clone()).collect()
    }

    /// What the alarm, and what the page that was asked for as such, share with their repeats.
    pub(super) fn dedups(&self) -> (Option<&str>, Option<&str>) {
        let body = self.body.as_ref();
        let given = text(&self.dedup_key);
        let issue = body.and_then(|body| title(&body.github));
        let page = body.and_then(|body| text(&body.pagerduty.as_ref()?.title));
        (given.or(issue), given.or(page))
    }

    /// What is said to people, without a title in its place.
    pub(super) fn note(&self) -> Option<String> {
        self.slack().and_then(|slack| text(&slack.message)).map(str::to_owned)
    }

    pub(super) fn repo(&self, defaults: &Defaults) -> Result<Repo, Invalid> {
        let (path, given) = match (word(&self.github_repo), word(&self.git_hub_repo)) {
            (Some(name), _) => ("githubRepo", name),
            (None, Some(name)) => ("gitHubRepo", name),
            (None, None) => return Ok(defaults.repo.clone()),
        };
        let (owner, name) = given.split_once('/').unwrap_or((&defaults.repo.owner, given));
        let fine = |name: &str| {
            !matches!(name, "" | "." | "..")
                && name.len() <= NAME_MAX
                && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
        };
        if fine(owner) && fine(name) {
            return Ok(Repo::new(owner, name));
        }
        Err(Invalid::new(path, describe(&Value::from(given)), "a repository: name or owner/name"))
    }

    /// Who is paged: the top level, else the body, else the deployment's default.
    pub(super) fn page_address(&self) -> Address {
        let body = self.body.as_ref().and_then(|body| word(&body.pagerduty.as_ref()?.service));
        Address::new("pagerduty", word(&self.pagerduty_service_id).or(body).unwrap_or_default())
    }
}

impl User {
    fn github_name(&self) -> Option<String> {
        let name = word(&self.github)?.trim_start_matches('@');
        let fine = (1..=NAME_MAX).contains(&name.len())
            && name.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'/'));
        fine.then(|| name.to_owned())
    }

    pub(super) fn person(&self) -> Person {
        let handle = word(&self.slack).map(|handle| handle.trim_start_matches('@')).filter(|handle| !handle.is_empty());
        let (id, email) = (word(&self.slack_id), word(&self.email));
        let name = handle.or(id).or(email).or(word(&self.github)).unwrap_or("somebody");
        // Nobody is reached at a longer one.
        let fits = |address: &&str| address.chars().count() <= ADDRESS_MAX;
        let rest = match (id.filter(fits), email.filter(fits), handle.filter(fits)) {
            (Some(id), ..) => Some(id.to_owned()),
            (None, Some(email), _) => Some(email.to_owned()),
            (None, None, Some(handle)) => Some(format!("@{handle}")),
            (None, None, None) => None,
        };
        let name = shorten(&one_line(name.trim_start_matches('@')), NAME_MAX).into_owned();
        Person { name, address: rest.map(|rest| Address::new("slack", &rest)) }
    }
}

fn title(github: &Option<Only<Github>>) -> Option<&str> {
    text(&github.as_ref()?.title)
}

/// The text of a field; `None` when it is absent or blank.
pub(super) fn text(field: &Option<Words>) -> Option<&str> {
    field.as_ref().map(|words| words.0.as_str()).filter(|text| !text.trim().is_empty())
}

/// As [`text`], for a name or an id: without white space around it.
pub(super) fn word(field: &Option<Words>) -> Option<&str> {
    text(field).map(str::trim)
}

//! What every story needs: a town, messages, clicks, and the end of all stories.

use std::time::Duration;

use dispatch_core::{
    alarm::{Key, Repo},
    journal::Journal,
};
use dispatch_engine::world::World;
use dispatch_local::town::{Options, Town};
use dispatch_simulator::fake::{
    github::Issue,
    pagerduty::Incident,
    slack::{Click, Message},
};
use dispatch_tests::contract;
use futures::executor::block_on;
use serde_json::{Value, json};
use tokio::time::timeout;

use crate::log::Log;

/// The default repository of the fakes.
pub(crate) const REPO: &str = "example-org/alarms";

/// Longest that anything in a story may take. Reached only when something hangs.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);

/// A town, and what happened in it.
pub(crate) struct Story {
    pub(crate) town: Town,
    log: Log,
}

/// Options for stories: retries come at once.
pub(crate) fn options() -> Options {
    Options { retry_after: Duration::from_millis(10), late: Duration::ZERO, ..Options::default() }
}

/// Options for stories in which nobody tells Dispatch what people do on GitHub and in PagerDuty.
pub(crate) fn unheard() -> Options {
    Options { webhooks: false, ..options() }
}

/// Options for stories with one more service to page.
pub(crate) fn with_service(id: &str) -> Options {
    let mut options = options();
    let mut service = options.fakes.pagerduty.services[0].clone();
    service.id = id.to_owned();
    service.routing_key = "d".repeat(32);
    options.fakes.pagerduty.services.push(service);
    options
}

impl Story {
    pub(crate) async fn begin() -> Self {
        Self::with(options()).await
    }

    pub(crate) async fn with(options: Options) -> Self {
        let log = Log::keep();
        Story { town: Town::start(options).await.expect("the town starts"), log }
    }

    /// Publishes a message and waits until all that follows from it is done.
    pub(crate) async fn publish(&self, message: &Value) {
        self.publish_text(&message.to_string()).await;
    }

    pub(crate) async fn publish_text(&self, text: &str) {
        self.town.publish(text);
        self.settle().await;
    }

    pub(crate) async fn settle(&self) {
        timeout(PATIENCE, self.town.idle()).await.expect("the queues come to rest");
    }

    /// The newest message to a person.
    pub(crate) fn message_to(&self, person: &str) -> Message {
        self.town.fakes.slack.dm(person).pop().unwrap_or_else(|| panic!("{person} has no message"))
    }

    /// Clicks a button of the newest question to `whose`, as `by`, and returns triage's status.
    pub(crate) async fn click_as(&self, by: &str, whose: &str, button: &str) -> u16 {
        let messages = self.town.fakes.slack.dm(whose);
        let question = messages.iter().rfind(|message| !buttons(message).is_empty());
        let question = question.unwrap_or_else(|| panic!("{whose} is asked nothing: {messages:#?}"));
        self.click_message(by, question, button).await
    }

    pub(crate) async fn click_message(&self, by: &str, message: &Message, button: &str) -> u16 {
        let click =
            self.town.fakes.slack.click(&message.channel, &message.ts, by, button).expect("the button is there");
        self.send(&click).await
    }

    pub(crate) async fn click(&self, person: &str, button: &str) -> u16 {
        self.click_as(person, person, button).await
    }

    pub(crate) async fn send(&self, click: &Click) -> u16 {
        let sent = self.town.request(click.body.as_bytes(), &click.headers);
        let status = timeout(PATIENCE, sent).await.expect("triage answers");
        self.settle().await;
        status
    }

    /// Fills in the form that is open for somebody, and sends it. What is wrong is what they read in it.
    pub(crate) async fn submit(&self, person: &str, values: &[(&str, &str)]) -> Result<(), String> {
        let slack = &self.town.fakes.slack;
        let form = slack.submit(person, values).expect("a form is open and takes the values");
        let sent = self.town.ask(form.body.as_bytes(), &form.headers);
        let answer = timeout(PATIENCE, sent).await.expect("triage answers");
        self.settle().await;
        slack.acknowledge(person, answer.status, &answer.body)
    }

    pub(crate) fn issues(&self) -> Vec<Issue> {
        self.town.fakes.github.issues(REPO)
    }

    /// The only issue.
    pub(crate) fn issue(&self) -> Issue {
        let mut issues = self.issues();
        assert_eq!(issues.len(), 1, "issues: {issues:#?}");
        issues.remove(0)
    }

    pub(crate) fn incidents(&self) -> Vec<Incident> {
        self.town.fakes.pagerduty.incidents()
    }

    /// The only incident.
    pub(crate) fn incident(&self) -> Incident {
        let mut incidents = self.incidents();
        assert_eq!(incidents.len(), 1, "incidents: {incidents:#?}");
        incidents.remove(0)
    }

    /// What stands in the fallback channel.
    pub(crate) fn fallback(&self) -> Vec<Message> {
        self.town.fakes.slack.messages("C0SECURITY")
    }

    /// How often the operation was called, such as `chat.postMessage`.
    pub(crate) fn calls(&self, operation: &str) -> usize {
        self.town.fakes.requests().iter().filter(|request| request.operation == operation).count()
    }

    /// And nothing else was sent, and nothing is left over. `calls` lists every operation that changes something, in order of
    /// names, with how often it was called.
    pub(crate) fn ends_with(&self, calls: &[(&str, usize)]) {
        let requests = self.town.fakes.requests();
        let changing = |operation: &str| {
            !matches!(
                operation,
                "users.info"
                    | "users.list"
                    | "users.lookupByEmail"
                    | "search/issues-and-pull-requests"
                    | "issues/get"
                    | "repos/get"
            )
        };
        let mut seen: Vec<(&str, usize)> = Vec::new();
        for request in requests.iter().filter(|request| changing(request.operation)) {
            match seen.iter_mut().find(|(operation, _)| *operation == request.operation) {
                Some((_, times)) => *times += 1,
                None => seen.push((request.operation, 1)),
            }
        }
        seen.sort_unstable();
        assert_eq!(seen, calls, "and nothing else was sent");
        for queue in [&self.town.urgent, &self.town.alarms] {
            assert_eq!(queue.dead_letters().len(), 0, "dead letters in {}", queue.name());
        }
    }
}

impl Story {
    /// Everything that people and machines can read afterwards, the logs of this thread included.
    pub(crate) fn everything(&self) -> String {
        let fakes = &self.town.fakes;
        let mut all = format!("{:?}{}", self.incidents(), self.log.text());
        for repository in fakes.github.repositories() {
            all.push_str(&format!("{:?}", fakes.github.issues(&repository)));
        }
        for person in ["jane", "joe", "sam"] {
            all.push_str(&format!("{:?}", fakes.slack.dm(person)));
        }
        all.push_str(&format!("{:?}", self.fallback()));
        let kept = async {
            let store = &self.town.world.store;
            for path in store.list("").await.unwrap_or_default() {
                if let Ok(Some((bytes, _))) = store.read(&path).await {
                    all.push_str(&String::from_utf8_lossy(&bytes));
                }
            }
        };
        block_on(kept);
        all
    }

    /// The credentials of this story.
    pub(crate) fn secrets(&self) -> Vec<String> {
        let environment = self.town.fakes.environment().iter();
        let secrets = environment.filter(|(name, value)| {
            !value.is_empty() && (name.ends_with("TOKEN") || name.ends_with("SECRET") || name.ends_with("KEY"))
        });
        secrets.map(|(_, value)| value.clone()).collect()
    }

    pub(crate) fn tells_no_secret(&self) {
        let (secrets, all) = (self.secrets(), self.everything());
        assert!(secrets.len() >= 4);
        for secret in secrets {
            let at = all.find(&secret);
            let around = at.map(|at| all.get(at.saturating_sub(200)..at).unwrap_or_default());
            assert_eq!(around, None, "a secret stands behind this");
        }
    }
}

/// The end of every story: nobody was sent anything that the vendors' contracts do not allow, and no secret stands
/// anywhere.
impl Drop for Story {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            assert_eq!(self.town.fakes.violations(), Vec::<String>::new(), "the fakes complained");
            let findings = contract::check(&self.town.fakes.requests());
            assert_eq!(findings, Vec::<String>::new(), "requests break the vendors' contracts");
            self.tells_no_secret();
        }
    }
}

/// The journal of the alarm with this title.
pub(crate) async fn journal(world: &World, title: &str) -> Journal {
    let (owner, name) = REPO.split_once('/').unwrap();
    let key = Key::new(&Repo::new(owner, name), title);
    let (bytes, _) = world.store.read(&format!("alarms/{key}.json")).await.unwrap().expect("there is a journal");
    Journal::from_bytes(&bytes).unwrap()
}

/// The texts of all blocks of a message, and the buttons.
pub(crate) fn blocks_text(message: &Message) -> String {
    Value::from(message.blocks.clone()).to_string()
}

/// The buttons of a message.
pub(crate) fn buttons(message: &Message) -> Vec<Value> {
    let actions = message.blocks.iter().filter(|block| block["type"] == "actions");
    actions.flat_map(|block| block["elements"].as_array().cloned().unwrap_or_default()).collect()
}

/// A self-service alarm for one user.
pub(crate) fn self_service(user: impl Into<Value>) -> Value {
    json!({
        "type": "self-service",
        "users": [user.into()],
        "requestId": "req-1",
        "body": {
            "github": { "title": "2FA was turned off", "body": "For `jane`.", "labels": ["auth"] },
            "slack": {
                "message": "2FA was turned off for your account.",
                "prompt": "Did you turn it off?",
                "actions": {
                    "yes": "Yes, that was me", "yes_response": "Thank you.",
                    "no": "No, it was not", "no_response": "We are on our way.",
                },
            },
        },
    })
}

pub(crate) fn jane() -> Value {
    json!({ "slack": "jane", "github": "jane" })
}

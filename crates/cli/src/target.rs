//! Where the topic and its queues are: on AWS, or where something stands in for it.

use std::{collections::BTreeMap, env, net::IpAddr};

use dispatch_engine::ports::Failed;
use dispatch_local::town::TOPIC_ARN;
use dispatch_services::{
    aws,
    aws::Aws,
    settings::{Problem, Problems, Setting, Settings},
    sns,
    sns::Sns,
};

use crate::{Failure, local::PORT};

const ENDPOINT: &str = "AWS_ENDPOINT_URL_SNS";
const ENDPOINT_OF_QUEUES: &str = "AWS_ENDPOINT_URL_SQS";

/// A topic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) topic: String,
    /// What stands in for SNS; `None` is AWS itself.
    pub(crate) endpoint: Option<String>,
}

impl Target {
    /// The topic and the stand-in that were named, here or for every service of AWS.
    pub(crate) fn of(topic: Option<&str>, endpoint: Option<&str>) -> Self {
        let filled = |text: &str| !text.trim().is_empty();
        let endpoint = endpoint.filter(|endpoint| filled(endpoint)).map(str::to_owned);
        let all = || env::var("AWS_ENDPOINT_URL").ok().filter(|endpoint| filled(endpoint));
        Self::or_local(topic.filter(|topic| filled(topic)), endpoint.or_else(all))
    }

    /// Where nobody says anything it is `dispatch local`, on its usual port.
    fn or_local(topic: Option<&str>, endpoint: Option<String>) -> Self {
        let local = || format!("http://127.0.0.1:{PORT}");
        Target {
            topic: topic.unwrap_or(TOPIC_ARN).to_owned(),
            endpoint: endpoint.or_else(|| topic.is_none().then(local)),
        }
    }

    /// The settings that lead there; whatever they leave out comes from the environment.
    fn settings(&self) -> BTreeMap<&'static str, String> {
        let mut settings = BTreeMap::from([(sns::TOPIC, self.topic.clone())]);
        if let Some(endpoint) = &self.endpoint {
            settings.insert(ENDPOINT, endpoint.clone());
            // A stand-in on this machine checks no signature, but the SDK wants to sign.
            if is_loopback(endpoint) {
                settings.insert("AWS_ACCESS_KEY_ID", "local".to_owned());
                settings.insert("AWS_SECRET_ACCESS_KEY", "local".to_owned());
            }
        }
        settings
    }

    /// A client for the topic, and what others are made from. Calls nobody yet.
    pub(crate) async fn connect(&self) -> Result<(Sns, Aws), Failure> {
        let given = self.settings();
        let lookup = |name: &str| {
            let said = given.get(name).cloned().or_else(|| env::var(name).ok());
            // The queues are where the topic is, unless somebody says otherwise.
            said.or_else(|| self.endpoint.clone().filter(|_| name == ENDPOINT_OF_QUEUES))
        };
        let settings = read(&[aws::SETTINGS, sns::SETTINGS], lookup).await;
        let settings = settings.map_err(|problems| {
            let lines: Vec<_> = problems.into_iter().map(|problem| as_typed(problem).to_string()).collect();
            Failure::Other(lines.join("\n"))
        })?;
        let aws = Aws::connect(&settings).await.map_err(|unusable| Failure::Other(unusable.to_string()))?;
        let sns = Sns::connect(&settings, &aws).map_err(|problem| Failure::Other(as_typed(problem).to_string()))?;
        Ok((sns, aws))
    }

    /// What is asked, as people call it.
    pub(crate) fn place(&self) -> &str {
        self.endpoint.as_deref().unwrap_or("AWS")
    }

    /// Why the topic's queues are not known, and what may help.
    pub(crate) fn unlisted(&self, failed: &Failed) -> String {
        let to = self.place();
        match failed {
            Failed::Refused { reason, .. } if reason == "NotFound" => format!("{to} has no topic {}", self.topic),
            Failed::Refused { reason, .. } => format!("{to} does not say which queues are subscribed: {reason}"),
            Failed::Busy { reason, .. } | Failed::Forbidden { reason, .. } | Failed::Unreachable { reason, .. } => {
                format!("{to}: {reason}{}", self.advice("list the subscriptions of"))
            }
        }
    }

    /// What may help when it does not answer, on a line of its own; `right` is what must be allowed, as
    /// in "publish to".
    pub(crate) fn advice(&self, right: &str) -> String {
        match &self.endpoint {
            Some(endpoint) if is_loopback(endpoint) => {
                "\nIs `dispatch local` running there? It prints its address at the start.".to_owned()
            }
            Some(_) => String::new(),
            None => format!(
                "\nIs this shell signed in to AWS, with the right to {right} {}? For `dispatch local`, give its address \
                 as --endpoint-url.",
                self.topic
            ),
        }
    }
}

/// What clients of AWS are made from, by the environment alone. Calls nobody yet.
pub(crate) async fn aws() -> Result<Aws, Failure> {
    let settings = read(&[aws::SETTINGS], |name| env::var(name).ok()).await;
    let settings = settings.map_err(|problems| Failure::Other(problems.to_string()))?;
    Aws::connect(&settings).await.map_err(|unusable| Failure::Other(unusable.to_string()))
}

/// Reads settings of which none is KMS ciphertext: this command decrypts nothing.
pub(crate) async fn read(
    declared: &[&[Setting]],
    lookup: impl Fn(&str) -> Option<String>,
) -> Result<Settings, Problems> {
    let refused = || Failed::Refused { call: "kms", reason: "not decrypted by this command".to_owned() };
    Settings::read(declared, lookup, async |_| Err(refused())).await
}

/// A problem with a setting, under the name of the option that sets it.
fn as_typed(problem: Problem) -> Problem {
    let name = match problem.name {
        sns::TOPIC => "--topic-arn or DISPATCH_TOPIC_ARN",
        ENDPOINT => "--endpoint-url or AWS_ENDPOINT_URL_SNS",
        name => name,
    };
    Problem { name, ..problem }
}

fn is_loopback(endpoint: &str) -> bool {
    let authority = endpoint.split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:sns:eu-central-1:123456789012:alarms";

    #[test]
    fn what_is_not_named_is_local() {
        let target = |topic, endpoint: Option<&str>| {
            let target = Target::or_local(topic, endpoint.map(str::to_owned));
            (target.topic, target.endpoint)
        };
        let local = Some("http://127.0.0.1:4100".to_owned());
        let other = Some("http://127.0.0.1:5000".to_owned());
        assert_eq!(target(None, None), (TOPIC_ARN.to_owned(), local));
        assert_eq!(target(None, Some("http://127.0.0.1:5000")), (TOPIC_ARN.to_owned(), other.clone()));
        assert_eq!(target(Some(ARN), Some("http://127.0.0.1:5000")), (ARN.to_owned(), other));
        assert_eq!(target(Some(ARN), None), (ARN.to_owned(), None));
    }

    #[test]
    fn what_is_empty_is_not_named() {
        let endpoint = Some("http://127.0.0.1:5000");
        assert_eq!(Target::of(Some(" "), endpoint), Target::of(None, endpoint));
        assert_eq!(Target::of(Some(ARN), Some("")), Target::of(Some(ARN), None));
    }

    #[test]
    fn only_a_stand_in_on_this_machine_gets_made_up_credentials() {
        let made_up = |endpoint| Target::of(Some(ARN), endpoint).settings().contains_key("AWS_ACCESS_KEY_ID");
        for endpoint in ["http://127.0.0.1:4100", "http://localhost:1/", "http://[::1]:4100"] {
            assert!(made_up(Some(endpoint)), "{endpoint}");
        }
        for endpoint in [None, Some("https://sns.example.com"), Some("https://127.0.0.1.example.com:1"), Some("")] {
            assert!(!made_up(endpoint), "{endpoint:?}");
        }
    }
}

//! `dispatch send`: publishes messages, as monitoring systems do.

use std::{collections::BTreeMap, net::IpAddr, process::ExitCode};

use dispatch_core::source::{self, Letter};
use dispatch_local::examples::EXAMPLES;
use dispatch_services::{aws, aws::Aws, settings::Settings, sns, sns::Sns};

use crate::{Failure, args::Send, check::defaults, messages::File, style};

/// Publishes every message, one after the other, and prints the ids that SNS gives them.
pub(crate) fn run(send: Send) -> Result<ExitCode, Failure> {
    let messages = messages(&send)?;
    if !send.unchecked {
        for message in &messages {
            let letter = Letter { id: "send", subject: send.subject.as_deref(), text: message };
            source::read(&letter, &defaults()).map_err(|invalid| {
                Failure::Other(format!("{invalid}\nNothing was sent. `--unchecked` sends it all the same."))
            })?;
        }
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(publish(&send, &messages))
}

/// The texts to publish.
fn messages(send: &Send) -> Result<Vec<String>, Failure> {
    if let Some(name) = &send.example {
        let known: Vec<_> = EXAMPLES.iter().map(|example| example.name).collect();
        let example = EXAMPLES.iter().find(|example| example.name == name);
        let unknown = || Failure::Other(format!("--example: found {name:?}, expected one of {}", known.join(", ")));
        return example.map(|example| vec![example.message.to_owned()]).ok_or_else(unknown);
    }
    if let Some(message) = &send.message {
        return Ok(vec![message.clone()]);
    }
    let Some(path) = &send.file else { return Ok(Vec::new()) };
    let file = File::read(path)?;
    let messages = match file.messages() {
        Ok(messages) => messages.iter().map(|message| message.text.to_owned()).collect(),
        Err(_) if send.unchecked => vec![file.text],
        Err(error) => {
            let place = format!("{}:{}:{}", file.name, error.place.line, error.place.column);
            return Err(Failure::Other(format!("{place}: not JSON: {}", error.reason)));
        }
    };
    Ok(messages)
}

async fn publish(send: &Send, messages: &[String]) -> Result<ExitCode, Failure> {
    let sns = connect(send).await?;
    for message in messages {
        let published = sns.publish_with_subject(send.subject.as_deref(), message).await;
        let id = published.map_err(|failed| Failure::Other(failed.to_string()))?;
        style::stdout(&format!("{} {id}\n", style::good("published")))?;
    }
    Ok(ExitCode::SUCCESS)
}

async fn connect(send: &Send) -> Result<Sns, Failure> {
    let mut given = BTreeMap::from([("DISPATCH_TOPIC_ARN", send.topic_arn.clone())]);
    if let Some(endpoint) = &send.endpoint_url {
        given.insert("AWS_ENDPOINT_URL_SNS", endpoint.clone());
        // A stand-in on this machine checks no signature, but the SDK wants to sign.
        if is_loopback(endpoint) {
            given.insert("AWS_ACCESS_KEY_ID", "local".to_owned());
            given.insert("AWS_SECRET_ACCESS_KEY", "local".to_owned());
        }
    }
    let lookup = |name: &str| given.get(name).cloned().or_else(|| std::env::var(name).ok());
    let no_secret = async |_| {
        Err(dispatch_engine::ports::Failed::Refused { call: "kms", reason: "not decrypted by this command".to_owned() })
    };
    let settings = Settings::read(&[aws::SETTINGS, sns::SETTINGS], lookup, no_secret).await;
    let settings = settings.map_err(|problems| Failure::Other(problems.to_string()))?;
    let aws = Aws::connect(&settings).await.map_err(|unusable| Failure::Other(unusable.to_string()))?;
    Sns::connect(&settings, &aws).map_err(|problem| Failure::Other(problem.to_string()))
}

fn is_loopback(endpoint: &str) -> bool {
    let authority = endpoint.split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default();
    let host = authority.rsplit_once(':').map_or(authority, |(host, _)| host);
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

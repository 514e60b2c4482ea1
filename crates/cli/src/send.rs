//! `dispatch send`: publishes messages, as monitoring systems do.

use std::{collections::BTreeMap, env, net::IpAddr, path::PathBuf, process::ExitCode};

use clap::{ArgGroup, Args, FromArgMatches, ValueHint, builder::PossibleValuesParser};
use dispatch_engine::ports::Failed;
use dispatch_local::{examples::EXAMPLES, town::TOPIC_ARN};
use dispatch_services::{
    aws,
    aws::Aws,
    settings::{Problem, Settings},
    sns,
    sns::Sns,
};

use crate::{
    Failure,
    check::{complaint, read},
    command::Command,
    local::PORT,
    messages::{File, Message, NotJson, Places},
    style,
};

/// `dispatch send`.
pub(crate) const COMMAND: Command =
    Command { name: "send", define: Send::augment_args, run: |matches| run(&Send::from_arg_matches(matches)?) };

/// Publish messages to the topic
///
/// Without --topic-arn and --endpoint-url they go to `dispatch local` on its usual port. With --topic-arn alone
/// they go to AWS, signed as the AWS command line would.
///
/// Messages are checked first, and nothing is sent unless all are as they should be.
#[derive(Clone, Debug, clap::Args)]
#[command(group(ArgGroup::new("source").required(true)))]
pub(crate) struct Send {
    /// File with one or more JSON messages, one after the other or in lists; `-` is standard input
    #[arg(value_hint = ValueHint::FilePath, group = "source")]
    pub(crate) file: Option<PathBuf>,

    /// The message itself
    #[arg(long, short, value_name = "JSON", group = "source")]
    pub(crate) message: Option<String>,

    /// A ready-made message of this type
    #[arg(long, value_name = "TYPE", group = "source", value_parser = examples())]
    pub(crate) example: Option<String>,

    /// Subject of the publication: ASCII on one line, at most 99 characters
    #[arg(long, value_parser = subject)]
    pub(crate) subject: Option<String>,

    /// The topic
    #[arg(long, value_name = "ARN", env = "DISPATCH_TOPIC_ARN")]
    pub(crate) topic_arn: Option<String>,

    /// Address of what stands in for SNS, such as the page of `dispatch local`
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url, env = "AWS_ENDPOINT_URL_SNS")]
    pub(crate) endpoint_url: Option<String>,

    /// Send messages that `dispatch check` refuses, too
    #[arg(long)]
    pub(crate) unchecked: bool,
}

fn examples() -> PossibleValuesParser {
    PossibleValuesParser::new(EXAMPLES.iter().map(|example| example.name))
}

/// Source: SNS API reference, `Publish`, `Subject`.
fn subject(text: &str) -> Result<String, String> {
    let fine = |text: &str| {
        (1..=99).contains(&text.len())
            && !text.starts_with(' ')
            && text.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
    };
    if fine(text) { Ok(text.to_owned()) } else { Err("expected 1 to 99 ASCII characters on one line".to_owned()) }
}

const ENDPOINT: &str = "AWS_ENDPOINT_URL_SNS";

/// Where messages go.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Target {
    topic: String,
    /// What stands in for SNS; `None` is AWS itself.
    endpoint: Option<String>,
}

/// Publishes every message, one after the other, and prints the ids that SNS gives them.
pub(crate) fn run(send: &Send) -> Result<ExitCode, Failure> {
    let file = file(send)?;
    let messages = if send.unchecked { unchecked(send, &file)? } else { checked(send, &file)? };
    let target = Target::of(send.topic_arn.as_deref(), endpoint(send).as_deref());
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(publish(&target, send.subject.as_deref(), &messages))
}

/// What is to be sent, as a file.
fn file(send: &Send) -> Result<File, Failure> {
    if let Some(name) = &send.example {
        let message = EXAMPLES.iter().find(|example| example.name == name).map_or("", |example| example.message);
        return Ok(File::of("--example", message.as_bytes()));
    }
    match (&send.message, &send.file) {
        (Some(message), _) => Ok(File::of("--message", message.as_bytes())),
        (None, Some(path)) => File::read(path),
        (None, None) => Err(Failure::Other("found nothing to send, expected a file or --message".to_owned())),
    }
}

/// The messages of a file that are all as they should be.
fn checked<'f>(send: &Send, file: &'f File) -> Result<Vec<&'f str>, Failure> {
    let mut places = Places::of(&file.text);
    let mut wrong = Vec::new();
    let mut texts = Vec::new();
    for message in messages(send, file) {
        let fine = message.map_err(|error| (error.at, error.reason)).and_then(|message| {
            let read = read(message.text, send.subject.as_deref());
            read.map(|_| message.text).map_err(|invalid| complaint(file, &message, &invalid))
        });
        match fine {
            Ok(text) => texts.push(text),
            Err((at, what)) => wrong.push(format!("{} {what}\n", file.at(places.find(at)))),
        }
    }
    match wrong.as_slice() {
        [] => Ok(texts),
        wrong => {
            Err(Failure::Other(format!("{}Nothing was sent. `--unchecked` sends it all the same.", wrong.concat())))
        }
    }
}

/// The messages of a file, whatever they are; a file that is not JSON is one message.
fn unchecked<'f>(send: &Send, file: &'f File) -> Result<Vec<&'f str>, Failure> {
    if !file.whole {
        return Err(Failure::Other(format!("{}: found bytes that are not UTF-8, which SNS never takes", file.name)));
    }
    let found = messages(send, file).into_iter().map(|message| message.map(|message| message.text));
    Ok(found.collect::<Result<_, _>>().unwrap_or_else(|_| vec![file.text.as_str()]))
}

/// What is typed as one message is one, also when it is a list.
fn messages<'f>(send: &Send, file: &'f File) -> Vec<Result<Message<'f>, NotJson>> {
    let found = file.messages();
    if send.message.is_some() && found.iter().all(Result::is_ok) {
        return vec![Ok(Message { text: &file.text, at: 0 })];
    }
    found
}

/// The stand-in that was named, here or for every service of AWS.
fn endpoint(send: &Send) -> Option<String> {
    let filled = |text: &String| !text.trim().is_empty();
    send.endpoint_url.clone().filter(filled).or_else(|| env::var("AWS_ENDPOINT_URL").ok().filter(filled))
}

impl Target {
    /// Where nobody says anything it is `dispatch local`, on its usual port.
    fn of(topic: Option<&str>, endpoint: Option<&str>) -> Self {
        let topic = topic.filter(|topic| !topic.trim().is_empty());
        let local = || format!("http://127.0.0.1:{PORT}");
        Target {
            topic: topic.unwrap_or(TOPIC_ARN).to_owned(),
            endpoint: endpoint.map(str::to_owned).or_else(|| topic.is_none().then(local)),
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

    async fn connect(&self) -> Result<Sns, Failure> {
        let given = self.settings();
        let lookup = |name: &str| given.get(name).cloned().or_else(|| env::var(name).ok());
        let no_secret =
            async |_| Err(Failed::Refused { call: "kms", reason: "not decrypted by this command".to_owned() });
        let settings = Settings::read(&[aws::SETTINGS, sns::SETTINGS], lookup, no_secret).await;
        let settings = settings.map_err(|problems| {
            let lines: Vec<_> = problems.into_iter().map(|problem| as_typed(problem).to_string()).collect();
            Failure::Other(lines.join("\n"))
        })?;
        let aws = Aws::connect(&settings).await.map_err(|unusable| Failure::Other(unusable.to_string()))?;
        Sns::connect(&settings, &aws).map_err(|problem| Failure::Other(as_typed(problem).to_string()))
    }

    /// What went wrong on the way there, and what may help.
    fn failure(&self, failed: &Failed) -> String {
        let to = self.endpoint.as_deref().unwrap_or("AWS");
        match (failed, &self.endpoint) {
            (Failed::Refused { reason, .. }, _) if reason == "NotFound" => {
                format!("{to} has no topic {}", self.topic)
            }
            (Failed::Refused { reason, .. }, _) => format!("{to} refused the message: {reason}"),
            (Failed::Busy { reason, .. }, Some(endpoint)) if is_loopback(endpoint) => {
                format!("{to}: {reason}\nIs `dispatch local` running there? It prints its address at the start.")
            }
            (Failed::Busy { reason, .. }, Some(_)) => format!("{to}: {reason}"),
            (Failed::Busy { reason, .. }, None) => format!(
                "{to}: {reason}\nIs this shell signed in to AWS, with the right to publish to {}? To publish to \
                 `dispatch local`, give its address as --endpoint-url.",
                self.topic
            ),
            (Failed::Unreachable { reason, .. }, _) => format!("{to}: {reason}; the message may have arrived"),
        }
    }
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

async fn publish(target: &Target, subject: Option<&str>, messages: &[&str]) -> Result<ExitCode, Failure> {
    let sns = target.connect().await?;
    for (sent, message) in messages.iter().enumerate() {
        let id = sns.publish_with_subject(subject, message).await.map_err(|failed| {
            let told = target.failure(&failed);
            Failure::Other(if messages.len() == 1 {
                told
            } else {
                format!("{told}\nOf {} messages {sent} were published before.", messages.len())
            })
        })?;
        style::stdout(&format!("{} {id}\n", style::good("published")))?;
    }
    Ok(ExitCode::SUCCESS)
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
        let target = |topic, endpoint| {
            let target = Target::of(topic, endpoint);
            (target.topic, target.endpoint)
        };
        let local = Some("http://127.0.0.1:4100".to_owned());
        let other = Some("http://127.0.0.1:5000".to_owned());
        assert_eq!(target(None, None), (TOPIC_ARN.to_owned(), local.clone()));
        assert_eq!(target(Some(""), None), (TOPIC_ARN.to_owned(), local));
        assert_eq!(target(None, Some("http://127.0.0.1:5000")), (TOPIC_ARN.to_owned(), other.clone()));
        assert_eq!(target(Some(ARN), Some("http://127.0.0.1:5000")), (ARN.to_owned(), other));
        assert_eq!(target(Some(ARN), None), (ARN.to_owned(), None));
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

    #[test]
    fn exactly_one_thing_is_sent() {
        let takes = |words: &[&str]| {
            crate::command::build().try_get_matches_from(["dispatch", "send"].iter().chain(words)).is_ok()
        };
        assert!(takes(&["a.json"]) && takes(&["-m", "{}"]) && takes(&["--example", "nag"]) && takes(&["-"]));
        assert!(!takes(&[]) && !takes(&["a.json", "-m", "{}"]) && !takes(&["a.json", "--example", "nag"]));
        assert!(!takes(&["--example", "nothing"]));
    }

    #[test]
    fn a_subject_is_what_sns_takes() {
        let most = "x".repeat(99);
        for text in ["x", "Disk full: /var", most.as_str()] {
            assert_eq!(subject(text), Ok(text.to_owned()));
        }
        for text in ["", " x", "a\nb", "a\tb", "Fünf", &"x".repeat(100)] {
            assert!(subject(text).is_err(), "{text:?}");
        }
    }
}

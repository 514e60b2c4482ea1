//! `dispatch send`: publishes messages, as monitoring systems do.

use std::{path::PathBuf, process::ExitCode};

use clap::{ArgGroup, Args, FromArgMatches, ValueHint, builder::PossibleValuesParser};
use dispatch_engine::ports::Failed;
use dispatch_local::examples::EXAMPLES;

use crate::{
    Failure,
    check::{complaint, read},
    command::Command,
    messages::{File, Message, NotJson, Places},
    style,
    target::Target,
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

/// Publishes every message, one after the other, and prints the ids that SNS gives them.
pub(crate) fn run(send: &Send) -> Result<ExitCode, Failure> {
    let file = file(send)?;
    let messages = if send.unchecked { unchecked(send, &file)? } else { checked(send, &file)? };
    let target = Target::of(send.topic_arn.as_deref(), send.endpoint_url.as_deref());
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

/// What went wrong on the way there, and what may help.
fn told(target: &Target, failed: &Failed) -> String {
    let to = target.place();
    match failed {
        Failed::Refused { reason, .. } if reason == "NotFound" => format!("{to} has no topic {}", target.topic),
        Failed::Refused { reason, .. } => format!("{to} refused the message: {reason}"),
        Failed::Busy { reason, .. } | Failed::Forbidden { reason, .. } => {
            format!("{to}: {reason}{}", target.advice("publish to"))
        }
        Failed::Unreachable { reason, .. } => format!("{to}: {reason}; the message may have arrived"),
    }
}

async fn publish(target: &Target, subject: Option<&str>, messages: &[&str]) -> Result<ExitCode, Failure> {
    let (sns, _) = target.connect().await?;
    for (sent, message) in messages.iter().enumerate() {
        let id = sns.publish_with_subject(subject, message).await.map_err(|failed| {
            let told = told(target, &failed);
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

#[cfg(test)]
mod tests {
    use super::*;

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

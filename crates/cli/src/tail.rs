//! `dispatch tail`: what the functions log, so that people can read it.

mod follow;
mod platform;
mod record;
mod show;

use std::{
    io::{self, BufRead, Read},
    process::ExitCode,
    time::Duration,
};

use clap::{Args, FromArgMatches};
use dispatch_engine::ports::Failed;
use dispatch_services::logs::Logs;
use jiff::{Span, Timestamp, tz::TimeZone};

use self::{
    follow::{Group, Round, Said},
    record::{Level, Record},
    show::Show,
};
use crate::{Failure, command::Command, style, target};

/// `dispatch tail`.
pub(crate) const COMMAND: Command = Command {
    name: "tail",
    define: |command| Tail::augment_args(command).after_help(EXAMPLES),
    run: |matches| run(&Tail::from_arg_matches(matches)?),
};

const EXAMPLES: &str = "Examples:
  dispatch tail --stack alarms                        the last ten minutes, and on
  dispatch tail --since 2h --no-follow --alarm 4be1c0de
  dispatch tail --since 2026-11-21T14:00:00+01:00 --metrics
  sam logs --stack-name alarms --tail | dispatch tail -

Exit code 0: all that was asked for was shown; 2: it could not be read.

On AWS it needs the right logs:FilterLogEvents on the log groups.";

/// How long nothing is asked after everything was read.
const PAUSE: Duration = Duration::from_secs(2);
/// Failures in a row, while following, before it is given up.
const FAILURES_MAX: u32 = 10;
/// The longest line of an input. Longer than what CloudWatch takes, which is 1 MB.
const LINE_BYTES_MAX: u64 = 1 << 21;
/// The shortest beginning of a key that is enough to look for.
const KEY_CHARS_MIN: usize = 6;
const KEY_CHARS_MAX: usize = 40;

/// Follow the logs of the functions, one readable line each
///
/// Shows time, level, function, message and fields. Keys and ids are shortened, and their beginnings are enough for --alarm.
/// Lines that are not Dispatch's are shown as they are.
#[derive(Clone, Debug, clap::Args)]
pub(crate) struct Tail {
    /// `-` reads lines from standard input instead, wherever they come from
    #[arg(value_name = "-", value_parser = ["-"], conflicts_with_all = ["stack", "group", "since", "follow", "no_follow"])]
    pub(crate) input: Option<String>,

    /// The stack whose functions' logs are read: the log groups /aws/lambda/NAME-incoming and /aws/lambda/NAME-triage
    #[arg(long, value_name = "NAME", default_value = "dispatch")]
    pub(crate) stack: String,

    /// Read this log group instead; may be given several times
    #[arg(long, value_name = "GROUP")]
    pub(crate) group: Vec<String>,

    /// Begin so long ago, such as 10m, 2h or 1d, or at a time such as 2026-11-21T14:00:00Z
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = since)]
    pub(crate) since: Timestamp,

    /// Go on with what is logged from now on; this is the default
    #[arg(long, overrides_with = "no_follow")]
    pub(crate) follow: bool,

    /// End after what was logged until now
    #[arg(long)]
    pub(crate) no_follow: bool,

    /// Only lines with this alarm's key, or with its beginning
    #[arg(long, value_name = "KEY", value_parser = key)]
    pub(crate) alarm: Option<String>,

    /// Show metrics, too
    #[arg(long)]
    pub(crate) metrics: bool,

    /// Show keys and ids whole
    #[arg(long)]
    pub(crate) long: bool,
}

/// A time, or how long ago it is.
fn since(text: &str) -> Result<Timestamp, String> {
    let now = Timestamp::now();
    let ago = |span: Span| now.to_zoned(TimeZone::UTC).checked_sub(span).ok().map(|at| at.timestamp());
    let at = text.parse().ok().or_else(|| ago(text.parse().ok()?));
    at.filter(|at| *at <= now)
        .ok_or_else(|| "expected a time that is past, such as 10m or 2026-11-21T14:00:00Z".to_owned())
}

fn key(text: &str) -> Result<String, String> {
    let text = text.trim().to_ascii_lowercase();
    let is_hex = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    match (KEY_CHARS_MIN..=KEY_CHARS_MAX).contains(&text.len()) && is_hex {
        true => Ok(text),
        false => Err(format!("expected {KEY_CHARS_MIN} to {KEY_CHARS_MAX} hex digits")),
    }
}

fn run(tail: &Tail) -> Result<ExitCode, Failure> {
    if tail.input.is_some() {
        return tail.read(&mut io::stdin().lock());
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(tail.groups())
}

impl Tail {
    /// Shows lines until there are no more.
    fn read(&self, lines: &mut impl BufRead) -> Result<ExitCode, Failure> {
        let mut show = Show::new([], TimeZone::system(), self.long);
        let mut line = Vec::new();
        while lines.by_ref().take(LINE_BYTES_MAX).read_until(b'\n', &mut line)? > 0 {
            if !self.show(&mut show, "", None, &String::from_utf8_lossy(&line))? {
                break;
            }
            line.clear();
        }
        Ok(ExitCode::SUCCESS)
    }

    /// Shows what the log groups hold and, unless told otherwise, goes on.
    async fn groups(&self) -> Result<ExitCode, Failure> {
        let aws = target::aws().await?;
        if aws.region().is_none() {
            return Err(Failure::Other("found no region, expected AWS_REGION or one in the profile".to_owned()));
        }
        let (logs, mut groups) = (Logs::connect(&aws), self.wanted());
        let labels: Vec<String> = groups.iter().map(|group| group.label.clone()).collect();
        let mut show = Show::new(labels.iter().map(String::as_str), TimeZone::system(), self.long);
        let mut patience = Patience::default();
        loop {
            let Round { said, more, failed } = follow::read(&logs, &mut groups, self.alarm.as_deref()).await;
            for Said { group, event } in said {
                let label = labels.get(group).map_or("", String::as_str);
                if !self.show(&mut show, label, Some(event.at), &event.message)? {
                    return Ok(ExitCode::SUCCESS);
                }
            }
            let failed = failed.map(|(at, failed)| (groups.get(at).map_or("", |group| &group.name), failed));
            match failed {
                Some((group, failed)) if self.no_follow => return Err(Failure::Other(told(group, &failed))),
                Some((group, failed)) => patience.try_again(group, &failed)?,
                None => patience = Patience { worked: true, failures: 0 },
            }
            match more {
                true => {}
                false if self.no_follow => return Ok(ExitCode::SUCCESS),
                false => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    /// The log groups, and what their lines are marked with.
    fn wanted(&self) -> Vec<Group> {
        let group = |name: String, label: &str| Group::new(name, label.to_owned(), self.since);
        if self.group.is_empty() {
            let names = ["incoming", "triage"];
            return names.map(|name| group(format!("/aws/lambda/{}-{name}", self.stack), name)).into();
        }
        let short = |name: &String| name.rsplit('/').next().unwrap_or_default().to_owned();
        self.group.iter().map(|name| group(name.clone(), &short(name))).collect()
    }

    /// Shows a line, if it is wanted; whether anybody reads on.
    fn show(&self, show: &mut Show, label: &str, at: Option<Timestamp>, line: &str) -> Result<bool, Failure> {
        if self.alarm.as_ref().is_some_and(|key| !line.contains(key)) {
            return Ok(true);
        }
        let record = Record::of(line);
        if record.level == Level::Metrics && !self.metrics {
            return Ok(true);
        }
        Ok(style::is_read(&show.line(label, at, &record))?)
    }
}

/// How often it is tried again.
#[derive(Debug, Default)]
struct Patience {
    /// Whether everything could be read at least once.
    worked: bool,
    /// In a row.
    failures: u32,
}

impl Patience {
    /// Says what failed, once, unless trying again is useless: what never worked will not work by itself.
    fn try_again(&mut self, group: &str, failed: &Failed) -> Result<(), Failure> {
        self.failures += 1;
        let told = told(group, failed);
        if self.failures == FAILURES_MAX || failed.is_final() || !self.worked {
            return Err(Failure::Other(told));
        }
        if self.failures == 1 {
            style::stderr(&format!("{} {told}; trying again\n", style::odd("warning:")))?;
        }
        Ok(())
    }
}

/// Why a log group could not be read, and what may help.
fn told(group: &str, failed: &Failed) -> String {
    match failed {
        Failed::Refused { reason, .. } if reason == "ResourceNotFoundException" => format!(
            "there is no log group {group} in this account and region\nIs the name of the stack right? --group names log \
             groups by themselves."
        ),
        Failed::Busy { reason, .. } if reason.contains("AccessDenied") => {
            format!("{group}: {reason}\nIs this shell signed in to AWS, with the right logs:FilterLogEvents on it?")
        }
        failed => format!("{group}: {failed}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_is_a_time_or_how_long_ago_it_is() {
        let now = Timestamp::now();
        for (text, seconds) in
            [("10m", 600), ("90s", 90), ("2h", 7_200), ("1h 30m", 5_400), ("1d", 86_400), ("PT1M", 60)]
        {
            let ago = now.as_second() - since(text).unwrap().as_second();
            assert!((seconds - 1..=seconds).contains(&ago), "{text}: {ago}");
        }
        let at = "2026-01-02T03:04:05+01:00";
        assert_eq!(since(at).unwrap(), at.parse::<Timestamp>().unwrap());
        for text in ["", "10", "soon", "-10m", "2999-01-01T00:00:00Z", "9999999d"] {
            assert!(since(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_key_is_hex() {
        assert_eq!(key("4BE1c0"), Ok("4be1c0".to_owned()));
        assert!(key(&"a".repeat(KEY_CHARS_MAX)).is_ok());
        for text in ["", "4be1c", "4be1cx", "4be1c0%", &"a".repeat(KEY_CHARS_MAX + 1)] {
            assert!(key(text).is_err(), "{text}");
        }
    }

    #[test]
    fn input_takes_no_log_groups() {
        let takes = |words: &[&str]| {
            crate::command::build().try_get_matches_from(["dispatch", "tail"].iter().chain(words)).is_ok()
        };
        assert!(takes(&[]) && takes(&["-"]) && takes(&["-", "--metrics", "--alarm", "4be1c0de"]));
        assert!(takes(&["--no-follow"]) && takes(&["--follow", "--group", "a", "--group", "b"]));
        assert!(!takes(&["x"]) && !takes(&["-", "--stack", "a"]) && !takes(&["-", "--group", "a"]));
    }
}

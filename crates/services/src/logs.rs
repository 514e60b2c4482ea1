//! CloudWatch Logs: what the functions said, read by hand.
//!
//! Deliberately absent: writing. Lambda takes the functions' standard output there.

use aws_sdk_cloudwatchlogs::{Client, config};
use dispatch_engine::ports::Failed;
use jiff::Timestamp;

use crate::aws::{Aws, failed};

const FILTER: &str = "logs FilterLogEvents";

/// The logs of one account and region.
#[derive(Clone, Debug)]
pub struct Logs {
    client: Client,
}

/// What was logged at once, nearly always one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// No other event of the log group has it.
    pub id: String,
    /// When it was logged.
    pub at: Timestamp,
    /// What.
    pub message: String,
}

/// A part of what was asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// May be none, although more follows.
    pub events: Vec<Event>,
    /// What to ask for the next part with; `None` when this is the last.
    pub next: Option<String>,
}

/// Which events are asked for.
#[derive(Clone, Copy, Debug)]
pub struct Query<'a> {
    /// Name of the log group, such as `/aws/lambda/dispatch-incoming`.
    pub group: &'a str,
    /// Those that were logged at this time or later.
    pub since: Timestamp,
    /// Those whose message holds this text of letters and digits; all where it is `None`.
    pub holding: Option<&'a str>,
}

impl Logs {
    /// A client; calls nobody yet.
    pub fn connect(aws: &Aws) -> Self {
        let mut config = config::Builder::from(&aws.named(FILTER));
        if let Some(endpoint) = aws.endpoint("AWS_ENDPOINT_URL_CLOUDWATCH_LOGS") {
            config.set_endpoint_url(Some(endpoint.to_owned()));
        }
        Logs { client: Client::from_conf(config.build()) }
    }

    /// One page of a log group's events; `next` is that of the page before.
    ///
    /// # Errors
    /// [`Failed::Refused`] with the reason `ResourceNotFoundException` when there is no such log group.
    ///
    /// <https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_FilterLogEvents.html>
    pub async fn page(&self, query: &Query<'_>, next: Option<String>) -> Result<Page, Failed> {
        let call = self.client.filter_log_events().log_group_name(query.group);
        let call = call.start_time(query.since.as_millisecond()).set_next_token(next);
        // A regular expression finds the text within words, too.
        // <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/regex-expressions.html>
        let call = call.set_filter_pattern(query.holding.map(|text| format!("%{text}%")));
        let page = call.send().await.map_err(|error| failed(FILTER, &error))?;
        let events = page.events.unwrap_or_default().into_iter().filter_map(|event| {
            Some(Event {
                id: event.event_id?,
                at: Timestamp::from_millisecond(event.timestamp?).ok()?,
                message: event.message?,
            })
        });
        Ok(Page { events: events.collect(), next: page.next_token.filter(|token| !token.is_empty()) })
    }
}

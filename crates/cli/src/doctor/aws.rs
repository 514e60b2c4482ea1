//! AWS: the topic, its queues, and what lies in their dead letters.

use std::time::Duration;

use dispatch_engine::{ports::Failed, world::until};
use dispatch_services::{
    aws::{self, Aws},
    settings::Settings,
    sns::{self, Sns},
    sqs::{Queue, QueueArn, Standing},
    store,
};
use tokio::time::Instant;

use super::{
    finding::{Finding, said},
    settings::{Origin, Read},
};

/// How long AWS may take for all of it.
const PATIENCE: Duration = Duration::from_secs(6);
const RECEIVES_MAX: &str = "DISPATCH_MAX_RECEIVE_COUNT";

/// A client, when the settings lead to AWS at all; or what is wrong with the way there.
pub(super) async fn connect(settings: &Settings) -> Result<Option<Aws>, Finding> {
    const WHAT: &str = "credentials";
    if settings.text(sns::TOPIC).is_none() && !store::needs_aws(settings) {
        return Ok(None);
    }
    let aws = until(Instant::now() + PATIENCE, Aws::connect(settings)).await;
    let aws = aws.map_err(|unusable| Finding::wrong(WHAT, unusable.to_string(), "Build Dispatch with TLS."))?;
    let found = until(Instant::now() + PATIENCE, aws.find_credentials()).await;
    found.map_err(|failed| {
        Finding::wrong(
            WHAT,
            format!("none are found: {}", said(&failed)),
            "Sign in, such as with `aws sso login` or `aws configure`, and name the profile in AWS_PROFILE.",
        )
    })?;
    Ok(Some(aws))
}

/// Looks at everything, as far as the settings lead there.
pub(super) async fn examine(read: &Read, aws: &Result<Option<Aws>, Finding>) -> Vec<Finding> {
    let mut findings: Vec<Finding> = read.findings(aws::SETTINGS).into_iter().filter(Finding::is_wrong).collect();
    match aws {
        Ok(Some(aws)) => {
            findings.push(Finding::ok("credentials", aws.region().unwrap_or_default()));
            findings.extend(until(Instant::now() + PATIENCE, topic(read, aws)).await);
        }
        Ok(None) => {}
        Err(finding) => findings.push(finding.clone()),
    }
    findings
}

async fn topic(read: &Read, aws: &Aws) -> Vec<Finding> {
    const WHAT: &str = "topic";
    let Ok(sns) = Sns::connect(&read.settings, aws) else { return Vec::new() };
    let arn = read.settings.text(sns::TOPIC).unwrap_or_default();
    if let Err(failed) = sns.look().await {
        return vec![judge_topic(arn, &failed, at(aws, "AWS_ENDPOINT_URL_SNS"), &read.origin)];
    }
    let topic = Finding::ok(WHAT, arn);
    let subscribed = match sns.queues().await {
        Ok(subscribed) => subscribed,
        Err(failed) => {
            let right = "sns:ListSubscriptionsByTopic";
            return vec![topic, unseen("queues", "whose queues are subscribed", &failed, right)];
        }
    };
    if subscribed.is_empty() {
        let found = "no queue is subscribed to the topic, so that alarms go nowhere";
        let mend = format!(
            "Subscribe the alarms queue: aws sns subscribe --topic-arn {arn} --protocol sqs --notification-endpoint \
             QUEUE_ARN. CloudFormation does not notice that a subscription was deleted by hand."
        );
        return vec![topic, Finding::wrong("queues", found, mend)];
    }
    let expected = read.settings.text(RECEIVES_MAX).and_then(|count| count.parse().ok());
    let mut findings = vec![topic];
    let queues = subscribed.iter().map(|queue| look_at(aws, queue, expected, &read.origin));
    findings.extend(futures::future::join_all(queues).await.into_iter().flatten());
    findings
}

fn judge_topic(arn: &str, failed: &Failed, at: &str, origin: &Origin) -> Finding {
    const WHAT: &str = "topic";
    match failed {
        Failed::Refused { reason, .. } if reason == "NotFound" => Finding::wrong(
            WHAT,
            format!("there is no {arn}"),
            format!(
                "Look it up with `aws sns list-topics`, in its own region and account. {}",
                origin.set_from_its_place(sns::TOPIC)
            ),
        ),
        failed => unseen(WHAT, at, failed, "sns:GetTopicAttributes"),
    }
}

/// A queue, and what lies in its dead letters.
async fn look_at(aws: &Aws, text: &str, expected: Option<u32>, origin: &Origin) -> Vec<Finding> {
    let Ok(arn) = text.parse::<QueueArn>() else {
        return vec![Finding::wrong(format!("queue {text}"), "this is no queue's ARN", "Delete the subscription.")];
    };
    let what = format!("queue {}", arn.name());
    let standing = match stand(aws, &arn).await {
        Ok(standing) => standing,
        Err(failed) => return vec![unseen(&what, &arn.to_string(), &failed, "sqs:GetQueueAttributes")],
    };
    let (Some(dead), Some(receives)) = (&standing.dead_letters, standing.receives_max) else {
        return vec![Finding::wrong(
            what,
            "it has no dead-letter queue: what fails is tried until it is too old, and is lost then",
            format!(
                "Deploy the stack again, or give {} a redrive policy with maxReceiveCount {}.",
                arn.name(),
                expected.unwrap_or(5)
            ),
        )];
    };
    let queue = judge_queue(&what, receives, expected, origin);
    let letters = match stand(aws, dead).await {
        Ok(standing) => judge_letters(dead, &standing),
        Err(failed) => judge_grave(dead, &failed),
    };
    vec![queue, letters]
}

async fn stand(aws: &Aws, arn: &QueueArn) -> Result<Standing, Failed> {
    Queue::find(aws, arn).await?.standing().await
}

fn judge_queue(what: &str, receives: u32, expected: Option<u32>, origin: &Origin) -> Finding {
    match expected {
        Some(expected) if expected != receives => Finding::wrong(
            what,
            format!("a message is given up after {receives} deliveries, and {RECEIVES_MAX} is {expected}"),
            format!(
                "{} The value is {receives}, or deploy the queue with maxReceiveCount {expected}: with too large a \
                 number nobody is paged for what is given up, with too small a one too early.",
                origin.set(RECEIVES_MAX)
            ),
        ),
        _ => Finding::ok(what, format!("{receives} deliveries")),
    }
}

fn judge_letters(dead: &QueueArn, standing: &Standing) -> Finding {
    let what = format!("dead letters {}", dead.name());
    match standing.messages {
        0 => Finding::ok(what, "none"),
        count => Finding::note(what, format!("{count} wait there: `dispatch redrive --list` shows them, and why")),
    }
}

/// A dead-letter queue that cannot be looked at.
fn judge_grave(dead: &QueueArn, failed: &Failed) -> Finding {
    let what = format!("dead letters {}", dead.name());
    match said(failed) {
        reason if ["NonExistentQueue", "QueueDoesNotExist"].iter().any(|code| reason.contains(code)) => Finding::wrong(
            what,
            "the queue for them is not there: what is given up is lost",
            format!("Deploy the stack again, or create it with `aws sqs create-queue --queue-name {}`.", dead.name()),
        ),
        _ => unseen(&what, &dead.to_string(), failed, "sqs:GetQueueAttributes"),
    }
}

/// AWS does not show it. A right that this shell lacks may well be the functions'.
fn unseen(what: &str, whose: &str, failed: &Failed, right: &str) -> Finding {
    match (refusal(said(failed)), said(failed)) {
        (Refusal::Right, reason) => {
            Finding::skipped(what, format!("this shell may not look: it lacks {right} ({reason})"))
        }
        (Refusal::Another, reason) => Finding::wrong(
            what,
            format!("AWS does not show {whose}: {reason}"),
            "Look whether it is there, in the region and the account that its name says.",
        ),
        (refusal, reason) => refusal.told(what, whose, reason),
    }
}

/// What keeps AWS from answering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Whoever asks lacks a right.
    Right,
    /// AWS does not know whoever asks, or not any more.
    Credentials,
    Region,
    Network,
    Another,
}

/// Tells by AWS's code. Whatever is none was said by nobody at AWS.
pub(super) fn refusal(reason: &str) -> Refusal {
    let is_one_of = |codes: &[&str]| codes.iter().any(|code| reason.contains(code));
    if is_one_of(&["AccessDenied", "AuthorizationError", "status 403"]) {
        Refusal::Right
    } else if is_one_of(&["Expired", "InvalidAccessKey", "InvalidClientToken", "Unrecognized", "Signature"]) {
        Refusal::Credentials
    } else if is_one_of(&["Redirect", "AuthorizationHeaderMalformed", "IllegalLocation", "status 301"]) {
        Refusal::Region
    } else if reason.contains(' ') && !reason.starts_with("status ") {
        Refusal::Network
    } else {
        Refusal::Another
    }
}

impl Refusal {
    /// What is wrong, and what mends it; for all that is no matter of rights.
    pub(super) fn told(self, what: &str, whose: &str, reason: &str) -> Finding {
        let (found, mend) = match self {
            Refusal::Credentials => (
                format!("AWS does not take the credentials of this shell: {reason}"),
                "Sign in again, such as with `aws sso login`; `aws sts get-caller-identity` must work here.",
            ),
            Refusal::Region => {
                (format!("{whose} is in another region: {reason}"), "Set AWS_REGION to the region of the stack.")
            }
            Refusal::Network => (
                format!("no answer from {whose}: {reason}"),
                "Mend the network, the proxy or the firewall; `aws sts get-caller-identity` must work here.",
            ),
            Refusal::Right | Refusal::Another => {
                (format!("AWS refuses: {reason}"), "Look the code up in the API reference of the service.")
            }
        };
        Finding::wrong(what, found, mend)
    }
}

/// Where a service is called.
fn at<'a>(aws: &'a Aws, setting: &str) -> &'a str {
    aws.endpoint(setting).unwrap_or("AWS")
}

#[cfg(test)]
mod tests {
    use super::{super::finding::Verdict, *};

    #[test]
    fn a_dead_letter_queue_that_is_gone_is_told_from_one_that_may_not_be_seen() {
        let dead: QueueArn = "arn:aws:sqs:eu-central-1:123456789012:alarms-dead".parse().unwrap();
        let judged =
            |reason: &str| judge_grave(&dead, &Failed::Refused { call: "sqs GetQueueUrl", reason: reason.to_owned() });
        let gone = judged("AWS.SimpleQueueService.NonExistentQueue");
        assert!(matches!(&gone.verdict, Verdict::Wrong { mend, .. } if mend.contains("--queue-name alarms-dead")));
        assert!(matches!(judged("AccessDenied").verdict, Verdict::Skipped(_)));
    }

    #[test]
    fn codes_are_told_from_connections() {
        for (reason, expected) in [
            ("AuthorizationErrorException", Refusal::Right),
            ("status 403", Refusal::Right),
            ("ExpiredToken", Refusal::Credentials),
            ("SignatureDoesNotMatch", Refusal::Credentials),
            ("PermanentRedirect", Refusal::Region),
            ("no connection: Connection refused (os error 111)", Refusal::Network),
            ("no reply in time", Refusal::Network),
            ("status 500", Refusal::Another),
            ("InternalError", Refusal::Another),
        ] {
            assert_eq!(refusal(reason), expected, "{reason}");
        }
    }
}

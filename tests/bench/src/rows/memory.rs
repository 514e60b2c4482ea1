//! The most memory that a function ever has.

use dispatch_local::town::Options;
use dispatch_simulator::fake::{Fakes, slack::Person};
use serde_json::Value;

use crate::{
    Result,
    lambda::{Environment, Function},
    programs::Programs,
    scale::Scale,
    stage::{broadcast, event, handle, is_done, self_service},
    table::Row,
};

const MIB: f64 = 1024.0;

/// Settings of a deployment. None of what they name is called at the start.
pub(crate) fn deployed() -> Environment {
    let settings = [
        ("DISPATCH_STORE_URL", "s3://dispatch-journals"),
        ("DISPATCH_TOPIC_ARN", "arn:aws:sns:eu-central-1:000000000000:dispatch"),
        ("GITHUB_OWNER", "example-org"),
        ("GITHUB_REPO", "alarms"),
        ("GITHUB_TOKEN", "taken-by-nobody"),
        ("SLACK_BOT_TOKEN", "taken-by-nobody"),
        ("SLACK_SIGNING_SECRET", "signs-nothing"),
        ("SLACK_DEFAULT_CHANNEL", "#security"),
        ("PAGERDUTY_ROUTING_KEY", "0123456789abcdef0123456789abcdef"),
    ];
    settings.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec()
}

/// Settings that lead to these fakes, with a store in memory.
pub(crate) fn to_fakes(fakes: &Fakes) -> Environment {
    let own = fakes.environment().iter().map(|(name, value)| ((*name).to_owned(), value.clone()));
    own.chain([("DISPATCH_STORE_URL".to_owned(), "memory:///".to_owned())]).collect()
}

/// A workspace with so many people more.
pub(crate) fn crowd(people: usize) -> Options {
    let mut options = Options::default();
    options.fakes.slack.people.extend((0..people).map(|n| Person::named(&handle(n))));
    options.fakes.slack.page_max = 200;
    options
}

/// `incoming` from its start through one alarm.
///
/// # Errors
/// When it does not handle it.
pub(crate) async fn rows(programs: &Programs, scale: &Scale) -> Result<Vec<Row>> {
    let crowded = broadcast("The key was rotated", scale.people);
    let alarms = [
        ("one self-service alarm".to_owned(), self_service("It was turned off"), 24.0),
        (format!("a broadcast to {}", scale.people), crowded, 32.0),
    ];
    let mut rows = Vec::new();
    for (name, alarm, bar) in alarms {
        let mib = peak(programs, scale, &alarm).await? / MIB;
        rows.push(Row::held(
            format!("peak memory of `incoming`, {name}"),
            format!("{bar:.0} MiB"),
            format!("{mib:.1} MiB"),
            mib <= bar,
        ));
    }
    Ok(rows)
}

#[expect(clippy::cast_precision_loss, reason = "no process is that large")]
async fn peak(programs: &Programs, scale: &Scale, alarm: &Value) -> Result<f64> {
    let fakes = Fakes::start_with(crowd(scale.people).fakes).await?;
    let mut function = Function::start(&programs.incoming, &to_fakes(&fakes)).await?;
    let (answer, _) = function.invoke(event(std::slice::from_ref(alarm))).await?;
    is_done(&answer)?;
    let peak = function.peak_kib()?;
    function.stop().await?;
    Ok(peak as f64)
}

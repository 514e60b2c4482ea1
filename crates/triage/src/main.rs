//! The `triage` function: clicks in Slack and webhooks of GitHub and PagerDuty, through API Gateway or a function URL.

use dispatch_services::shell;
use dispatch_triage::{Replays, Triage};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let services = shell::start().await?;
    let triage = Triage {
        world: services.world(),
        signing_secret: services.signing_secret,
        github_secret: services.github_secret,
        pagerduty_secret: services.pagerduty_secret,
        replays: Replays::default(),
    };
    let triage = &triage;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        Ok::<_, Error>(triage.handle(event.payload).await)
    }))
    .await
}

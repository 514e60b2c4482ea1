//! The `triage` function: clicks in Slack and webhooks of GitHub and PagerDuty, through API Gateway or a function URL.

use std::time::Duration;

use dispatch_services::shell::Shell;
use dispatch_triage::{Replays, Triage};
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

/// How long secrets may take that are looked up again: Slack waits for three seconds in all.
const RENEWAL: Duration = Duration::from_millis(900);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let shell = Shell::start().await?;
    let replays = Replays::default();
    let (shell, replays) = (&shell, &replays);
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        let answer = handle(shell, replays, event.payload).await;
        shell.report();
        Ok::<_, Error>(answer)
    }))
    .await
}

/// Answers a request; once more when it is signed with a secret that has replaced the one at hand.
async fn handle(shell: &Shell, replays: &Replays, event: Value) -> Value {
    // What could not be done meanwhile was handed on; the next one need not fail, too.
    if shell.was_denied() {
        shell.renew(RENEWAL).await;
    }
    let again = shell.is_renewable().then(|| event.clone());
    let answer = triage(shell, replays).handle(event).await;
    match again {
        Some(event) if is_unsigned(&answer) && shell.renew(RENEWAL).await => triage(shell, replays).handle(event).await,
        _ => answer,
    }
}

fn is_unsigned(answer: &Value) -> bool {
    answer.get("statusCode").is_some_and(|status| status == 401)
}

fn triage(shell: &Shell, replays: &Replays) -> Triage {
    let services = shell.services();
    Triage {
        world: shell.world(),
        signing_secret: services.signing_secret,
        github_secret: services.github_secret,
        pagerduty_secret: services.pagerduty_secret,
        replays: replays.clone(),
    }
}

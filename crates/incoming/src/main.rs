//! The `incoming` function: messages from the queues, and ticks of the clock.

use std::time::{Duration, SystemTime};

use dispatch_services::shell::Shell;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;
use tokio::time::Instant;

/// What is kept back of an invocation's time to write the journal and to answer.
const RESERVE: Duration = Duration::from_secs(3);

/// How long secrets may take that are looked up again.
const RENEWAL: Duration = Duration::from_secs(5);

/// Less time than this is too little to try again with new secrets.
const WORTHWHILE: Duration = Duration::from_secs(10);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let shell = Shell::start().await?;
    let shell = &shell;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        let left = event.context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
        let answer = handle(shell, event.payload, left.saturating_sub(RESERVE)).await;
        shell.report();
        answer
    }))
    .await
}

/// Handles an event; once more when a secret was replaced meanwhile. What was done the first time is not done again.
async fn handle(shell: &Shell, event: Value, time: Duration) -> Result<Value, Error> {
    let end = Instant::now() + time;
    let again = shell.is_renewable().then(|| event.clone());
    let answer = dispatch_incoming::handle(&shell.world(), event, time).await;
    let left = || end.saturating_duration_since(Instant::now());
    if let Some(event) = again
        && shell.was_denied()
        && left() > WORTHWHILE + RENEWAL
        && shell.renew(RENEWAL).await
    {
        return Ok(dispatch_incoming::handle(&shell.world(), event, left()).await?);
    }
    Ok(answer?)
}

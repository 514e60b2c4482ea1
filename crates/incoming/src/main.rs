//! The `incoming` function: messages from the queues.

use std::time::{Duration, SystemTime};

use dispatch_services::shell;
use lambda_runtime::{Error, LambdaEvent, service_fn};
use serde_json::Value;

/// What is kept back of an invocation's time to write the journal and to answer.
const RESERVE: Duration = Duration::from_secs(3);

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Error> {
    let services = shell::start().await?;
    let world = services.world();
    let world = &world;
    lambda_runtime::run(service_fn(async |event: LambdaEvent<Value>| {
        let left = event.context.deadline().duration_since(SystemTime::now()).unwrap_or_default();
        dispatch_incoming::handle(world, event.payload, left.saturating_sub(RESERVE)).await.map_err(Error::from)
    }))
    .await
}

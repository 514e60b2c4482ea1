//! The first alarm of a process whose settings are encrypted.

use std::{sync::atomic::Ordering, time::Duration};

use base64::{Engine, engine::general_purpose::STANDARD};
use dispatch_simulator::fake::Fakes;
use jiff::Timestamp;

use crate::{
    Result,
    lambda::{Environment, Function},
    programs::Programs,
    rows::memory::to_fakes,
    scale::{Scale, median},
    stage::{Server, door, event, is_done, kms, operations, self_service, slow},
    table::Row,
};

/// In a row, from the start of the process to the end of the run.
const TRIPS_MAX: f64 = 6.0;
/// A trip that is there is there whole; what is less is noise.
const NOISE: f64 = 0.25;
/// What a deployment keeps secret.
const SECRETS: [&str; 7] = [
    "GITHUB_TOKEN",
    "GITHUB_WEBHOOK_SECRET",
    "PAGERDUTY_API_KEY",
    "PAGERDUTY_ROUTING_KEY",
    "PAGERDUTY_WEBHOOK_SECRET",
    "SLACK_BOT_TOKEN",
    "SLACK_SIGNING_SECRET",
];
const ADDRESSES: [&str; 4] = ["GITHUB_API_URL", "SLACK_API_URL", "PAGERDUTY_API_URL", "PAGERDUTY_EVENTS_URL"];

/// One cold start, in milliseconds from the start of the process.
struct Cold {
    asked: f64,
    ended: f64,
    calls: usize,
    abreast: usize,
    operations: String,
}

/// How many times a vendor is waited for in a row: how much later everything is when every call, and every new
/// connection, takes so much longer. That leaves out what Dispatch itself takes.
///
/// # Errors
/// When the alarm is not handled.
pub(crate) async fn rows(programs: &Programs, scale: &Scale) -> Result<Vec<Row>> {
    let [short, long] = [scale.waits[0], scale.waits[1] * 2];
    let (mut shorter, mut longer) = (Vec::new(), Vec::new());
    for _ in 0..scale.times {
        shorter.push(cold(programs, short).await?);
        longer.push(cold(programs, long).await?);
    }
    let more = (long - short).as_secs_f64() * 1e3;
    let middle = |colds: &[Cold], of: fn(&Cold) -> f64| median(colds.iter().map(of).collect());
    let trips = |of: fn(&Cold) -> f64| (middle(&longer, of) - middle(&shorter, of)) / more;
    let (asked, ended) = (trips(|cold| cold.asked), trips(|cold| cold.ended));
    let first = shorter.first().ok_or("nothing was measured")?;
    let told = format!(
        "{ended:.1} in a row ({:.0} ms at {} ms a trip); the question arrives after {asked:.1}; {} KMS calls, {} side \
         by side; called: {}",
        middle(&shorter, |cold| cold.ended),
        short.as_millis(),
        first.calls,
        first.abreast,
        first.operations,
    );
    let holds = ended <= TRIPS_MAX + NOISE && first.abreast == first.calls;
    let what = "first alarm after a cold start, settings encrypted: round trips, one for each call and one for each \
                new connection's TCP and TLS";
    Ok(vec![Row::held(what, "KMS side by side; 6 in a row", told, holds)])
}

async fn cold(programs: &Programs, wait: Duration) -> Result<Cold> {
    let fakes = Fakes::start().await?;
    slow(&fakes, wait);
    let (kms, seen) = kms(wait).await?;
    let (environment, _doors) = behind_doors(&fakes, &kms, wait).await?;
    let began = Timestamp::now();
    let mut function = Function::start(&programs.incoming, &environment).await?;
    let (answer, ended) = function.invoke(event(&[self_service("It was turned off")])).await?;
    function.stop().await?;
    is_done(&answer)?;
    let requests = fakes.requests();
    let asked = requests.iter().find(|request| request.operation == "chat.postMessage");
    let asked = asked.ok_or("nobody was asked")?.at.duration_since(began);
    Ok(Cold {
        asked: asked.as_secs_f64() * 1e3,
        ended: ended.as_secs_f64() * 1e3,
        calls: seen.calls.load(Ordering::Relaxed),
        abreast: seen.abreast.load(Ordering::Relaxed),
        operations: operations(&requests, 0),
    })
}

/// The settings that lead to the fakes with every secret encrypted, and every address behind a door.
async fn behind_doors(fakes: &Fakes, kms: &Server, wait: Duration) -> Result<(Environment, Vec<Server>)> {
    let (mut environment, mut doors) = (to_fakes(fakes), Vec::new());
    for (name, value) in &mut environment {
        if SECRETS.contains(&name.as_str()) {
            *value = format!("secure:{}", STANDARD.encode(&*value));
        }
        if ADDRESSES.contains(&name.as_str()) {
            let rest = value.trim_start_matches("http://");
            let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
            let door = door(host, wait).await?;
            *value = if path.is_empty() { door.url.clone() } else { format!("{}/{path}", door.url) };
            doors.push(door);
        }
    }
    let door = door(&kms.url, wait).await?;
    environment.push(("AWS_ENDPOINT_URL_KMS".to_owned(), door.url.clone()));
    doors.push(door);
    Ok((environment, doors))
}

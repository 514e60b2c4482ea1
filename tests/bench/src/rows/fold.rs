//! A storm: reading messages, working out their keys, folding those of one alarm. Nothing is done about them.

use std::{collections::BTreeMap, fs};

use dispatch_core::{
    alarm::Signal,
    source::{Letter, accept},
};
use dispatch_incoming::letters;
use dispatch_tests::input::world::defaults;
use serde_json::Value;

use crate::{
    Result,
    scale::{Scale, median},
    stage::{event, requested},
    table::Row,
};

const KEYS: usize = 50;
const RATE_MIN: f64 = 100_000.0;

/// One batch, on the thread that calls this. It makes the calls that `incoming` makes of each letter before it acts.
///
/// # Errors
/// When the messages are not those of so many alarms.
#[expect(clippy::cast_precision_loss, reason = "a batch is not that large")]
pub(crate) fn rows(scale: &Scale) -> Result<Vec<Row>> {
    let messages = (0..scale.messages).map(|n| requested(&format!("Alarm {}", n % KEYS), &format!("request {n}")));
    let event = event(&messages.collect::<Vec<_>>()).to_string();
    let (mut parsing, mut folding) = (Vec::new(), Vec::new());
    for _ in 0..scale.times {
        let began = cpu()?;
        let value: Value = serde_json::from_str(&event)?;
        let parsed = cpu()?;
        let lives = fold(value)?;
        parsing.push(parsed - began);
        folding.push(cpu()? - parsed);
        if (lives.len(), lives.values().sum::<usize>()) != (KEYS, scale.messages) {
            return Err(format!("{} alarms of {} messages", lives.len(), scale.messages).into());
        }
    }
    let rate = |seconds: f64| scale.messages as f64 / seconds;
    let (fold, parse) = (median(folding), median(parsing));
    let told = format!(
        "{:.0} messages a second ({:.1} µs each; {:.0} a second with the event's own JSON)",
        rate(fold),
        1e6 * fold / scale.messages as f64,
        rate(fold + parse),
    );
    let what = format!("folding {} messages of {KEYS} keys (parse, key, fold), one core, no I/O", scale.messages);
    Ok(vec![Row::held(what, "100,000 messages a second", told, rate(fold) >= RATE_MIN)])
}

/// Seconds that this thread has had on a processor: whatever else the machine does is not among them.
fn cpu() -> Result<f64> {
    let told = fs::read_to_string("/proc/thread-self/schedstat")?;
    Ok(told.split(' ').next().unwrap_or_default().parse::<f64>()? / 1e9)
}

fn fold(event: Value) -> Result<BTreeMap<String, usize>> {
    let defaults = defaults();
    let mut lives = BTreeMap::new();
    for letter in letters(event)? {
        let letter = Letter { id: &letter.id, subject: letter.subject.as_deref(), text: &letter.text };
        if let Signal::Alarm(alarm) = accept(&letter, &defaults).signal {
            *lives.entry(alarm.key().to_string()).or_default() += 1;
        }
    }
    Ok(lives)
}

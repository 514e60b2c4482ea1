//! What an alarm costs a processor, counted and not timed: the same on a busy machine.

use std::{env, process::Command};

use dispatch_tests::input::world::Memory;

use crate::{
    Result,
    scale::Scale,
    stage::{handled, self_service},
    table::Row,
};

/// The option of this program that [`play`]s.
pub(crate) const OPTION: &str = "--alarms";

/// By how many instructions a process with so many alarms more runs longer. Everything outside is memory, so that no
/// network stack is among them.
///
/// # Errors
/// When Valgrind fails.
#[expect(clippy::cast_precision_loss, reason = "for people to read")]
pub(crate) fn rows(scale: &Scale) -> Result<Vec<Row>> {
    let what = "instructions of one warm self-service alarm, everything outside in memory";
    if Command::new("valgrind").arg("--version").output().is_err() {
        return Ok(vec![Row::told(what, "Valgrind is not installed")]);
    }
    let (few, many) = (count(scale.counted)?, count(2 * scale.counted)?);
    let each = many.saturating_sub(few) as f64 / scale.counted as f64;
    Ok(vec![Row::told(what, format!("{:.2} million", each / 1e6))])
}

/// Handles so many alarms, one after the other.
///
/// # Errors
/// When one is not handled.
pub(crate) async fn play(alarms: usize) -> Result<()> {
    let world = Memory::up().world();
    for n in 0..alarms {
        handled(&world, &[self_service(&format!("Number {n}"))]).await?;
    }
    Ok(())
}

fn count(alarms: usize) -> Result<u64> {
    let run = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .arg(env::current_exe()?)
        .args([OPTION, &alarms.to_string()])
        .output()?;
    let told = String::from_utf8_lossy(&run.stderr);
    let line = told.lines().find_map(|line| line.split_once("Collected : ")).filter(|_| run.status.success());
    let (_, count) = line.ok_or_else(|| format!("valgrind: {told}"))?;
    Ok(count.trim().parse()?)
}

//! From being started to asking for work, against a function that does nothing.

use std::path::Path;

use crate::{
    Result,
    lambda::{Environment, Function},
    programs::Programs,
    rows::memory::deployed,
    scale::{Scale, median},
    table::Row,
};

const WALL_MAX: f64 = 1.5;
const CPU_MAX: f64 = 2.0;

/// Milliseconds of one start.
struct Start {
    wall: f64,
    cpu: f64,
}

/// Both functions, in turn with the empty one, so that whatever else the machine does meets both.
///
/// # Errors
/// When one does not start.
pub(crate) async fn rows(programs: &Programs, scale: &Scale) -> Result<Vec<Row>> {
    let environment = deployed();
    let mut rows = Vec::new();
    for (name, program) in [("incoming", &programs.incoming), ("triage", &programs.triage)] {
        let (mut own, mut empty) = (Vec::new(), Vec::new());
        for _ in 0..scale.starts {
            own.push(start(program, &environment).await?);
            empty.push(start(&programs.empty, &environment).await?);
        }
        let ratio =
            |of: fn(&Start) -> f64| median(own.iter().zip(&empty).map(|(own, empty)| of(own) / of(empty)).collect());
        let ms = |starts: &[Start], of: fn(&Start) -> f64| median(starts.iter().map(of).collect());
        let (wall, cpu) = (ratio(|start| start.wall), ratio(|start| start.cpu));
        let told = format!(
            "{wall:.2} times, CPU {cpu:.2} times ({:.1} and {:.1} ms; empty {:.1} and {:.1} ms; {} pairs)",
            ms(&own, |start| start.wall),
            ms(&own, |start| start.cpu),
            ms(&empty, |start| start.wall),
            ms(&empty, |start| start.cpu),
            scale.starts,
        );
        rows.push(Row::held(
            format!("start of `{name}`, spawn to first request for work, against an empty function"),
            "1.5 times; user and system CPU 2 times",
            told,
            wall <= WALL_MAX && cpu <= CPU_MAX,
        ));
    }
    Ok(rows)
}

async fn start(program: &Path, environment: &Environment) -> Result<Start> {
    let mut function = Function::start(program, environment).await?;
    let wall = function.started().await?.as_secs_f64() * 1e3;
    let cpu = function.cpu().await?.as_secs_f64() * 1e3;
    function.stop().await?;
    Ok(Start { wall, cpu })
}

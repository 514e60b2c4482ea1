//! `bench`: measures what people feel and pay, and prints it as a table.
//!
//! Every figure is a count, or a ratio of what was measured in the same run, so that it means the same on another
//! machine. Where a time is shown, it is there to be read and not to be compared. The functions are the processes that
//! are deployed; the vendors are the stand-ins of `dispatch-simulator`, over HTTP on loopback, without TLS.
//!
//! Deliberately absent: judging. A bar that does not hold is in the table, and no test fails.

mod lambda;
mod machine;
mod programs;
mod rows;
mod scale;
mod stage;
mod table;

use std::{path::PathBuf, process::ExitCode};

use clap::Parser;
use tokio::runtime::Builder;

use crate::{
    programs::Programs,
    rows::{broadcast, click, cold, fold, github, instructions, limits, memory, page, repeat, size, start, warm},
    scale::Scale,
    table::{Row, Table},
};

/// What may go wrong here is for people to read.
type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// Measures Dispatch, and prints a table of it.
#[derive(Debug, Parser)]
struct Options {
    /// Measure everything once, with small numbers: to see that it can be measured.
    #[arg(long)]
    short: bool,
    /// What `sam build` left; without it, both functions are built here.
    #[arg(long)]
    build: Option<PathBuf>,
    /// Measure these alone, such as `start` or `warm`.
    #[arg(long, value_delimiter = ',')]
    only: Vec<String>,
    /// The file in which the table takes the place of the one that stands there, such as `infra/BENCHMARKS.md`.
    #[arg(long)]
    out: Option<PathBuf>,
    /// Handle so many alarms and say nothing.
    #[arg(long, hide = true)]
    alarms: Option<usize>,
}

fn main() -> ExitCode {
    match run(&Options::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &Options) -> Result<()> {
    if let Some(alarms) = options.alarms {
        return Builder::new_current_thread().enable_all().build()?.block_on(instructions::play(alarms));
    }
    let scale = if options.short { Scale::SHORT } else { Scale::FULL };
    let wanted = |name: &&str| options.only.is_empty() || options.only.iter().any(|only| only == name);
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
    let mut rows = Vec::new();
    let processes: Vec<&str> = PROCESSES.into_iter().filter(wanted).collect();
    if !processes.is_empty() {
        let programs = Programs::find(options.build.as_deref())?;
        for name in processes {
            rows.extend(named(name, || runtime.block_on(of_process(name, &programs, &scale)))?);
        }
    }
    for name in INSIDE.into_iter().filter(wanted) {
        rows.extend(named(name, || runtime.block_on(inside(name, &scale)))?);
    }
    for name in COUNTED.into_iter().filter(wanted) {
        rows.extend(named(name, || if name == "fold" { fold::rows(&scale) } else { instructions::rows(&scale) })?);
    }
    let table = Table { place: machine::describe(), rows };
    println!("{table}");
    options.out.as_ref().map_or(Ok(()), |file| table.write(file))
}

/// What is measured of the functions' processes.
const PROCESSES: [&str; 4] = ["start", "cold", "memory", "size"];

async fn of_process(name: &str, programs: &Programs, scale: &Scale) -> Result<Vec<Row>> {
    match name {
        "start" => start::rows(programs, scale).await,
        "cold" => cold::rows(programs, scale).await,
        "memory" => memory::rows(programs, scale).await,
        _ => size::rows(programs),
    }
}

/// What is measured of both functions in this process, over HTTP.
const INSIDE: [&str; 7] = ["warm", "github", "repeat", "page", "click", "broadcast", "limits"];

async fn inside(name: &str, scale: &Scale) -> Result<Vec<Row>> {
    match name {
        "warm" => warm::rows(scale).await,
        "github" => github::rows(scale).await,
        "repeat" => repeat::rows().await,
        "page" => page::rows().await,
        "click" => click::rows(scale).await,
        "broadcast" => broadcast::rows(scale).await,
        _ => limits::rows(scale).await,
    }
}

/// What is measured without anything outside.
const COUNTED: [&str; 2] = ["fold", "instructions"];

fn named(name: &str, measure: impl FnOnce() -> Result<Vec<Row>>) -> Result<Vec<Row>> {
    eprintln!("{name} ...");
    measure().map_err(|error| format!("{name}: {error}").into())
}

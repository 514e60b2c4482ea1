//! `simulate`: plays any number of seeds, or one with its timeline.

use std::{process::ExitCode, time::Instant};

use clap::Parser;
use dispatch_simulation::{simulate, simulate_many};

/// Plays seeded stories of Dispatch's engine in a world where everything fails.
#[derive(Debug, Parser)]
struct Options {
    /// How many seeds to play.
    #[arg(long, default_value_t = 10_000)]
    seeds: u64,
    /// The first of them.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Stop when this many have failed.
    #[arg(long, default_value_t = 5)]
    failures: usize,
    /// Play this seed alone.
    #[arg(long)]
    seed: Option<u64>,
    /// Print the timeline of a seed that is played alone.
    #[arg(long, requires = "seed")]
    trace: bool,
}

fn main() -> ExitCode {
    let options = Options::parse();
    let failed = match options.seed {
        Some(seed) => {
            let outcome = simulate(seed, options.trace);
            print!("{}", outcome.trace);
            for violation in &outcome.violations {
                println!("VIOLATED {violation}");
            }
            println!("{:?}", outcome.counts);
            !outcome.violations.is_empty()
        }
        None => {
            let start = Instant::now();
            let total = simulate_many(options.from, options.seeds, options.failures);
            for failure in &total.failures {
                println!("{}\n", failure.complaint());
            }
            let took = start.elapsed().as_secs_f64();
            println!("{total}  {:.0} seeds a second", total.seeds as f64 / took);
            !total.failures.is_empty()
        }
    };
    if failed { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

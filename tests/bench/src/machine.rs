//! Where something was measured.

use std::{fs, process::Command, thread};

/// Processor, cores, system, compiler and commit, as sentences.
pub(crate) fn describe() -> String {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let cpu = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let cpu = cpu.map_or("an unknown processor", |(_, name)| name.trim());
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let commit = told("git", &["describe", "--always", "--dirty", "--abbrev=12"]);
    format!(
        "Commit {}, {cores} cores of {cpu}, {}, {}, {}. Harness built {}.",
        commit.unwrap_or_else(|| "unknown".to_owned()),
        told("uname", &["-sr"]).unwrap_or_default(),
        told("rustc", &["--version"]).unwrap_or_default(),
        jiff::Timestamp::now().strftime("%Y-%m-%d"),
        if cfg!(debug_assertions) { "without optimisation: its figures mean nothing" } else { "in release" },
    )
}

fn told(program: &str, arguments: &[&str]) -> Option<String> {
    let output = Command::new(program).args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}

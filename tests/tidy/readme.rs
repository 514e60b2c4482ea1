//! What the first page says is so.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::Command;

use dispatch_services::slack::{SCOPES, Scope};

use crate::tree::read;

#[test]
fn the_picture_of_the_life_is_the_one_in_the_code() {
    let picture = dispatch_core::life::PICTURE.trim_end();
    assert!(read("README.md").contains(picture), "README.md does not show what `dispatch life` prints");
}

#[test]
fn the_table_of_settings_is_complete() {
    let told = names_in_table(&read("README.md"), "Settings");
    assert!(!told.is_empty(), "README.md has no table below a heading \"Settings\"");
    let declared = dispatch_services::all_settings();
    let declared: BTreeSet<String> = declared.into_iter().flatten().map(|setting| setting.name.to_owned()).collect();
    let untold: Vec<&String> = declared.difference(&told).collect();
    assert!(untold.is_empty(), "README.md does not tell of {untold:?}");
    // The variables of the AWS SDK are its own; README may name them beside Dispatch's.
    // So may the forms of a value, which no variable is called like.
    let is_name =
        |name: &str| name.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_');
    let told = told.iter().filter(|name| is_name(name) && !name.starts_with("AWS_"));
    let unknown: Vec<&String> = told.filter(|name| !declared.contains(*name)).collect();
    assert!(unknown.is_empty(), "nothing reads {unknown:?}");
}

#[test]
fn the_table_of_slacks_scopes_is_the_one_in_the_code() {
    let row = |scope: &Scope| format!("| `{}` | {} | {} |", scope.name, scope.need.word(), scope.what);
    let rows: Vec<String> = SCOPES.iter().map(row).collect();
    let readme = read("README.md");
    let shown: Vec<&str> =
        below(&readme, "Try it with your own Slack").filter(|line| line.starts_with("| `")).collect();
    assert_eq!(shown, rows, "README.md and crates/services/src/slack/scopes.rs do not say the same");
}

#[test]
fn the_figures_are_those_of_the_benchmarks() {
    let (readme, measured) = (read("README.md"), read("infra/BENCHMARKS.md"));
    let rows: Vec<&str> = below(&readme, "Performance").filter(|line| line.starts_with("| ")).skip(2).collect();
    assert!(!rows.is_empty(), "README.md has no table below a heading \"Performance\"");
    for row in rows {
        let cells: Vec<&str> = row.trim_matches('|').split('|').map(str::trim).collect();
        let [what, figure] = cells.as_slice() else { panic!("not what and measured: {row}") };
        let is_row = |line: &str| line.starts_with(&format!("| {what} |")) && line.contains(figure);
        assert!(measured.lines().any(is_row), "infra/BENCHMARKS.md has no row of {what:?} with {figure:?}");
    }
}

/// The names in backticks in the first column of the tables below this heading.
fn names_in_table(text: &str, heading: &str) -> BTreeSet<String> {
    let rows = below(text, heading).filter(|line| line.starts_with('|'));
    let cells = rows.filter_map(|row| row.split('|').nth(1));
    cells.flat_map(|cell| cell.split('`').skip(1).step_by(2)).map(str::to_owned).collect()
}

/// The lines below this heading, up to the next one.
fn below<'t>(text: &'t str, heading: &'t str) -> impl Iterator<Item = &'t str> {
    let below = text.lines().skip_while(move |line| !(line.starts_with('#') && line.ends_with(heading))).skip(1);
    below.take_while(|line| !line.starts_with('#'))
}

#[test]
fn names_are_found_in_tables() {
    let text =
        "| `NO` |\n## Settings\n\n| variable | meaning |\n|---|---|\n| `A` `B` | see `C` |\n| `D` | |\n# Next\n| `E` |";
    assert_eq!(names_in_table(text, "Settings"), ["A", "B", "D"].map(str::to_owned).into());
}

#[test]
fn every_command_shown_exists() {
    let Some(known) = commands() else {
        println!("target/debug/dispatch was not built yet, so the commands shown in README.md are not looked at");
        return;
    };
    for command in shown(&read("README.md")) {
        assert!(known.contains(&command), "README.md shows `dispatch {command}`, which does not exist: {known:?}");
    }
}

/// The commands that `dispatch --help` lists, if it is there.
fn commands() -> Option<BTreeSet<String>> {
    let tests: PathBuf = std::env::current_exe().unwrap();
    let binary = tests.parent()?.parent()?.join("dispatch");
    let help = Command::new(binary).arg("--help").output().ok()?;
    let help = String::from_utf8(help.stdout).unwrap();
    let list =
        help.lines().skip_while(|line| !line.starts_with("Commands:")).skip(1).take_while(|line| !line.is_empty());
    Some(list.filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect())
}

/// The subcommands of `dispatch` in fences marked `console`, also behind `cargo run --`.
fn shown(text: &str) -> Vec<String> {
    let fences = text.split("```console\n").skip(1).filter_map(|rest| rest.split("```").next());
    let lines = fences.flat_map(str::lines).filter_map(|line| line.strip_prefix("$ "));
    let words = lines.filter_map(|line| line.strip_prefix("dispatch ").or(line.strip_prefix("cargo run -- ")));
    words.filter_map(|words| words.split(' ').next()).filter(|word| !word.starts_with('-')).map(str::to_owned).collect()
}

#[test]
fn commands_are_found_in_fences() {
    let text = "```console\n$ cargo run\nDispatch\n$ dispatch check a.json\n$ cargo run -- life\n$ dispatch --help\n```\n```sh\n$ dispatch no\n```";
    assert_eq!(shown(text), ["check", "life"]);
}

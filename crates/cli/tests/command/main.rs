//! The `dispatch` command as people and scripts meet it: the built binary, its texts and its exit codes.

#![expect(
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a command that does not do as told has failed its test"
)]

mod check;
mod completions;
mod doctor;
mod encrypt;
mod http;
mod local;
mod plan;
mod redrive;
mod run;
mod send;
mod slack_manifest;
mod status;
mod tail;

use crate::run::dispatch;

#[test]
fn life_and_schema_are_printed_whole() {
    let life = dispatch(&["life"], "");
    assert_eq!((life.code, life.out.as_str()), (0, dispatch_core::life::PICTURE));
    let schema = dispatch(&["schema"], "");
    let schema: serde_json::Value = serde_json::from_str(&schema.out).unwrap();
    assert_eq!(schema, dispatch_core::source::dispatch::schema());
}

#[test]
fn every_command_has_help() {
    let commands = ["local", "send", "check", "plan", "life", "status", "tail", "redrive"];
    let others = ["doctor", "slack-manifest", "encrypt", "schema", "completions"];
    for command in commands.into_iter().chain(others) {
        let help = dispatch(&[command, "--help"], "");
        assert_eq!(help.code, 0, "{command}");
        assert!(help.out.contains(&format!("Usage: dispatch {command}")), "{}", help.out);
    }
    assert_eq!(dispatch(&["no-such-command"], "").code, 2);
}

#[test]
fn nothing_is_coloured_that_is_no_terminal() {
    for args in [&["check", "-"][..], &["plan", "-"], &["--help"], &["check"]] {
        let done = dispatch(args, "{\"type\": \"nag\"}");
        assert!(!done.out.contains('\u{1b}') && !done.err.contains('\u{1b}'), "{done:?}");
    }
}

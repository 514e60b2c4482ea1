//! `dispatch completions`.

use std::process::Command;

use tempfile::TempDir;

use crate::run::{dispatch, finish};

#[test]
fn every_shell_gets_a_script() {
    for shell in ["bash", "elvish", "fish", "powershell", "zsh"] {
        let done = dispatch(&["completions", shell], "");
        assert_eq!(done.code, 0, "{shell}");
        assert!(done.out.contains("completions") && done.out.contains("endpoint-url"), "{shell}");
    }
}

#[test]
fn bash_completes_commands_and_types() {
    let folder = TempDir::new().unwrap();
    if Command::new("bash").arg("--version").output().is_err() {
        println!("there is no bash here, so its completions are not tried");
        return;
    }
    let completed = |words: &[&str]| {
        let script = dispatch(&["completions", "bash"], "").out;
        let (last, before) = (words[words.len() - 1], words[words.len() - 2]);
        let ask = format!(
            "COMP_WORDS=({} '{last}'); COMP_CWORD={}; _dispatch dispatch '{last}' '{before}'; echo \"${{COMPREPLY[*]}}\"",
            words[..words.len() - 1].join(" "),
            words.len() - 1
        );
        let mut bash = Command::new("bash");
        bash.args(["--norc", "--noprofile", "-s"]).current_dir(folder.path());
        finish(&mut bash, format!("{script}\n{ask}\n").as_bytes()).out
    };
    assert_eq!(completed(&["dispatch", "ch"]), "check\n");
    assert_eq!(completed(&["dispatch", "local", "--d"]), "--demo\n");
    assert_eq!(
        completed(&["dispatch", "send", "--example", ""]),
        "self-service broadcast high-priority low-priority nag\n"
    );
}

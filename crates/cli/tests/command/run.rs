//! Runs the built binary, with nothing of this machine's settings.

use std::{
    env,
    io::{Read, Write},
    path::Path,
    process::{Command, Stdio},
    sync::mpsc::{self, Receiver},
    thread,
};

use tempfile::TempDir;

use crate::http::PATIENCE;

/// How a command ended, and what it said.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) code: i32,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// The command, to be run in `folder`.
pub(crate) fn command(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dispatch"));
    command.args(args).current_dir(folder).env_clear().env("HOME", folder);
    // Where there is no AWS nobody should look for one.
    command.env("AWS_EC2_METADATA_DISABLED", "true");
    if let Some(path) = env::var_os("PATH") {
        command.env("PATH", path);
    }
    command
}

/// Runs to the end in an empty folder, with `input` on standard input.
pub(crate) fn dispatch(args: &[&str], input: &str) -> Done {
    dispatch_in(TempDir::new().unwrap().path(), args, input.as_bytes())
}

/// As [`dispatch`], in `folder`.
pub(crate) fn dispatch_in(folder: &Path, args: &[&str], input: &[u8]) -> Done {
    finish(&mut command(folder, args), input)
}

/// Runs `command` to its end, which must be within [`PATIENCE`].
pub(crate) fn finish(command: &mut Command, input: &[u8]) -> Done {
    let pipes = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = pipes.spawn().unwrap();
    let out = read_all(child.stdout.take().unwrap());
    let err = read_all(child.stderr.take().unwrap());
    // A command that reads no input may be gone by now.
    let _ = child.stdin.take().unwrap().write_all(input);
    let ended = (out.recv_timeout(PATIENCE), err.recv_timeout(PATIENCE));
    let (Ok(out), Ok(err)) = ended else {
        child.kill().unwrap();
        panic!("{command:?} does not end: {ended:?}");
    };
    Done { code: child.wait().unwrap().code().unwrap_or(-1), out, err }
}

/// Reads a pipe to its end, which can be waited for with a limit.
pub(crate) fn read_all(mut pipe: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || {
        let mut text = String::new();
        pipe.read_to_string(&mut text).unwrap();
        // Whoever waited may have given up.
        let _ = sender.send(text);
    });
    receiver
}

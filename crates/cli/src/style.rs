//! Colours, on a terminal only.

use std::io::{self, ErrorKind, IsTerminal, Write};

/// Whether colours are wanted: a terminal, and nobody asked for none (<https://no-color.org>).
fn coloured() -> bool {
    io::stdout().is_terminal()
        && io::stderr().is_terminal()
        && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

fn paint(code: &str, text: &str) -> String {
    if coloured() { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
}

/// Text that says something is wrong.
pub(crate) fn bad(text: &str) -> String {
    paint("1;31", text)
}

/// Text that says something is right.
pub(crate) fn good(text: &str) -> String {
    paint("32", text)
}

/// A heading.
pub(crate) fn strong(text: &str) -> String {
    paint("1", text)
}

/// Text that can be skipped.
pub(crate) fn faint(text: &str) -> String {
    paint("2", text)
}

/// Writes to standard output. A reader that has gone away is no error.
pub(crate) fn stdout(text: &str) -> io::Result<()> {
    write(&mut io::stdout(), text)
}

/// Writes to standard error.
pub(crate) fn stderr(text: &str) -> io::Result<()> {
    write(&mut io::stderr(), text)
}

fn write(to: &mut impl Write, text: &str) -> io::Result<()> {
    match to.write_all(text.as_bytes()).and_then(|()| to.flush()) {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(()),
        done => done,
    }
}

//! Colours, on a terminal only.

use std::{
    env,
    io::{self, ErrorKind, IsTerminal, Write},
};

/// Whether colours are wanted on a stream: it is a terminal that has them, and nobody asked for none
/// (<https://no-color.org>).
pub(crate) fn coloured(stream: &impl IsTerminal) -> bool {
    let none_wanted = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = env::var_os("TERM").is_some_and(|value| value == "dumb");
    stream.is_terminal() && !none_wanted && !dumb
}

/// Texts are not told which stream they are for, so both must take colours.
fn paint(code: &str, text: &str) -> String {
    let coloured = coloured(&io::stdout()) && coloured(&io::stderr());
    if coloured { format!("\u{1b}[{code}m{text}\u{1b}[0m") } else { text.to_owned() }
}

/// Text that says something is wrong.
pub(crate) fn bad(text: &str) -> String {
    paint("1;31", text)
}

/// Text that says something is odd.
pub(crate) fn odd(text: &str) -> String {
    paint("33", text)
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
    is_read(text).map(drop)
}

/// Writes to standard output; whether anybody reads on.
pub(crate) fn is_read(text: &str) -> io::Result<bool> {
    write(&mut io::stdout(), text)
}

/// Writes to standard error.
pub(crate) fn stderr(text: &str) -> io::Result<()> {
    write(&mut io::stderr(), text).map(drop)
}

fn write(to: &mut impl Write, text: &str) -> io::Result<bool> {
    match to.write_all(text.as_bytes()).and_then(|()| to.flush()) {
        Ok(()) => Ok(true),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(false),
        Err(error) => Err(error),
    }
}

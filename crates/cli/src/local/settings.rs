//! The settings of real services: the environment, and below it a file `.env`.

use std::{collections::BTreeMap, env, fs, io::ErrorKind, path::Path};

use crate::{Failure, messages::Places};

/// The environment's variables, and those of `file` that it does not set.
pub(crate) fn read(file: &Path) -> Result<BTreeMap<String, String>, Failure> {
    let name = file.display().to_string();
    let mut settings = match fs::read_to_string(file) {
        Ok(text) => parse(&name, &text)?,
        Err(error) if error.kind() == ErrorKind::NotFound => BTreeMap::new(),
        Err(error) => return Err(Failure::File { file: name, error }),
    };
    let inherited =
        env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)));
    settings.extend(inherited);
    Ok(settings)
}

/// Reads lines such as `NAME=value`, as shells and Docker do. An error holds no value: it may be a secret.
fn parse(file: &str, text: &str) -> Result<BTreeMap<String, String>, Failure> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let lines = dotenvy::Iter::new(text.as_bytes());
    let read: Result<BTreeMap<String, String>, _> = lines.collect();
    let mut settings = read.map_err(|error| {
        let at = match &error {
            dotenvy::Error::LineParse(line, _) => text.find(line.trim_end()),
            _ => None,
        };
        let place = at.map_or_else(String::new, |at| format!(":{}", Places::of(text).find(at).line));
        Failure::Other(format!("{file}{place}: found a line that cannot be read, expected NAME=value"))
    })?;
    for (name, value) in settings.iter_mut().filter(|(_, value)| value.is_empty()) {
        *value = hashed(name, text).unwrap_or_default();
    }
    Ok(settings)
}

/// The value of `NAME=#value`. Shells read it so, and channels are written so; the parser takes it for a comment.
fn hashed(name: &str, text: &str) -> Option<String> {
    let mut values = text.lines().filter_map(|line| {
        let line = line.trim_start();
        let value = line.strip_prefix("export ").unwrap_or(line).trim_start().strip_prefix(name)?.strip_prefix('=')?;
        value.starts_with('#').then(|| value.split_whitespace().next()).flatten()
    });
    values.next_back().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_lines_are_read() {
        let text =
            "\u{FEFF}# comment\r\nA=1\r\n\r\nexport B='two words' # more\nC=\"a\\nb\"\nD=\nE=#name # more\nF= # more\n";
        let expected = [("A", "1"), ("B", "two words"), ("C", "a\nb"), ("D", ""), ("E", "#name"), ("F", "")];
        let expected = expected.map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(parse(".env", text).unwrap(), BTreeMap::from(expected));
    }

    #[test]
    fn a_line_that_cannot_be_read_is_named_without_its_value() {
        for (text, line) in [("A=1\nxoxb-secret\n", 2), ("A=1\n\nB=\"secret\nC=2\n", 3), ("A=two secret\n", 1)] {
            let told = parse(".env", text).unwrap_err().to_string();
            assert_eq!(told, format!(".env:{line}: found a line that cannot be read, expected NAME=value"));
        }
    }

    #[test]
    fn no_file_is_no_error() {
        let folder = std::env::temp_dir();
        assert!(read(&folder.join("dispatch-has-no-such-file.env")).is_ok());
        assert!(read(&folder).is_err());
    }
}

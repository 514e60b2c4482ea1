//! The files: what may stand at the top, and what no file says.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

const TOP: &[&str] = &[
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE",
    "MESSAGE-SPEC.md",
    "README.md",
    "crates",
    "infra",
    "template.yaml",
    "tests",
];

/// The folders in which people and machines keep their own files.
const OWN_FOLDERS: &[&str] = &["home", "root", "Users", "work"];

/// The top of the repository.
pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// The text of a file, by its path from the top.
pub(crate) fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The paths, from the top, of all files below this folder that are or may be committed.
pub(crate) fn files(below: &str) -> Vec<PathBuf> {
    let ignored = ignored();
    let mut found = Vec::new();
    let mut folders = vec![PathBuf::from(below)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(root().join(&folder)).unwrap().map(Result::unwrap) {
            let path = folder.join(entry.file_name());
            if path == Path::new(".git") || ignored.contains(&path) || ignored.contains(Path::new(&entry.file_name())) {
                continue;
            }
            if entry.file_type().unwrap().is_dir() {
                folders.push(path);
            } else {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// What `.gitignore` names: from the top where it begins with a slash, else anywhere.
fn ignored() -> BTreeSet<PathBuf> {
    let lines = read(".gitignore");
    let paths = lines.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    paths.map(|line| PathBuf::from(line.trim_matches('/'))).collect()
}

#[test]
fn only_the_agreed_names_stand_at_the_top() {
    let ignored = ignored();
    let entries = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let others: Vec<String> = entries
        .filter(|name| !name.starts_with('.') && !TOP.contains(&name.as_str()) && !ignored.contains(Path::new(name)))
        .collect();
    assert!(others.is_empty(), "at the top of the repository: {others:?}");
}

#[test]
fn no_file_names_a_place_on_a_machine() {
    let this = Path::new(file!());
    let here = format!("{}/", root().display());
    let mut found = Vec::new();
    for path in files("").into_iter().filter(|path| !this.ends_with(path)) {
        let Ok(text) = fs::read_to_string(root().join(&path)) else { continue };
        for (line, text) in text.lines().enumerate() {
            if OWN_FOLDERS.iter().any(|folder| begins_a_path(text, folder)) || text.contains(&here) {
                found.push(format!("{}:{}", path.display(), line + 1));
            }
        }
    }
    assert!(found.is_empty(), "{found:#?}");
}

/// Whether the text holds a path into such a folder at the top, but not `https://example.com/home/`.
fn begins_a_path(text: &str, folder: &str) -> bool {
    let within = |character: char| character.is_alphanumeric() || "._-/~*}".contains(character);
    text.match_indices(&format!("/{folder}/")).any(|(at, _)| !text[..at].ends_with(within))
}

#[test]
fn paths_are_told_from_addresses() {
    let path = |folder: &str| format!("/{folder}/notes");
    assert!(begins_a_path(&format!("see `{}`", path("home")), "home"));
    assert!(begins_a_path(&path("root"), "root"));
    assert!(!begins_a_path(&format!("https://example.com{}", path("home")), "home"));
    assert!(!begins_a_path(&format!("crates{}", path("work")), "work"));
}

#[test]
fn lock_files_of_the_browser_test_name_no_host() {
    let lock = read("tests/browser/package-lock.json");
    assert!(!lock.contains("\"resolved\""), "tests/browser/package-lock.json says where packages came from");
}

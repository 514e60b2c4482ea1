//! Who knows whom: shells → services → engine → core, and the commands for people on top.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;

use toml::{Table, Value};

use crate::tree::{read, root};

/// Each crate, by its folder in `crates` or, of those below, in `tests`, with the crates of this repository
/// that it may know.
const ARROWS: &[(&str, &[&str])] = &[
    ("core", &[]),
    ("engine", &["core"]),
    ("services", &["core", "engine"]),
    ("incoming", &["core", "engine", "services"]),
    ("triage", &["core", "engine", "services"]),
    // A stand-in that shared code with what it is held against would agree with its mistakes.
    ("simulator", &[]),
    ("local", &["core", "engine", "incoming", "services", "simulator", "triage"]),
    ("cli", &["core", "engine", "local", "services"]),
    ("simulation", &["core", "engine", "incoming"]),
    ("bench", &["core", "engine", "incoming", "local", "simulator"]),
];

/// The crates that lie in `tests`.
const IN_TESTS: [&str; 2] = ["bench", "simulation"];

/// What core may be built from. None of it knows a clock, a network or a machine.
const CORE: &[&str] = &["hex", "jiff", "schemars", "serde", "serde_json", "serde_path_to_error", "sha2", "thiserror"];

fn manifest(folder: &str) -> Table {
    let above = if IN_TESTS.contains(&folder) { "tests" } else { "crates" };
    read(format!("{above}/{folder}/Cargo.toml")).parse().unwrap()
}

/// The names of the dependencies, those for tests left out, those of single platforms included.
fn dependencies(manifest: &Table) -> BTreeSet<String> {
    let own = [manifest.get("dependencies"), manifest.get("build-dependencies")];
    let targets = manifest.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values);
    let tables = own.into_iter().chain(targets.map(|target| target.get("dependencies"))).flatten();
    tables.filter_map(Value::as_table).flat_map(|table| table.keys().cloned()).collect()
}

#[test]
fn core_is_built_from_little() {
    let dependencies = dependencies(&manifest("core"));
    let others: Vec<&String> = dependencies.iter().filter(|name| !CORE.contains(&name.as_str())).collect();
    assert!(others.is_empty(), "core depends on {others:?}");
}

#[test]
fn arrows_point_one_way() {
    let folders = fs::read_dir(root().join("crates")).unwrap().map(Result::unwrap);
    let folders = folders.filter(|entry| entry.file_type().unwrap().is_dir());
    let manifests: BTreeMap<String, Table> = folders
        .map(|entry| entry.file_name().into_string().unwrap())
        .chain(IN_TESTS.map(str::to_owned))
        .map(|folder| (folder.clone(), manifest(&folder)))
        .collect();
    let name = |folder: &str| manifests[folder]["package"]["name"].as_str().unwrap().to_owned();
    for (folder, manifest) in &manifests {
        let arrows = ARROWS.iter().find(|(known, _)| known == folder);
        let (_, may) = arrows.unwrap_or_else(|| panic!("crates/{folder} has no place among the arrows yet"));
        let may: BTreeSet<String> = may.iter().copied().map(name).collect();
        let ours: BTreeSet<String> = manifests.keys().map(|folder| name(folder)).collect();
        for known in dependencies(manifest).intersection(&ours) {
            assert!(may.contains(known), "crates/{folder} may not know {known}");
        }
    }
}

#[test]
fn every_crate_takes_the_lints_of_the_workspace() {
    for (folder, _) in ARROWS {
        let lints = manifest(folder).get("lints").and_then(|lints| lints.get("workspace")).cloned();
        assert_eq!(lints, Some(Value::Boolean(true)), "crates/{folder}");
    }
}

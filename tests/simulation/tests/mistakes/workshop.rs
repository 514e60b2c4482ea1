//! Where mistakes are built and played.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

use crate::{Edit, Mistake, list::ALL};

/// The crates that are copied, each with those that it knows, in the order of the arrows.
const CRATES: [(&str, &str, &[&str]); 4] = [
    ("core", "crates/core", &[]),
    ("engine", "crates/engine", &["core"]),
    ("incoming", "crates/incoming", &["core", "engine"]),
    ("simulation", "tests/simulation", &["core", "engine", "incoming"]),
];

/// What the binary of `incoming` needs, and its library does not.
const FOR_BINARIES: [&str; 2] = ["dispatch-services", "lambda_runtime"];

/// The build without any mistake.
pub(crate) const CONTROL: &str = "none";

/// Seeds within which a mistake must show.
const SEEDS: u64 = 3_000;

/// Seeds that must pass without a mistake.
const CONTROL_SEEDS: u64 = 150;

fn top() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).canonicalize().unwrap().ancestors().nth(2).unwrap().to_owned()
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Writes only what changed, so that a second build has nothing to do.
fn write(path: &Path, text: &str) {
    if fs::read_to_string(path).is_ok_and(|known| known == text) {
        return;
    }
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// The files below a folder, by their paths from it.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display())) {
        let path = entry.unwrap().path();
        let name = PathBuf::from(path.file_name().unwrap());
        match path.is_dir() {
            true => found.extend(files(&path).into_iter().map(|file| name.join(file))),
            false => found.push(name),
        }
    }
    found.sort();
    found
}

/// The lines of a manifest between a heading and the next.
fn section(manifest: &str, heading: &str) -> String {
    let lines = manifest.lines().skip_while(|line| *line != heading).skip(1);
    lines.take_while(|line| !line.starts_with('[')).map(|line| format!("{line}\n")).collect()
}

/// Whether a crate must be copied for a mistake: it is changed, or knows one that is.
fn is_copied(name: &str, edits: &[Edit]) -> bool {
    let (_, folder, knows) = CRATES.into_iter().find(|(known, _, _)| *known == name).unwrap();
    edits.iter().any(|edit| edit.file.starts_with(&format!("{folder}/")))
        || knows.iter().any(|known| is_copied(known, edits))
}

/// Copies a crate for a mistake, under a name of its own, and returns its folder in the workshop.
fn copy(shop: &Path, mistake: &str, edits: &[Edit], name: &str) -> String {
    let (_, folder, knows) = CRATES.into_iter().find(|(known, _, _)| *known == name).unwrap();
    let (from, to) = (top().join(folder), format!("{mistake}/{name}"));
    for file in files(&from.join("src")) {
        if name != "simulation" && file == Path::new("main.rs") {
            continue;
        }
        let path = Path::new(folder).join("src").join(&file);
        let edits = edits.iter().filter(|edit| Path::new(edit.file) == path);
        let text =
            edits.fold(read(&from.join("src").join(&file)), |text, edit| text.replacen(edit.text, edit.instead, 1));
        write(&shop.join(&to).join("src").join(&file), &text);
    }
    let given = section(&read(&from.join("Cargo.toml")), "[dependencies]");
    let own = |line: &&str| !FOR_BINARIES.iter().any(|name| line.starts_with(name)) && !line.starts_with("dispatch-");
    let mut manifest = format!(
        "[package]\nname = \"{name}-{mistake}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[lib]\nname = \"dispatch_{name}\"\n"
    );
    if name == "simulation" {
        write!(manifest, "\n[[bin]]\nname = \"simulate-{mistake}\"\npath = \"src/main.rs\"\n").unwrap();
    }
    manifest += "\n[dependencies]\n";
    manifest.extend(given.lines().filter(own).filter(|line| !line.is_empty()).map(|line| format!("{line}\n")));
    for known in knows {
        let whose = if is_copied(known, edits) { mistake } else { CONTROL };
        let package = format!("{{ package = \"{known}-{whose}\", path = \"../../{whose}/{known}\" }}");
        writeln!(manifest, "dispatch-{known} = {package}").unwrap();
    }
    write(&shop.join(&to).join("Cargo.toml"), &manifest);
    to
}

/// A text that a mistake is to change and that does not stand in its file exactly once, if there is one.
fn stale(mistake: &Mistake) -> Option<String> {
    let times = |edit: &&Edit| read(&top().join(edit.file)).matches(edit.text).count();
    let stale = mistake.edits.iter().find(|edit| times(edit) != 1)?;
    Some(format!("{} stands {} times in {}: choose the text anew", stale.text, times(&stale), stale.file))
}

/// Builds everything, once for all tests of a run, and returns the folder of the binaries.
fn built() -> &'static Path {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    BUILT.get_or_init(|| {
        let shop = top().join("target/mistakes");
        let mut members: Vec<String> = CRATES.iter().map(|(name, _, _)| copy(&shop, CONTROL, &[], name)).collect();
        for mistake in ALL.iter().filter(|mistake| stale(mistake).is_none()) {
            let copied = CRATES.iter().filter(|(name, _, _)| is_copied(name, mistake.edits));
            members.extend(copied.map(|(name, _, _)| copy(&shop, mistake.name, mistake.edits, name)));
        }
        let given = section(&read(&top().join("Cargo.toml")), "[workspace.dependencies]");
        let given = given.lines().filter(|line| !line.contains("path = ")).collect::<Vec<_>>().join("\n");
        let workspace = format!(
            "[workspace]\nresolver = \"3\"\nmembers = {members:?}\n\n[workspace.dependencies]\n{given}\n\n[profile.dev]\ndebug = false\n"
        );
        write(&shop.join("Cargo.toml"), &workspace);
        if !shop.join("Cargo.lock").exists() {
            fs::copy(top().join("Cargo.lock"), shop.join("Cargo.lock")).unwrap();
        }
        let mut cargo = Command::new(env!("CARGO"));
        let cargo = cargo.current_dir(&shop).args(["build", "--offline", "--quiet", "--bins"]);
        let cargo = cargo.env("CARGO_TARGET_DIR", shop.join("target")).env("RUSTFLAGS", "--cap-lints=allow");
        let output = cargo.output().unwrap();
        assert!(output.status.success(), "the mistakes do not build:\n{}", String::from_utf8_lossy(&output.stderr));
        shop.join("target/debug")
    })
}

/// Plays seeds until one fails; the exit code, and what was printed.
fn play(name: &str, seeds: u64) -> (bool, String) {
    let binary = built().join(format!("simulate-{name}"));
    let output = Command::new(binary).args(["--failures", "1", "--seeds", &seeds.to_string()]).output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A mistake must fail.
pub(crate) fn expect_caught(mistake: &Mistake) {
    if let Some(stale) = stale(mistake) {
        panic!("{stale}");
    }
    let (passed, told) = play(mistake.name, SEEDS);
    assert!(!passed, "{SEEDS} seeds pass with this mistake:\n{told}");
    assert!(told.contains(" fails:"), "it failed in another way:\n{told}");
    println!("{told}");
}

/// Without a mistake all is well.
pub(crate) fn expect_well() {
    let (passed, told) = play(CONTROL, CONTROL_SEEDS);
    assert!(passed, "{told}");
}

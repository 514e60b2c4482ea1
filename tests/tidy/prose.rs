//! Links in prose lead somewhere.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use crate::tree::{files, read, root};

#[test]
fn every_relative_link_resolves() {
    let mut broken = Vec::new();
    for path in files("").iter().filter(|path| path.extension().is_some_and(|extension| extension == "md")) {
        let text = read(path);
        for link in links(&text) {
            if !resolves(path, &text, link) {
                broken.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

fn resolves(from: &Path, text: &str, link: &str) -> bool {
    let (target, heading) = link.split_once('#').unwrap_or((link, ""));
    if target.contains("://") || target.starts_with("mailto:") {
        return true;
    }
    if target.is_empty() {
        return heading_of(text, heading);
    }
    let path = normal(&from.parent().unwrap_or(Path::new("")).join(target));
    let is_prose = path.extension().is_some_and(|extension| extension == "md");
    root().join(&path).exists() && (heading.is_empty() || !is_prose || heading_of(&read(&path), heading))
}

/// The path without `.` and `..`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(normal.pop()),
            Component::CurDir => {}
            other => normal.push(other),
        }
    }
    normal
}

/// The targets of `[text](target)`, `[name]: target` and `src="target"`, outside of fences.
fn links(text: &str) -> Vec<&str> {
    let mut links = Vec::new();
    for line in outside_fences(text) {
        links.extend(line.split("](").skip(1).filter_map(|rest| rest.split([')', ' ']).next()));
        links.extend(line.split("src=\"").skip(1).filter_map(|rest| rest.split('"').next()));
        if line.starts_with('[') {
            links.extend(line.split_once("]: ").and_then(|(_, target)| target.split(' ').next()));
        }
    }
    links
}

/// The lines that are not in a fence.
fn outside_fences(text: &str) -> impl Iterator<Item = &str> {
    let mut fenced = false;
    text.lines().filter(move |line| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fence && !fenced
    })
}

/// Whether a heading has this anchor, made as GitHub makes it.
fn heading_of(text: &str, anchor: &str) -> bool {
    let headings = outside_fences(text).filter(|line| line.starts_with('#'));
    let anchors: BTreeSet<String> = headings.map(|line| anchor_of(line.trim_start_matches('#').trim())).collect();
    anchors.contains(anchor)
}

fn anchor_of(heading: &str) -> String {
    let kept = heading.to_lowercase().replace(' ', "-");
    kept.chars().filter(|character| character.is_alphanumeric() || "-_".contains(*character)).collect()
}

#[test]
fn links_are_found_and_judged() {
    let text = "# A `b` heading\n[a](x.md) ![p](docs/p.png \"t\")\n```\n[no](z)\n```\n<img src=\"i.png\">\n[r]: r.md\n";
    assert_eq!(links(text), ["x.md", "docs/p.png", "i.png", "r.md"]);
    assert!(resolves(Path::new("README.md"), text, "#a-b-heading"));
    assert!(!resolves(Path::new("README.md"), text, "#another"));
    assert!(resolves(Path::new("crates/README.md"), text, "../Cargo.toml"));
    assert!(!resolves(Path::new("README.md"), text, "nowhere.md"));
    assert!(resolves(Path::new("README.md"), text, "https://example.com/nowhere"));
}

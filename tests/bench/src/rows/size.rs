//! What is uploaded.

use std::{fs, path::Path, process::Command};

use crate::{Result, programs::Programs, table::Row};

const MB: f64 = 1e6;
const BAR_MB: f64 = 5.0;

/// Both functions, as a release packs them.
///
/// # Errors
/// When they cannot be packed.
pub(crate) fn rows(programs: &Programs) -> Result<Vec<Row>> {
    let folder = tempfile::tempdir()?;
    let (build, out) = (folder.path().join("build"), folder.path().join("out"));
    let mut rows = Vec::new();
    for (name, program) in [("incoming", &programs.incoming), ("triage", &programs.triage)] {
        fs::create_dir_all(build.join(name))?;
        fs::copy(program, build.join(name).join("bootstrap"))?;
    }
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../infra/zips.py");
    let packed = Command::new("python3").arg("-B").arg(script).args([&build, &out]).output()?;
    if !packed.status.success() {
        return Err(String::from_utf8_lossy(&packed.stderr).into());
    }
    for (name, program) in [("incoming", &programs.incoming), ("triage", &programs.triage)] {
        let (zipped, plain) = (megabytes(&out.join(format!("{name}.zip")))?, megabytes(program)?);
        let told = format!("{zipped:.2} MB, {plain:.1} MB unpacked");
        rows.push(Row::held(format!("zipped size of `{name}`"), "5 MB", told, zipped <= BAR_MB));
    }
    Ok(rows)
}

#[expect(clippy::cast_precision_loss, reason = "no program is that large")]
fn megabytes(file: &Path) -> Result<f64> {
    Ok(file.metadata()?.len() as f64 / MB)
}

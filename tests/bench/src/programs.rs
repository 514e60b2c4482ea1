//! The programs that are measured.

use std::{
    env,
    path::{Path, PathBuf},
    process::Command,
};

use crate::Result;

/// Where each program lies.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    /// The `incoming` function.
    pub(crate) incoming: PathBuf,
    /// The `triage` function.
    pub(crate) triage: PathBuf,
    /// The function that does nothing.
    pub(crate) empty: PathBuf,
}

impl Programs {
    /// Builds what is not built yet. `build` is what `sam build` leaves, with both functions in it; then the empty one
    /// is built with this harness's own profile, which says little when that is not release. Without it, all are built
    /// here.
    ///
    /// # Errors
    /// When something cannot be built.
    pub(crate) fn find(build: Option<&Path>) -> Result<Self> {
        let is_release = build.is_none() || !cfg!(debug_assertions);
        let own = env::current_exe()?;
        let folder = own.parent().ok_or("a program lies in a folder")?;
        let folder = if is_release { folder.with_file_name("release") } else { folder.to_owned() };
        cargo(&["-p", "dispatch-incoming", "--example", "empty"], is_release)?;
        let (incoming, triage) = match build {
            Some(build) => (build.join("Incoming/bootstrap"), build.join("Triage/bootstrap")),
            None => {
                cargo(&["-p", "dispatch-incoming", "-p", "dispatch-triage"], true)?;
                (folder.join("incoming"), folder.join("triage"))
            }
        };
        let programs = Programs { incoming, triage, empty: folder.join("examples/empty") };
        for program in [&programs.incoming, &programs.triage, &programs.empty] {
            program.metadata().map_err(|error| format!("{}: {error}", program.display()))?;
        }
        Ok(programs)
    }
}

fn cargo(what: &[&str], is_release: bool) -> Result<()> {
    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let mut command = Command::new(cargo);
    command.args(["build", "--locked", "--quiet"]).args(what).args(is_release.then_some("--release"));
    match command.status()? {
        status if status.success() => Ok(()),
        status => Err(format!("cargo build {}: {status}", what.join(" ")).into()),
    }
}

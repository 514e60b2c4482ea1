//! An issue says what an alarm says: none is opened where everybody can read it, unless that is allowed.

use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use dispatch_core::alarm::Repo;
use dispatch_engine::ports::Failed;
use http::Method;
use serde::Deserialize;
use tokio::time::Instant;

use super::{
    NOTHING,
    judge::{is_gone, judge_existing},
    settings::ALLOW_PUBLIC,
    wire::{Call, Wire, read},
};
use crate::http::Repeat;

/// How long a private repository is taken for one: it can be made public.
const KNOWN: Duration = Duration::from_secs(600);

/// Which repositories issues may be opened in.
#[derive(Debug, Default)]
pub(super) struct Privacy {
    public_allowed: bool,
    /// Those that were private, by lower-case name, and when GitHub said so. A public one is asked about
    /// every time, so that making it private helps at once.
    private: Mutex<HashMap<String, Instant>>,
}

/// <https://docs.github.com/en/rest/repos/repos#get-a-repository>
#[derive(Deserialize)]
struct About {
    /// Also true of one that is internal to an enterprise.
    private: bool,
}

impl Privacy {
    pub(super) fn new(public_allowed: bool) -> Self {
        Privacy { public_allowed, ..Privacy::default() }
    }

    /// Passes when an issue in `repo` is read by its members alone, or public ones are allowed. A
    /// repository that cannot be seen passes, too: it is not public, and opening the issue says the rest.
    ///
    /// # Errors
    /// [`Failed::Refused`] when the repository is public; and when GitHub cannot be asked.
    pub(super) async fn check(&self, wire: &Wire, repo: &Repo) -> Result<(), Failed> {
        const CALL: &str = "github repos.get";
        if self.public_allowed || self.is_known(repo) {
            return Ok(());
        }
        let asked = Instant::now();
        let url = wire.in_repo(CALL, repo, &[])?;
        let call = Call { name: CALL, repo: repo.clone(), repeat: Repeat::Freely, judge: judge_existing };
        let reply = wire.send(call, Method::GET, &url, NOTHING).await?;
        if is_gone(&reply) {
            return Ok(());
        }
        if !read::<About>(CALL, &reply)?.private {
            let reason = format!("the repository is public, and {ALLOW_PUBLIC} is not yes");
            return Err(Failed::Refused { call: CALL, reason });
        }
        self.remember(repo, asked);
        Ok(())
    }

    fn is_known(&self, repo: &Repo) -> bool {
        let private = self.private.lock().unwrap_or_else(PoisonError::into_inner);
        private.get(&name(repo)).is_some_and(|asked| asked.elapsed() < KNOWN)
    }

    fn remember(&self, repo: &Repo, asked: Instant) {
        let mut private = self.private.lock().unwrap_or_else(PoisonError::into_inner);
        private.retain(|_, asked| asked.elapsed() < KNOWN);
        private.insert(name(repo), asked);
    }
}

fn name(repo: &Repo) -> String {
    repo.to_string().to_ascii_lowercase()
}

//! Why messages were given up, as far as the store knows.

use std::{env, sync::Arc};

use dispatch_engine::{Stopped, lost::Loss, ports::Store};
use dispatch_services::{aws, aws::Aws, store};

use crate::target;

const URL: &str = "DISPATCH_STORE_URL";

/// Where it is written why a message was given up.
#[derive(Debug)]
pub(super) struct Losses {
    /// The store, or why there is none within reach.
    store: Result<Arc<dyn Store>, String>,
}

/// Why a message was given up.
#[derive(Debug)]
pub(super) enum Why {
    /// What the store says.
    Kept(Loss),
    /// Why it says nothing.
    NotKept(String),
}

impl Losses {
    /// Opens the store that the environment names. Calls nobody yet.
    pub(super) async fn open() -> Self {
        Losses { store: open().await }
    }

    /// What is known of a message. A store that could not be reached is not asked again.
    pub(super) async fn of(&mut self, message: &str) -> Why {
        let store = match &self.store {
            Ok(store) => Arc::clone(store),
            Err(reason) => return Why::NotKept(reason.clone()),
        };
        match Loss::read(store.as_ref(), message).await {
            Ok(Some(loss)) => Why::Kept(loss),
            Ok(None) => Why::NotKept("the store has nothing of it".to_owned()),
            Err(Stopped::Store(failed)) => {
                let reason = failed.to_string();
                self.store = Err(reason.clone());
                Why::NotKept(reason)
            }
            Err(stopped) => Why::NotKept(stopped.to_string()),
        }
    }
}

async fn open() -> Result<Arc<dyn Store>, String> {
    let lookup = |name: &str| env::var(name).ok();
    if lookup(URL).is_none_or(|url| url.trim().is_empty()) {
        return Err(format!("{URL} is not set"));
    }
    let told = |problem: String| problem.replace('\n', "; ");
    let settings = target::read(&[store::SETTINGS, aws::SETTINGS], lookup).await;
    let settings = settings.map_err(|problems| told(problems.to_string()))?;
    let aws = match store::needs_aws(&settings) {
        true => Some(Aws::connect(&settings).await.map_err(|unusable| told(unusable.to_string()))?),
        false => None,
    };
    store::connect(&settings, aws.as_ref()).map_err(|problem| told(problem.to_string()))
}

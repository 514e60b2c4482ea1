//! Why messages were given up, as far as the store knows.

use std::sync::Arc;

use dispatch_engine::{Stopped, lost::Loss, ports::Store};

use crate::store;

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
        Losses { store: store::open().await }
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

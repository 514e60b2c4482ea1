//! What Dispatch logs: on the timeline, and never with a word that a sender wrote.

use std::{
    cell::RefCell,
    fmt::{Debug, Write as _},
    sync::Once,
};

use tracing::{
    Event, Level, Metadata, Subscriber,
    field::{Field, Visit},
    span::{Attributes, Id, Record},
};

use crate::{outside::Shared, workload::SECRET};

thread_local! {
    /// The story that this thread plays and listens to.
    static STORY: RefCell<Option<Shared>> = const { RefCell::new(None) };
}

/// Takes in everything that is logged in the story of this thread, for as long as it is held.
#[derive(Debug)]
pub(crate) struct Listening(());

/// Takes in everything that `story` logs on this thread.
pub(crate) fn listen(story: &Shared) -> Listening {
    // One listener for all threads and for good: whether a place that logs is heard is decided once, by
    // whatever thread comes there first.
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| _ = tracing::subscriber::set_global_default(Listener));
    STORY.set(Some(story.clone()));
    Listening(())
}

impl Drop for Listening {
    fn drop(&mut self) {
        STORY.set(None);
    }
}

/// Hands what is logged to the story of the thread that logs it.
#[derive(Debug)]
struct Listener;

#[derive(Default)]
struct Words(String);

impl Visit for Words {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let written = match field.name() {
            "message" => write!(self.0, "{value:?} "),
            name => write!(self.0, "{name}={value:?} "),
        };
        written.unwrap_or_default();
    }
}

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.is_event() && *metadata.level() <= Level::INFO
    }

    fn event(&self, event: &Event<'_>) {
        let Some(story) = STORY.with_borrow(Clone::clone) else { return };
        let mut words = Words::default();
        event.record(&mut words);
        let level = event.metadata().level();
        story.with(|outside| {
            if words.0.contains(SECRET) {
                outside.violated(format!("secrets: a log shows what a sender wrote: {}", words.0));
            }
            outside.tell(|| format!("             {level}: {}", words.0));
        });
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

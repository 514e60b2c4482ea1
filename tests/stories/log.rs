//! Everything that one test logs, at every level.

use std::{cell::RefCell, io, sync::Once};

use tracing::Level;
use tracing_subscriber::{
    Layer as _,
    filter::{FilterExt as _, LevelFilter, Targets, dynamic_filter_fn},
    fmt,
    layer::SubscriberExt as _,
    registry,
};

thread_local! {
    static LOGGED: RefCell<Option<(Level, Vec<u8>)>> = const { RefCell::new(None) };
}

/// What the test of this thread logs.
#[derive(Debug)]
pub(crate) struct Log(());

impl Log {
    /// Everything from now on, at every level.
    pub(crate) fn listen() -> Log {
        install();
        LOGGED.set(Some((Level::TRACE, Vec::new())));
        Log(())
    }

    /// What a deployment would log, unless somebody listens to more.
    pub(crate) fn keep() -> Log {
        install();
        LOGGED.with_borrow_mut(|logged| _ = logged.get_or_insert((Level::INFO, Vec::new())));
        Log(())
    }

    #[expect(clippy::unused_self, reason = "whoever has no log has nothing to read")]
    pub(crate) fn text(&self) -> String {
        LOGGED.with_borrow(|logged| {
            let bytes = logged.as_ref().map_or(&[][..], |(_, bytes)| bytes);
            String::from_utf8_lossy(bytes).into_owned()
        })
    }
}

/// One subscriber for all tests: whether a place that logs is heard is decided once, by whatever thread comes
/// there first.
fn install() {
    static INSTALL: Once = Once::new();
    INSTALL.call_once(|| {
        let others = ["hyper", "hyper_util", "reqwest", "h2", "rustls", "tower", "octocrab"];
        let own = Targets::new().with_default(Level::TRACE).with_targets(others.map(|name| (name, LevelFilter::OFF)));
        let heard = dynamic_filter_fn(|metadata, _| {
            LOGGED.with_borrow(|logged| logged.as_ref().is_some_and(|(level, _)| metadata.level() <= level))
        });
        let layer = fmt::layer().with_ansi(false).with_writer(|| Pen).with_filter(own.and(heard));
        tracing::subscriber::set_global_default(registry().with(layer)).unwrap();
    });
}

struct Pen;

impl io::Write for Pen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOGGED.with_borrow_mut(|logged| logged.as_mut().map(|(_, logged)| logged.extend_from_slice(bytes)));
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

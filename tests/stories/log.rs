//! Everything that one test logs, at every level.

use std::{cell::RefCell, io, sync::Once};

use tracing_subscriber::{
    EnvFilter, Layer as _,
    filter::{FilterExt as _, dynamic_filter_fn},
    fmt,
    layer::SubscriberExt as _,
    registry,
};

thread_local! {
    static LOGGED: RefCell<Option<Vec<u8>>> = const { RefCell::new(None) };
}

/// What the test of this thread logs, from [`Log::listen`] on.
#[derive(Debug)]
pub(crate) struct Log(());

impl Log {
    pub(crate) fn listen() -> Log {
        // One subscriber for all tests: whether a place that logs is heard is decided once, by whatever
        // thread comes there first.
        static INSTALL: Once = Once::new();
        INSTALL.call_once(|| {
            let own =
                EnvFilter::new("trace,hyper=off,hyper_util=off,reqwest=off,h2=off,rustls=off,tower=off,octocrab=off");
            let heard = dynamic_filter_fn(|_, _| LOGGED.with_borrow(Option::is_some));
            let layer = fmt::layer().with_ansi(false).with_writer(|| Pen).with_filter(own.and(heard));
            tracing::subscriber::set_global_default(registry().with(layer)).unwrap();
        });
        LOGGED.set(Some(Vec::new()));
        Log(())
    }

    pub(crate) fn text(&self) -> String {
        LOGGED.with_borrow(|logged| String::from_utf8(logged.clone().unwrap_or_default()).unwrap())
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        LOGGED.set(None);
    }
}

struct Pen;

impl io::Write for Pen {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        LOGGED.with_borrow_mut(|logged| logged.as_mut().map(|logged| logged.extend_from_slice(bytes)));
        Ok(bytes.len())
    }
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

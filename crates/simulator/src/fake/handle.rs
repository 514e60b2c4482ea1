//! The handle of a fake: what tests and the console hold.

use std::fmt;
use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinHandle;

use super::fault::Fault;
use super::log::{Recorded, lock};
use super::server;
use super::webhook::Webhook;
use super::world::{Clock, Service, World};

/// How long [`Fake::until`] waits.
const PATIENCE: Duration = Duration::from_secs(20);

/// One fake service: a real HTTP server on loopback with a state of its own. Dropping it stops the server.
///
/// The methods here are the same for all; each service adds its own.
pub struct Fake<S> {
    world: Arc<World<S>>,
    url: String,
    accepting: JoinHandle<()>,
}

impl<S> fmt::Debug for Fake<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fake").field("url", &self.url).finish_non_exhaustive()
    }
}

impl<S> Drop for Fake<S> {
    fn drop(&mut self) {
        self.accepting.abort();
        self.world.faults.clear();
    }
}

/// Nothing that was waited for came about within 20 seconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TimedOut;

impl fmt::Display for TimedOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "waited {} s for the fake's state to change, in vain", PATIENCE.as_secs())
    }
}

impl std::error::Error for TimedOut {}

impl<S> Fake<S> {
    /// The root of the server, without a slash at the end: `http://127.0.0.1:49152`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Every request so far, in order of arrival.
    pub fn requests(&self) -> Vec<Recorded> {
        self.world.log.requests()
    }

    /// What was refused, or would have looked bad, because the request itself was wrong. One line each; empty when
    /// every sender knew its trade.
    pub fn violations(&self) -> Vec<String> {
        self.world.log.violations()
    }

    /// Keeps a complaint about what was found by hand; see [`Fake::violations`].
    pub(crate) fn complain(&self, what: &str) {
        self.world.log.complain(what.to_owned());
    }

    /// Adds a misbehaviour after those that wait already.
    pub fn fault(&self, fault: Fault) {
        self.world.faults.add(fault);
        self.world.bump();
    }

    /// Forgets all misbehaviours. Requests that hang because of one go on at once.
    pub fn clear_faults(&self) {
        self.world.faults.clear();
        self.world.bump();
    }

    /// The misbehaviours that are still to strike.
    pub fn faults(&self) -> Vec<Fault> {
        self.world.faults.waiting()
    }

    /// A counter that moves whenever a request arrives or is answered, or somebody acts by hand.
    pub fn changes(&self) -> watch::Receiver<u64> {
        self.world.version.subscribe()
    }

    /// Waits until `look` finds something, looking again after every change.
    ///
    /// # Errors
    /// [`TimedOut`] after 20 seconds.
    pub async fn until<T>(&self, mut look: impl FnMut(&Self) -> Option<T>) -> Result<T, TimedOut> {
        let mut changes = self.changes();
        let found = async {
            loop {
                if let Some(found) = look(self) {
                    return Ok(found);
                }
                changes.changed().await.map_err(|_| TimedOut)?;
            }
        };
        tokio::time::timeout(PATIENCE, found).await.unwrap_or(Err(TimedOut))
    }

    /// Has `receive` called with what the service tells a webhook whenever somebody does something by hand. There is one
    /// receiver: the last that was named.
    pub fn on_webhook(&self, receive: impl Fn(Webhook) + Send + Sync + 'static) {
        *lock(&self.world.receiver) = Some(Arc::new(receive));
    }

    /// Tells the receiver of webhooks, if there is one.
    pub(crate) fn tell(&self, webhook: Webhook) {
        let receiver = lock(&self.world.receiver).clone();
        if let Some(receive) = receiver {
            receive(webhook);
        }
    }

    /// Reads the state.
    pub(crate) fn read<T>(&self, look: impl FnOnce(&S) -> T) -> T {
        look(&self.world.state())
    }

    /// Changes the state by hand.
    pub(crate) fn change<T>(&self, act: impl FnOnce(&mut S, Timestamp) -> T) -> T {
        let now = self.world.clock.now();
        let result = act(&mut self.world.state(), now);
        self.world.bump();
        result
    }
}

#[expect(private_bounds, reason = "a service's insides are its own; each fake has a public `start`")]
impl<S: Service> Fake<S> {
    /// Binds a free port on loopback and serves from then on. `state` is made once the address is known.
    pub(crate) async fn open(clock: Clock, state: impl FnOnce(&str) -> S) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}", listener.local_addr()?);
        let world = Arc::new(World::new(state(&url), clock));
        let accepting = tokio::spawn(server::serve(listener, Arc::clone(&world)));
        Ok(Self { world, url, accepting })
    }
}

//! What measurements share: messages, a town, and stand-ins that take their time.

use std::{
    net::Ipv4Addr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use axum::{Json, Router, extract::State, routing::post};
use bytes::Bytes;
use dispatch_core::alarm::digest;
use dispatch_engine::{
    ports::{Failed, Store, Tag},
    world::World,
};
use dispatch_local::town::{Options, Town};
use dispatch_simulator::fake::{Fakes, Fault, Kind, Recorded};
use dispatch_tests::input::event::{batch, envelope};
use serde_json::{Value, json};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    task::JoinHandle,
    time::sleep,
};

use crate::Result;

/// What an invocation of `incoming` may take: the function's time in `template.yaml` without what it keeps back.
pub(crate) const TIME: Duration = Duration::from_secs(27);

/// A self-service alarm for one person.
pub(crate) fn self_service(title: &str) -> Value {
    requested(title, title)
}

/// The same with a request id of its own: repeats of one alarm are told apart by that.
pub(crate) fn requested(title: &str, request: &str) -> Value {
    json!({
        "type": "self-service",
        "users": [{ "slack": "jane", "github": "jane" }],
        "requestId": request,
        "body": {
            "github": { "title": title, "body": "Seen in the audit log." },
            "slack": {
                "message": "Two-factor authentication was turned off for your account.",
                "prompt": "Did you turn it off?",
                "actions": { "yes": "Yes, that was me", "no": "No, it was not me" },
            },
        },
    })
}

/// A broadcast to this many people, who answer nothing.
pub(crate) fn broadcast(title: &str, people: usize) -> Value {
    let users: Vec<Value> = (0..people).map(|n| json!({ "slack": handle(n) })).collect();
    json!({
        "type": "broadcast",
        "users": users,
        "body": {
            "github": { "title": title, "body": "Everyone who deploys must have the new key." },
            "slack": { "message": "The signing key of the build machines was rotated an hour ago." },
        },
    })
}

/// A page and nothing else.
pub(crate) fn high_priority(title: &str) -> Value {
    json!({ "type": "high-priority", "body": { "pagerduty": { "title": title, "body": "It signed in from afar." } } })
}

/// The handle of a person in a large workspace.
pub(crate) fn handle(n: usize) -> String {
    format!("p{n:04}")
}

/// The event in which a queue brings these messages, with SNS's envelope around each. Equal ones are one publication.
pub(crate) fn event(messages: &[Value]) -> Value {
    let bodies = messages.iter().map(|message| {
        let text = message.to_string();
        envelope(&digest(&[text.as_bytes()], 40), &text).to_string()
    });
    batch(&bodies.collect::<Vec<_>>())
}

/// A town with a store in memory, and nobody who tells Dispatch what people do elsewhere.
///
/// # Errors
/// When it cannot be started.
pub(crate) async fn town(options: Options) -> Result<Town> {
    Ok(Town::start(Options { time: TIME, webhooks: false, ..options }).await?)
}

/// Has one function handle messages, and checks that none is left to do.
///
/// # Errors
/// When one is.
pub(crate) async fn handled(world: &World, messages: &[Value]) -> Result<()> {
    let answer = dispatch_incoming::handle(world, event(messages), TIME).await?;
    is_done(&answer)
}

/// Checks that a function's answer names no message that must come again.
///
/// # Errors
/// When it does.
pub(crate) fn is_done(answer: &Value) -> Result<()> {
    match answer.pointer("/batchItemFailures").and_then(Value::as_array) {
        Some(failures) if failures.is_empty() => Ok(()),
        _ => Err(format!("messages were not handled: {answer}").into()),
    }
}

/// Has every vendor take this long to answer each request.
pub(crate) fn slow(fakes: &Fakes, wait: Duration) {
    let fault = || Fault::new("*", Kind::Delay(wait)).always();
    fakes.github.fault(fault());
    fakes.slack.fault(fault());
    fakes.pagerduty.fault(fault());
}

/// The vendors' operations that were called since there were `before` requests, with how often.
pub(crate) fn operations(requests: &[Recorded], before: usize) -> String {
    let mut seen: Vec<(&str, usize)> = Vec::new();
    for request in requests.iter().skip(before) {
        let name = if request.operation.is_empty() { "greeting" } else { request.operation };
        match seen.iter_mut().find(|(operation, _)| *operation == name) {
            Some((_, times)) => *times += 1,
            None => seen.push((name, 1)),
        }
    }
    let words = seen.into_iter().map(|(operation, times)| match times {
        1 => operation.to_owned(),
        _ => format!("{times} {operation}"),
    });
    words.collect::<Vec<_>>().join(", ")
}

/// A store that counts.
#[derive(Debug)]
pub(crate) struct Counted {
    store: Arc<dyn Store>,
    /// Objects that were read, and lists.
    pub(crate) reads: AtomicUsize,
    /// Objects that were written or deleted, or should have been.
    pub(crate) writes: AtomicUsize,
}

impl Counted {
    /// The same world with its store counted.
    pub(crate) fn around(world: &World) -> (World, Arc<Self>) {
        let store = Arc::clone(&world.store);
        let counted = Arc::new(Counted { store, reads: AtomicUsize::new(0), writes: AtomicUsize::new(0) });
        (World { store: counted.clone(), ..world.clone() }, counted)
    }

    /// Reads and writes so far.
    pub(crate) fn counts(&self) -> (usize, usize) {
        (self.reads.load(Ordering::Relaxed), self.writes.load(Ordering::Relaxed))
    }

    fn read(&self) {
        self.reads.fetch_add(1, Ordering::Relaxed);
    }

    fn write(&self) {
        self.writes.fetch_add(1, Ordering::Relaxed);
    }
}

#[async_trait]
impl Store for Counted {
    async fn read(&self, path: &str) -> std::result::Result<Option<(Bytes, Tag)>, Failed> {
        self.read();
        self.store.read(path).await
    }

    async fn create(&self, path: &str, bytes: Bytes) -> std::result::Result<Option<Tag>, Failed> {
        self.write();
        self.store.create(path, bytes).await
    }

    async fn swap(&self, path: &str, bytes: Bytes, tag: &Tag) -> std::result::Result<Option<Tag>, Failed> {
        self.write();
        self.store.swap(path, bytes, tag).await
    }

    async fn list(&self, prefix: &str) -> std::result::Result<Vec<String>, Failed> {
        self.read();
        self.store.list(prefix).await
    }

    async fn list_before(&self, prefix: &str, end: &str, max: usize) -> std::result::Result<Vec<String>, Failed> {
        self.read();
        self.store.list_before(prefix, end, max).await
    }

    async fn delete(&self, path: &str) -> std::result::Result<(), Failed> {
        self.write();
        self.store.delete(path).await
    }
}

/// A server that ends with this.
#[derive(Debug)]
pub(crate) struct Server {
    /// Its address, without a slash at the end.
    pub(crate) url: String,
    serving: JoinHandle<()>,
}

impl Drop for Server {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

/// A door to a server, behind which every new connection waits before anything passes: what TCP and TLS take.
///
/// # Errors
/// When there is no port.
pub(crate) async fn door(to: &str, wait: Duration) -> Result<Server> {
    let to = to.trim_start_matches("http://").to_owned();
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let serving = tokio::spawn(async move {
        while let Ok((mut outer, _)) = listener.accept().await {
            let to = to.clone();
            tokio::spawn(async move {
                sleep(wait).await;
                if let Ok(mut inner) = TcpStream::connect(&to).await {
                    let _ = copy_bidirectional(&mut outer, &mut inner).await;
                }
            });
        }
    });
    Ok(Server { url, serving })
}

/// What a KMS has seen.
#[derive(Debug, Default)]
pub(crate) struct Decrypted {
    /// Calls so far.
    pub(crate) calls: AtomicUsize,
    /// Calls that are under way.
    now: AtomicUsize,
    /// The most that ever were.
    pub(crate) abreast: AtomicUsize,
}

/// A KMS that takes this long for a call, and whose ciphertext is the text itself.
///
/// # Errors
/// When there is no port.
pub(crate) async fn kms(wait: Duration) -> Result<(Server, Arc<Decrypted>)> {
    let seen = Arc::new(Decrypted::default());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let url = format!("http://{}", listener.local_addr()?);
    let router = Router::new().route("/", post(decrypt)).with_state((Arc::clone(&seen), wait));
    let serving = tokio::spawn(async move { axum::serve(listener, router).await.unwrap_or_default() });
    Ok((Server { url, serving }, seen))
}

async fn decrypt(State((seen, wait)): State<(Arc<Decrypted>, Duration)>, body: Bytes) -> Json<Value> {
    seen.calls.fetch_add(1, Ordering::Relaxed);
    let now = seen.now.fetch_add(1, Ordering::Relaxed) + 1;
    seen.abreast.fetch_max(now, Ordering::Relaxed);
    sleep(wait).await;
    seen.now.fetch_sub(1, Ordering::Relaxed);
    let asked: Value = serde_json::from_slice(&body).unwrap_or_default();
    let text = asked.get("CiphertextBlob");
    Json(json!({ "KeyId": "arn:aws:kms:eu-central-1:000000000000:key/1", "Plaintext": text }))
}

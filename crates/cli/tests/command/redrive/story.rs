//! A letter's whole way: lost while a service is down, found with its reason, sent twice, done once.

use std::{net::SocketAddr, path::Path, sync::Arc, time::Duration};

use dispatch_local::{
    console,
    town::{Options, Town},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpListener, runtime::Runtime};

use super::{nag, objects, redrive_at, toll::Toll};
use crate::{
    http::{await_state, send},
    local::issues,
    run::{Done, command, finish},
};

const ASKING: &str = r#"{"type": "self-service", "users": [{"slack": "jane", "github": "jane"}], "body": {
    "github": {"title": "jane signed in", "body": "b"},
    "slack": {"message": "m", "prompt": "Was it you?", "actions": {"yes": "Yes", "no": "No"}}}}"#;

/// A town whose messages die after two tries, and its page.
fn town(runtime: &Runtime, folder: &Path) -> (Arc<Town>, SocketAddr) {
    let options = Options {
        store_url: format!("file://{}", folder.display()),
        retry_after: Duration::ZERO,
        late: Duration::ZERO,
        max_receives: 2,
        ..Options::default()
    };
    let town = Arc::new(runtime.block_on(Town::start(options)).unwrap());
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let at = listener.local_addr().unwrap();
    runtime.spawn(console::serve(town.clone(), listener));
    (town, at)
}

fn fault(at: SocketAddr, kind: &str) {
    for service in ["slack", "github"] {
        let body = json!({ "service": service, "kind": kind }).to_string();
        assert_eq!(send(at, "POST", "/api/fault", &body).0, 200);
    }
}

fn list(at: SocketAddr, folder: &Path) -> Done {
    let mut command = command(folder, &["redrive", "--list", "--json", "--endpoint-url", &format!("http://{at}")]);
    finish(command.env("DISPATCH_STORE_URL", format!("file://{}", folder.display())), b"")
}

fn dead(state: &Value) -> Option<u64> {
    state["queues"].as_array()?.iter().map(|queue| queue["dead"].as_u64()).sum()
}

/// Issues, questions, and how often each alarm came again.
fn done(state: &Value) -> (usize, usize, Vec<Value>) {
    let conversations = state["slack"]["conversations"].as_array().unwrap().iter();
    let messages = conversations.flat_map(|conversation| conversation["messages"].as_array().unwrap());
    let asks = |message: &&Value| message["blocks"].to_string().contains("\"actions\"");
    let repeats = state["alarms"].as_array().unwrap().iter().map(|alarm| alarm["repeats"].clone()).collect();
    (issues(state).map_or(0, Vec::len), messages.filter(asks).count(), repeats)
}

#[test]
fn a_letter_is_found_with_its_reason_and_however_often_it_is_sent_it_is_done_once() {
    let (runtime, folder) = (Runtime::new().unwrap(), TempDir::new().unwrap());
    let (town, at) = town(&runtime, folder.path());
    fault(at, "down");
    let enveloped = town.publish(ASKING);
    let bare = town.alarms.send(nag("the disk is full")).to_string();
    await_state(at, |state| (dead(state)? == 2).then_some(()));

    for _ in 0..2 {
        let letters = objects(&list(at, folder.path()));
        let letter = |id: &str| letters.iter().find(|letter| letter["message"] == id).unwrap();
        let why = &letter(&enveloped)["why"];
        assert_eq!(letters.len(), 2);
        assert!(why["reason"].as_str().unwrap().contains("delivery 2 of 2): could not open the issue"), "{why}");
        assert!(why["paged"].as_str().unwrap().starts_with("http"), "{why}");
        assert_eq!((&letter(&bare)["type"], &letter(&bare)["title"]), (&json!("nag"), &json!("the disk is full")));
    }

    fault(at, "none");
    // The first run sends, and is cut off before it deletes.
    let toll = Toll::before(at, "AmazonSQS.DeleteMessage");
    let cut = redrive_at(toll.at, &[]);
    assert_eq!((cut.code, cut.out.matches("sent again, not deleted ").count()), (1, 2), "{cut:?}");
    runtime.block_on(town.idle());
    let state = || send(at, "GET", "/api/state", "").1;
    let once = (2, 1, vec![json!(0), json!(0)]);
    assert_eq!((dead(&state()), done(&state())), (Some(2), once.clone()));

    let whole = redrive_at(at, &[]);
    assert_eq!(whole.code, 0, "{whole:?}");
    assert!(whole.out.ends_with("\n2 of 2 sent again.\n"), "{whole:?}");
    runtime.block_on(town.idle());
    assert_eq!((dead(&state()), done(&state())), (Some(0), once.clone()));

    let nothing = redrive_at(at, &[]);
    assert_eq!((nothing.code, nothing.out.as_str()), (0, "No dead letters.\n"));
    assert_eq!(done(&state()), once);
}

//! `dispatch status`, against a town on this machine: its store, its topic, its queues.

use std::{fs, net::SocketAddr, path::Path, sync::Arc, time::Duration};

use dispatch_local::{
    console,
    town::{Options, Town},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpListener, runtime::Runtime};

use crate::{
    http::{await_state, send},
    run::{Done, command, finish},
};

struct Place {
    runtime: Runtime,
    folder: TempDir,
    town: Arc<Town>,
    at: SocketAddr,
}

impl Place {
    /// Whatever fails twice dies.
    fn start() -> Self {
        let (runtime, folder) = (Runtime::new().unwrap(), TempDir::new().unwrap());
        let options = Options {
            store_url: format!("file://{}", folder.path().display()),
            retry_after: Duration::ZERO,
            late: Duration::ZERO,
            max_receives: 2,
            ..Options::default()
        };
        let town = Arc::new(runtime.block_on(Town::start(options)).unwrap());
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let at = listener.local_addr().unwrap();
        runtime.spawn(console::serve(town.clone(), listener));
        Place { runtime, folder, town, at }
    }

    fn publish(&self, title: &str, more: &Value) {
        let mut message = json!({
            "type": "self-service",
            "users": [{ "slack": "jane", "github": "jane" }],
            "body": {
                "github": { "title": title, "body": "b" },
                "slack": { "message": "m", "prompt": "Was it you?", "actions": { "yes": "Yes", "no": "No" } },
            },
        });
        message.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.town.publish(&message.to_string());
        self.runtime.block_on(self.town.idle());
    }

    fn status(&self, args: &[&str]) -> Done {
        status(Some(self.at), Some(self.folder.path()), args)
    }

    fn object(&self) -> Value {
        serde_json::from_str(&self.status(&["--json"]).out).unwrap()
    }

    /// Puts an alarm's timer to another time, as it is when nobody has looked for long.
    fn delay_timer(&self, to: &str) {
        let due = self.folder.path().join("due");
        let was = fs::read_dir(&due).unwrap().next().unwrap().unwrap().path();
        fs::rename(was, due.join(to)).unwrap();
    }
}

fn status(at: Option<SocketAddr>, store: Option<&Path>, args: &[&str]) -> Done {
    let nowhere = TempDir::new().unwrap();
    let mut command = command(nowhere.path(), &[&["status"], args].concat());
    if let Some(at) = at {
        command.env("AWS_ENDPOINT_URL", format!("http://{at}"));
    }
    if let Some(store) = store {
        command.env("DISPATCH_STORE_URL", format!("file://{}", store.display()));
    }
    finish(&mut command, b"")
}

#[test]
fn where_nothing_is_nobody_is_needed() {
    let place = Place::start();
    let done = place.status(&[]);
    assert_eq!((done.code, done.err.as_str()), (0, ""), "{done:?}");
    assert!(
        done.out.starts_with("Timers 0\nQueues 2\n") && done.out.ends_with("\nNothing needs a person.\n"),
        "{}",
        done.out
    );
}

#[test]
fn what_waits_is_shown_with_its_issue_and_when_it_is_due() {
    let place = Place::start();
    place.publish("jane signed in", &json!({ "answerTimeout": "PT5M" }));
    place.publish("jane signed out", &json!({ "answerTimeout": "off" }));
    let done = place.status(&[]);
    assert_eq!(done.code, 0, "{done:?}");
    let lines: Vec<&str> = done.out.lines().collect();
    assert!(lines[0].starts_with("Timers 2, the next in "), "{}", done.out);
    assert!(lines[1].starts_with("  in ") && lines[1].ends_with(" asked       jane signed in"), "{}", done.out);
    assert!(lines[2].starts_with("  reminder ") && lines[2].ends_with("/issues/1"), "{}", done.out);
    assert!(lines[3].ends_with(" asked       jane signed out"), "{}", done.out);
    assert!(lines[4].starts_with("  look at issue ") && lines[4].ends_with("/issues/2"), "{}", done.out);
    let object = place.object();
    assert_eq!(object["timers"]["alarms"][0]["title"], "jane signed in");
    assert_eq!((&object["timers"]["count"], &object["timers"]["overdue"]), (&json!(2), &json!(0)));
    assert_eq!((&object["without_timer"]["count"], &object["journals_read"]), (&json!(0), &json!(2)));
    assert_eq!((&object["needs_a_person"], &object["not_looked_at"]), (&json!([]), &json!([])));
    // It says what it did not look at.
    let bounded = place.status(&["--limit", "0", "--journals", "1"]);
    assert!(
        bounded.out.contains("  and 2 more\n") && bounded.out.contains("  1 journals were read, and there are more")
    );
}

#[test]
fn a_clock_that_is_silent_needs_a_person() {
    let place = Place::start();
    place.publish("jane signed in", &json!({ "answerTimeout": "PT4H" }));
    place.delay_timer("20260101T000000Z");
    let done = place.status(&[]);
    assert_eq!(done.code, 1, "{done:?}");
    assert!(done.out.starts_with("Timers 1, 1 overdue\n") && done.out.contains("\n  late "), "{}", done.out);
    assert!(done.out.contains("\nNeeds a person\n  the clock is silent: a timer is "), "{}", done.out);
}

#[test]
fn dead_letters_and_what_cannot_be_read_need_a_person() {
    let place = Place::start();
    for service in ["slack", "github"] {
        let body = json!({ "service": service, "kind": "down" }).to_string();
        assert_eq!(send(place.at, "POST", "/api/fault", &body).0, 200);
    }
    place.publish("jane signed in", &json!({}));
    await_state(place.at, |state| (state["queues"].as_array()?.iter().any(|queue| queue["dead"] == 1)).then_some(()));
    fs::write(place.folder.path().join("alarms").join(format!("{}.json", "a".repeat(40))), "no journal").unwrap();
    let done = place.status(&[]);
    assert_eq!(done.code, 1, "{done:?}");
    for part in [
        "Begun and not finished 1\n",
        "Not to be read 1\n",
        " 1 dead letter in ",
        "\nNeeds a person\n  1 dead letter: `dispatch redrive --list` shows what and why\n  1 journal cannot be read",
    ] {
        assert!(done.out.contains(part), "{part:?} in {}", done.out);
    }
    // To look is no delivery.
    assert_eq!(place.status(&[]).out.matches(" 1 dead letter in ").count(), 1);
}

#[test]
fn what_cannot_be_looked_at_is_told_and_is_never_a_good_sign() {
    let place = Place::start();
    let no_store = status(Some(place.at), None, &[]);
    assert_eq!(no_store.code, 2, "{no_store:?}");
    assert!(no_store.out.contains("Not looked at\n  the store: DISPATCH_STORE_URL is not set\n"), "{no_store:?}");
    assert!(no_store.out.contains("Queues 2\n") && !no_store.out.contains("Nothing needs"), "{no_store:?}");
    let missing = place.folder.path().join("nowhere");
    let no_folder = status(Some(place.at), Some(&missing), &[]);
    assert!(no_folder.code == 2 && no_folder.out.contains("and there is no such folder\n"), "{no_folder:?}");
    assert!(!missing.exists());
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let no_queues = status(Some(free), Some(place.folder.path()), &[]);
    assert_eq!(no_queues.code, 2, "{no_queues:?}");
    assert!(no_queues.out.contains("Timers 0\n") && no_queues.out.contains("\n  the queues: "), "{no_queues:?}");
    assert!(no_queues.out.contains("  Is `dispatch local` running there?"), "{no_queues:?}");
}

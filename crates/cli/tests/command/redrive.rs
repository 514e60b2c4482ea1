//! `dispatch redrive`, against queues on this machine.

mod story;
mod toll;

use std::net::SocketAddr;

use dispatch_simulator::aws::{self, Queue, QueueSettings, Subscription, Topic};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpListener, runtime::Runtime};

use self::toll::Toll;
use crate::run::{Done, dispatch};

/// A topic and its queues, served over HTTP; whatever is received from a queue of `max_receives` 0 dies.
struct Place {
    at: SocketAddr,
    topic: Topic,
    queues: Vec<Queue>,
    runtime: Runtime,
}

impl Place {
    fn with(names: &[&str]) -> Self {
        let runtime = Runtime::new().unwrap();
        let queue = |name: &&str| Queue::new(QueueSettings { max_receives: 0, ..QueueSettings::named(*name) });
        let queues: Vec<Queue> = names.iter().map(queue).collect();
        let topic = Topic::new("dispatch", queues.iter().map(Subscription::new));
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let at = listener.local_addr().unwrap();
        let router = aws::router(topic.clone());
        runtime.spawn(async move { axum::serve(listener, router).await });
        Place { at, topic, queues, runtime }
    }

    /// Publishes messages, and lets all of them die. What SNS calls them.
    fn lose(&self, titles: &[&str]) -> Vec<String> {
        let publish = |title: &&str| self.topic.publish(&aws::Publication::new(nag(title))).to_string();
        let ids = titles.iter().map(publish).collect();
        self.queues.iter().for_each(|queue| assert!(queue.receive(10).is_empty()));
        ids
    }

    fn redrive(&self, args: &[&str]) -> Done {
        redrive_at(self.at, args)
    }

    /// How much waits, and how much is dead.
    fn counts(&self) -> Vec<(usize, usize)> {
        let counts = self.queues.iter().map(Queue::counts);
        counts.map(|counts| (counts.waiting, counts.dead)).collect()
    }
}

fn redrive_at(at: SocketAddr, args: &[&str]) -> Done {
    dispatch(&[&["redrive", "--endpoint-url", &format!("http://{at}")], args].concat(), "")
}

fn nag(title: &str) -> String {
    json!({ "type": "nag", "body": { "github": { "title": title, "body": "not for everybody's eyes" } } }).to_string()
}

/// The objects that were printed, one a line.
fn objects(done: &Done) -> Vec<Value> {
    done.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn nothing_there_is_said_and_is_no_failure() {
    let place = Place::with(&["alarms"]);
    for args in [&["--list"][..], &[]] {
        let done = place.redrive(args);
        assert_eq!((done.code, done.out.as_str(), done.err.as_str()), (0, "No dead letters.\n", ""));
    }
}

#[test]
fn a_list_shows_what_there_is_and_changes_nothing() {
    let place = Place::with(&["urgent", "alarms"]);
    let ids = place.lose(&["Disk \u{1b}[31mfull"]);
    for looks in 1..=2 {
        let done = place.redrive(&["--list"]);
        assert_eq!((done.code, done.err.as_str()), (0, ""), "{done:?}");
        assert!(done.out.ends_with("\n2 dead letters.\n"), "{}", done.out);
        for part in [
            "Disk [31mfull (nag)\n".to_owned(),
            format!("  message  {}\n", ids[0]),
            "  queue    urgent, dead letters in urgent-dead\n".to_owned(),
            "  queue    alarms, dead letters in alarms-dead\n".to_owned(),
            format!("Z, received {looks} times, this time included\n"),
            "  why      not kept (DISPATCH_STORE_URL is not set); ".to_owned(),
        ] {
            assert!(done.out.contains(&part), "{part:?} in {}", done.out);
        }
        assert!(!done.out.contains("eyes"), "{}", done.out);
    }
    assert_eq!(place.counts(), [(0, 1), (0, 1)]);
}

#[test]
fn every_letter_goes_back_to_its_queue_however_many_there_are() {
    let place = Place::with(&["urgent", "alarms"]);
    let titles: Vec<String> = (0..12).map(|number| format!("number {number}")).collect();
    let ids = place.lose(&titles.iter().map(String::as_str).collect::<Vec<_>>());
    let listed = objects(&place.redrive(&["--list", "--json"]));
    assert_eq!(listed.len(), 24);
    let done = place.redrive(&["--json"]);
    assert_eq!((done.code, done.err.as_str()), (0, ""), "{done:?}");
    let sent = objects(&done);
    for queue in ["urgent", "alarms"] {
        let of_queue: Vec<_> = sent.iter().filter(|letter| letter["queue"] == queue).collect();
        assert!(ids.iter().all(|id| of_queue.iter().any(|letter| letter["message"] == id.as_str())), "{done:?}");
        assert!(of_queue.iter().all(|letter| letter["outcome"] == "sent" && letter["problem"] == Value::Null));
    }
    assert_eq!(place.counts(), [(12, 0), (12, 0)]);
}

#[test]
fn what_dies_again_at_once_is_not_sent_for_ever() {
    let place = Place::with(&["alarms"]);
    place.lose(&["one", "two"]);
    let queue = place.queues[0].clone();
    // Looks at the queue at every change; what is in there dies of that.
    place.runtime.spawn(async move { queue.receive_some(1).await });
    let done = place.redrive(&[]);
    assert_eq!(done.code, 0, "{done:?}");
    assert!(done.out.ends_with("\n2 of 2 sent again.\n"), "{}", done.out);
    assert_eq!(place.counts(), [(0, 2)]);
}

#[test]
fn one_message_can_be_sent_alone() {
    let place = Place::with(&["alarms"]);
    let ids = place.lose(&["one", "two"]);
    let done = place.redrive(&["--message", &ids[1], "--message", "nobody", "--yes"]);
    assert_eq!((done.code, done.err.as_str()), (1, "error: nobody: no dead letter has this id\n"));
    assert!(done.out.contains("two (nag)\n") && done.out.contains(&format!("sent again {}\n", ids[1])), "{done:?}");
    assert!(!done.out.contains("one (nag)"), "{done:?}");
    assert_eq!(place.counts(), [(1, 1)]);
    // The other one was not left hidden.
    assert_eq!(objects(&place.redrive(&["--list", "--json"]))[0]["title"], "one");
}

#[test]
fn what_cannot_be_sent_stays_and_is_told() {
    let place = Place::with(&["alarms"]);
    let ids = place.lose(&["one"]);
    let toll = Toll::before(place.at, "AmazonSQS.SendMessage");
    let done = redrive_at(toll.at, &[]);
    assert_eq!(done.code, 1, "{done:?}");
    assert!(done.out.contains(&format!("not sent {}: sqs SendMessage ", ids[0])), "{done:?}");
    assert!(done.out.ends_with("\n0 of 1 sent again.\n"), "{done:?}");
    assert_eq!(place.counts(), [(0, 1)]);
}

#[test]
fn a_queue_that_cannot_be_looked_at_keeps_no_other_from_it() {
    let place = Place::with(&["in-order.fifo", "alarms"]);
    place.lose(&["one"]);
    let done = place.redrive(&[]);
    assert_eq!(done.code, 1, "{done:?}");
    assert!(done.err.starts_with("error: in-order.fifo: not looked at, ") && done.err.contains("(FIFO)"), "{done:?}");
    assert!(done.out.ends_with("\n1 of 1 sent again.\n"), "{done:?}");
}

#[test]
fn a_topic_or_a_place_that_is_not_there_is_told() {
    let place = Place::with(&["alarms"]);
    let other = "arn:aws:sns:us-east-1:000000000000:other";
    let done = place.redrive(&["--topic", other]);
    assert_eq!((done.code, done.err), (2, format!("error: http://{} has no topic {other}\n", place.at)));
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let done = redrive_at(free, &["--list"]);
    assert_eq!(done.code, 2);
    assert!(done.err.contains("\nIs `dispatch local` running there?"), "{done:?}");
}

#[test]
fn a_store_that_is_none_is_told_with_every_letter_and_stops_nothing() {
    let place = Place::with(&["alarms"]);
    place.lose(&["one"]);
    let folder = TempDir::new().unwrap();
    let mut command = crate::run::command(folder.path(), &["redrive", "--list", "--json"]);
    command.env("AWS_ENDPOINT_URL", format!("http://{}", place.at)).env("DISPATCH_STORE_URL", "ftp://x");
    let done = crate::run::finish(&mut command, b"");
    let not_kept = objects(&done)[0]["why"]["not_kept"].as_str().unwrap().to_owned();
    assert!(done.code == 0 && not_kept.starts_with("DISPATCH_STORE_URL: found \"ftp://x\", expected "), "{done:?}");
}

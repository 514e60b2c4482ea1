//! What can be wrong on AWS, as far as the topic, its queues and the store go.

use std::time::Duration;

use axum::{Router, http::StatusCode};
use dispatch_simulator::aws::{self, Queue, QueueSettings, Subscription, Topic};

use super::{
    Plant, find_each,
    ward::{RECEIVES, Ward},
};

#[test]
fn each_fault_of_the_topic_and_its_queues_is_found() {
    find_each(&[
        Plant::new(
            "no such topic",
            |ward| ward.set("DISPATCH_TOPIC_ARN", "arn:aws:sns:us-east-1:000000000000:other"),
            "topic",
            "aws sns list-topics",
        ),
        Plant::new(
            "nobody is subscribed",
            |ward| {
                let topic = Topic::new("dispatch", []);
                let at = ward.serve(aws::router(topic));
                ward.set("AWS_ENDPOINT_URL", &format!("http://{at}"));
            },
            "queues",
            "Subscribe the alarms queue: aws sns subscribe",
        ),
        Plant::new(
            "a queue without dead letters",
            |ward| {
                let queue = Queue::without_dead_letters(QueueSettings::named("alarms"));
                let at = ward.serve(aws::router(Topic::new("dispatch", [Subscription::new(&queue)])));
                ward.set("AWS_ENDPOINT_URL", &format!("http://{at}"));
            },
            "queue alarms",
            "redrive policy with maxReceiveCount 5",
        ),
        Plant::new(
            "nobody listens",
            |ward| ward.set("AWS_ENDPOINT_URL", "http://127.0.0.1:1"),
            "topic",
            "aws sts get-caller-identity",
        ),
        Plant::new("nobody is signed in", |ward| ward.unset("AWS_ACCESS_KEY_ID"), "credentials", "aws sso login"),
    ]);
}

#[test]
fn a_count_that_is_not_the_queues_is_found_with_each_queue() {
    let mut ward = Ward::right();
    ward.set("DISPATCH_MAX_RECEIVE_COUNT", "9");
    let findings = ward.examine(&[]);
    assert_eq!(findings.wrong(), ["queue urgent", "queue alarms"]);
    let told = findings.all.iter().find(|finding| finding["what"] == "queue urgent").unwrap();
    assert_eq!(told["text"], "a message is given up after 5 deliveries, and DISPATCH_MAX_RECEIVE_COUNT is 9");
    assert!(told["mend"].as_str().unwrap().starts_with("Set DISPATCH_MAX_RECEIVE_COUNT in the environment"), "{told}");
}

#[test]
fn dead_letters_are_noted() {
    let ward = Ward::right();
    ward.queues[1].send("lost".to_owned());
    for _ in 0..=RECEIVES {
        for message in ward.queues[1].receive(1) {
            ward.queues[1].hand_back(&message.receipt, Duration::ZERO);
        }
    }
    let findings = ward.examine(&[]);
    let told = findings.all.iter().find(|finding| finding["what"] == "dead letters alarms-dead").unwrap();
    assert_eq!((findings.code, told["verdict"].as_str()), (0, Some("note")), "{findings:#?}");
    assert_eq!(told["text"], "1 wait there: `dispatch redrive --list` shows them, and why");
}

/// The store is a bucket whose server says nothing but this.
fn bucket(ward: &mut Ward, status: u16, code: &'static str) {
    let status = StatusCode::from_u16(status).unwrap();
    let answer = move || async move { (status, format!("<Error><Code>{code}</Code></Error>")) };
    let at = ward.serve(Router::new().fallback(answer));
    ward.set("DISPATCH_STORE_URL", "s3://example-bucket");
    ward.set("AWS_ENDPOINT_URL_S3", &format!("http://{at}"));
}

#[test]
fn each_fault_of_the_store_is_found() {
    find_each(&[
        Plant::new(
            "a file where the folder should be",
            |ward| {
                let file = ward.folder.path().join("file");
                std::fs::write(&file, "").unwrap();
                ward.set("DISPATCH_STORE_URL", &format!("file://{}", file.display()));
            },
            "store",
            "Set DISPATCH_STORE_URL",
        ),
        Plant::new(
            "something that is no store of Dispatch's",
            |ward| std::fs::write(ward.folder.path().join("doctor"), "").unwrap(),
            "store",
            "the right to read and to write there",
        ),
        Plant::new(
            "a bucket that does not answer",
            |ward| {
                ward.set("DISPATCH_STORE_URL", "s3://example-bucket");
                ward.set("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:1");
            },
            "store",
            "aws sts get-caller-identity",
        ),
        Plant::new(
            "a bucket nowhere",
            |ward| {
                bucket(ward, 500, "InternalError");
                ward.unset("AWS_REGION");
            },
            "store",
            "Set AWS_REGION in this shell",
        ),
        Plant::new(
            "a bucket without rights",
            |ward| bucket(ward, 403, "AccessDenied"),
            "store",
            "Allow s3:PutObject on the bucket",
        ),
        Plant::new("no such bucket", |ward| bucket(ward, 404, "NoSuchBucket"), "store", "aws s3 ls"),
        Plant::new("a bucket elsewhere", |ward| bucket(ward, 301, "PermanentRedirect"), "store", "Set AWS_REGION"),
        Plant::new("credentials that have expired", |ward| bucket(ward, 400, "ExpiredToken"), "store", "Sign in again"),
    ]);
}

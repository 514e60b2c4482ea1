use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::timeout;

use super::*;
use crate::aws::lambda::{RETRY_WAITS, handler, invoke};
use crate::aws::{Counts, Publication, QueueSettings, Subscription, Topic};

const LONG: Duration = Duration::from_secs(3_600);

fn queue(max_receives: u32) -> Queue {
    Queue::new(QueueSettings { max_receives, ..QueueSettings::named("alarms") })
}

/// What a function was given, and a function that answers by a rule.
fn recording(
    rule: impl Fn(&Value) -> Result<Value, String> + Send + Sync + 'static,
) -> (Arc<Mutex<Vec<Value>>>, Handler) {
    let events = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&events);
    let function = handler(move |event: Value| {
        let answer = rule(&event);
        seen.lock().unwrap().push(event);
        async move { answer }
    });
    (events, function)
}

fn bodies(event: &Value) -> Vec<String> {
    let records = event["Records"].as_array().unwrap();
    records.iter().map(|record| record["body"].as_str().unwrap().to_owned()).collect()
}

/// Names the messages of an event whose body is `bad`.
fn bad_ones(event: &Value) -> Value {
    let records = event["Records"].as_array().unwrap().iter();
    let bad = records.filter(|record| record["body"] == "bad");
    let failures: Vec<Value> = bad.map(|record| json!({"itemIdentifier": record["messageId"]})).collect();
    json!({"batchItemFailures": failures})
}

async fn idle(mapping: &Mapping) {
    timeout(LONG, mapping.idle()).await.expect("the queue should become empty");
}

#[tokio::test(start_paused = true)]
async fn the_event_is_the_one_that_lambda_sends() {
    let queue = queue(10);
    let topic = Topic::new("dispatch", [Subscription::new(&queue)]);
    topic.publish(&Publication { group: Some("jane".to_owned()), ..Publication::new("{\"type\": \"nag\"}") });
    let (events, function) = recording(|_| Ok(Value::Null));
    idle(&Mapping::start(&queue, function, MappingSettings::default())).await;

    let event = events.lock().unwrap().remove(0);
    let record = &event["Records"][0];
    assert_eq!(record["eventSource"], "aws:sqs");
    assert_eq!(record["eventSourceARN"], "arn:aws:sqs:us-east-1:000000000000:alarms");
    assert_eq!(record["awsRegion"], "us-east-1");
    assert_eq!(record["attributes"]["ApproximateReceiveCount"], "1");
    assert_eq!(record["attributes"]["MessageGroupId"], "jane");
    assert_eq!(record["messageAttributes"], json!({}));
    for name in ["SentTimestamp", "ApproximateFirstReceiveTimestamp"] {
        assert_eq!(record["attributes"][name].as_str().unwrap().len(), 13, "{name} is in milliseconds");
    }
    let read: aws_lambda_events::sqs::SqsEvent = serde_json::from_value(event.clone()).unwrap();
    let envelope: Value = serde_json::from_str(read.records[0].body.as_deref().unwrap()).unwrap();
    assert_eq!(envelope["Message"], "{\"type\": \"nag\"}");
}

#[tokio::test(start_paused = true)]
async fn raw_attributes_stand_beside_the_body() {
    let queue = queue(10);
    let attribute = |data_type: &str, value: &str| crate::aws::Attribute {
        data_type: data_type.to_owned(),
        value: value.to_owned(),
    };
    Topic::new("dispatch", [Subscription::new(&queue).raw()]).publish(&Publication {
        attributes: [("a".to_owned(), attribute("String", "x")), ("b".to_owned(), attribute("Binary", "eA=="))].into(),
        ..Publication::new("hello")
    });
    let event = lambda::queue_event(&queue, &queue.receive(1));
    assert_eq!(bodies(&event), ["hello"]);
    // As `printf hello | md5sum` prints it.
    assert_eq!(event["Records"][0]["md5OfBody"], "5d41402abc4b2a76b9719d911017c592");
    let attributes = &event["Records"][0]["messageAttributes"];
    assert_eq!((&attributes["a"]["stringValue"], &attributes["a"]["dataType"]), (&json!("x"), &json!("String")));
    assert_eq!(attributes["b"]["binaryValue"], "eA==");
    serde_json::from_value::<aws_lambda_events::sqs::SqsEvent>(event).unwrap();
}

#[tokio::test(start_paused = true)]
async fn one_bad_message_comes_back_alone_until_it_is_dead() {
    let queue = queue(3);
    for body in ["a", "bad", "b"] {
        queue.send(body);
    }
    let (events, function) = recording(|event| Ok(bad_ones(event)));
    let mapping = Mapping::start(&queue, function, MappingSettings::default());
    let start = Instant::now();
    idle(&mapping).await;

    let seen: Vec<Vec<String>> = events.lock().unwrap().iter().map(bodies).collect();
    assert_eq!(seen, [vec!["a", "bad", "b"], vec!["bad"], vec!["bad"]]);
    assert_eq!(start.elapsed().as_secs(), 3, "a second after each of three failures");
    assert_eq!(queue.counts(), Counts { waiting: 0, in_flight: 0, dead: 1 });

    assert_eq!(queue.redrive(), 1);
    idle(&mapping).await;
    let again = &events.lock().unwrap()[3];
    assert_eq!(again["Records"][0]["attributes"]["ApproximateReceiveCount"], "1");
}

#[tokio::test(start_paused = true)]
async fn answers_are_read_as_aws_reads_them() {
    let queue = queue(10);
    queue.send("a");
    queue.send("b");
    let batch = queue.receive(2);
    let second = batch[1].id.as_str();
    let done = [json!(null), json!({}), json!({"batchItemFailures": null}), json!({"batchItemFailures": []})];
    for answer in done {
        assert_eq!(lambda::failed(&answer, &batch), Ok(vec![]), "{answer}");
    }
    assert_eq!(lambda::failed(&json!({"batchItemFailures": [{"itemIdentifier": second}]}), &batch), Ok(vec![1]));
    let whole = [
        json!("done"),
        json!([]),
        json!({"failures": []}),
        json!({"batchItemFailures": second}),
        json!({"batchItemFailures": [second]}),
        json!({"batchItemFailures": [{"itemIdentifier": ""}]}),
        json!({"batchItemFailures": [{"itemIdentifier": null}]}),
        json!({"batchItemFailures": [{"messageId": second}]}),
        json!({"batchItemFailures": [{"itemIdentifier": "unknown"}, {"itemIdentifier": second}]}),
    ];
    for answer in whole {
        assert!(lambda::failed(&answer, &batch).is_err(), "{answer}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_error_a_panic_or_nonsense_fails_the_whole_batch() {
    type Rule = fn(&Value) -> Result<Value, String>;
    let rules: [Rule; 3] = [|_| Err("out of memory".to_owned()), |_| panic!("a bug"), |_| Ok(json!("done"))];
    for rule in rules {
        let queue = queue(2);
        queue.send("a");
        queue.send("b");
        let calls = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&calls);
        let function = handler(move |event| {
            counted.fetch_add(1, Ordering::SeqCst);
            async move { rule(&event) }
        });
        idle(&Mapping::start(&queue, function, MappingSettings::default())).await;
        assert_eq!((calls.load(Ordering::SeqCst), queue.counts().dead), (2, 2));
    }
}

#[tokio::test(start_paused = true)]
async fn batches_are_as_large_as_allowed_and_wait_for_the_window() {
    let queue = queue(10);
    let (events, function) = recording(|_| Ok(Value::Null));
    let settings = MappingSettings { batch_size: 3, window: Duration::from_secs(5), ..Default::default() };
    let mapping = Mapping::start(&queue, function, settings);
    let start = Instant::now();
    for body in ["a", "b", "c", "d"] {
        queue.send(body);
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    idle(&mapping).await;
    let seen: Vec<Vec<String>> = events.lock().unwrap().iter().map(bodies).collect();
    assert_eq!(seen, [vec!["a", "b", "c"], vec!["d"]]);
    assert_eq!(start.elapsed().as_secs(), 8, "the fourth came after 3 s and waited for 5 s");
}

#[tokio::test(start_paused = true)]
async fn no_more_batches_run_than_allowed() {
    let queue = queue(10);
    for n in 0..6 {
        queue.send(n.to_string());
    }
    let (started, mut starts) = mpsc::unbounded_channel();
    let gate = Arc::new(Semaphore::new(0));
    let open = Arc::clone(&gate);
    let function = handler(move |_| {
        started.send(()).unwrap();
        let gate = Arc::clone(&gate);
        async move {
            gate.acquire().await.unwrap().forget();
            Ok(Value::Null)
        }
    });
    let settings = MappingSettings { batch_size: 1, concurrency: 2, ..Default::default() };
    let mapping = Mapping::start(&queue, function, settings);
    for done in 0..6 {
        timeout(LONG, starts.recv()).await.unwrap();
        if done > 0 {
            assert!(queue.counts().in_flight <= 2, "{:?}", queue.counts());
            open.add_permits(1);
        }
    }
    open.add_permits(1);
    idle(&mapping).await;
}

#[tokio::test(start_paused = true)]
async fn a_dropped_mapping_stops_in_the_middle() {
    let queue = queue(10);
    queue.send("x");
    let (started, mut starts) = mpsc::unbounded_channel();
    let function = handler(move |_| {
        started.send(()).unwrap();
        std::future::pending()
    });
    let mapping = Mapping::start(&queue, function, MappingSettings::default());
    timeout(LONG, starts.recv()).await.unwrap();
    drop(mapping);
    // The function held the sender, so its end is the end of every task.
    assert!(timeout(LONG, starts.recv()).await.expect("the tasks should end").is_none());
    let message = timeout(LONG, queue.receive_some(1)).await.unwrap().remove(0);
    assert_eq!(message.receives, 2, "it came back when its visibility ended");
}

#[tokio::test(start_paused = true)]
async fn an_asynchronous_call_is_tried_three_times() {
    for (failures, expected, waited_s) in [(0, Ok(json!(1)), 0), (2, Ok(json!(3)), 180), (3, Err("3".to_owned()), 180)]
    {
        let calls = AtomicUsize::new(0);
        let function = handler(move |_| {
            let call = calls.fetch_add(1, Ordering::SeqCst) + 1;
            async move { if call > failures { Ok(json!(call)) } else { Err(call.to_string()) } }
        });
        let event = Topic::new("dispatch", []).function_event(&Publication::new("x"));
        let start = Instant::now();
        assert_eq!(invoke(&function, &event, RETRY_WAITS).await, expected);
        assert_eq!(start.elapsed().as_secs(), waited_s);
    }
}

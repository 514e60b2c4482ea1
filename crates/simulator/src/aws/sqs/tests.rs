//! Over real HTTP, with the bytes that the AWS command line sends.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use super::messages::SIZE_MAX;
use super::*;
use crate::aws::{Publication, QueueSettings, Subscription, router};

struct Sqs {
    address: String,
    topic: Topic,
    queue: Queue,
}

impl Sqs {
    /// One queue, `alarms`, whose messages die after they were received once.
    async fn start() -> Self {
        let queue = Queue::new(QueueSettings { max_receives: 1, ..QueueSettings::named("alarms") });
        let topic = Topic::new("dispatch", [Subscription::new(&queue).raw()]);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let router = router(topic.clone());
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, topic, queue }
    }

    /// Posts a request; yields the head of the answer and its body.
    async fn post(&self, headers: &str, body: &str) -> (String, String) {
        let request = format!(
            "POST / HTTP/1.1\r\nHost: {}\r\nAccept-Encoding: identity\r\nUser-Agent: aws-cli/1.46.2\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=x/20261121/us-east-1/sqs/aws4_request, Signature=x\r\n\
             Connection: close\r\n{headers}Content-Length: {}\r\n\r\n{body}",
            self.address,
            body.len(),
        );
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).await.unwrap();
        let (head, body) = response.split_once("\r\n\r\n").unwrap();
        (head.to_owned(), body.to_owned())
    }

    async fn call(&self, action: &str, request: Value) -> (String, Value) {
        let headers = format!("X-Amz-Target: AmazonSQS.{action}\r\nContent-Type: {VERSION}\r\n");
        let (head, body) = self.post(&headers, &request.to_string()).await;
        (head, serde_json::from_str(&body).unwrap_or_default())
    }

    /// What must work.
    async fn done(&self, action: &str, request: Value) -> Value {
        let (head, answer) = self.call(action, request).await;
        assert!(head.starts_with("HTTP/1.1 200 "), "{head}\n{answer}");
        answer
    }

    fn url(&self, name: &str) -> String {
        format!("http://{}/{ACCOUNT}/{name}", self.address)
    }

    async fn receive(&self, name: &str) -> Value {
        let names = ["All"];
        let request = json!({"QueueUrl": self.url(name), "MaxNumberOfMessages": 10, "AttributeNames": names,
            "MessageAttributeNames": names});
        self.done("ReceiveMessage", request).await
    }
}

#[tokio::test]
async fn queues_and_those_of_their_dead_letters_are_found() {
    let sqs = Sqs::start().await;
    let (alarms, dead) = (sqs.url("alarms"), sqs.url("alarms-dead"));
    let request = json!({"QueueName": "alarms", "QueueOwnerAWSAccountId": ACCOUNT});
    assert_eq!(sqs.done("GetQueueUrl", request).await, json!({"QueueUrl": alarms}));
    assert_eq!(sqs.done("ListQueues", json!({})).await, json!({"QueueUrls": [alarms, dead]}));
    let prefix = json!({"QueueNamePrefix": "alarms-"});
    assert_eq!(sqs.done("ListQueues", prefix).await, json!({"QueueUrls": [dead]}));
    let sources = sqs.done("ListDeadLetterSourceQueues", json!({"QueueUrl": dead})).await;
    assert_eq!(sources, json!({"queueUrls": [alarms]}));

    let attributes = json!({"QueueUrl": alarms, "AttributeNames": ["RedrivePolicy", "KmsMasterKeyId"]});
    let found = sqs.done("GetQueueAttributes", attributes).await;
    let policy: Value = serde_json::from_str(found["Attributes"]["RedrivePolicy"].as_str().unwrap()).unwrap();
    let expected = json!({"deadLetterTargetArn": sqs.queue.dead().unwrap().arn(), "maxReceiveCount": 1});
    assert_eq!((policy, found["Attributes"].as_object().unwrap().len()), (expected, 1));
    let all = sqs.done("GetQueueAttributes", json!({"QueueUrl": dead, "AttributeNames": ["All"]})).await;
    assert_eq!(all["Attributes"]["QueueArn"], sqs.queue.dead().unwrap().arn());
    assert_eq!(all["Attributes"].get("RedrivePolicy"), None);
}

#[tokio::test]
async fn a_message_is_sent_hidden_shown_and_deleted() {
    let sqs = Sqs::start().await;
    let url = sqs.url("alarms-dead");
    let attributes = json!({"kind": {"DataType": "String", "StringValue": "x"},
        "raw": {"DataType": "Binary", "BinaryValue": "eA=="}});
    let request = json!({"QueueUrl": url, "MessageBody": "hello", "MessageAttributes": attributes});
    let sent = sqs.done("SendMessage", request).await;
    assert_eq!(sent["MD5OfMessageBody"], "5d41402abc4b2a76b9719d911017c592");

    let received = sqs.receive("alarms-dead").await;
    let message = &received["Messages"][0];
    assert_eq!((&message["MessageId"], &message["Body"]), (&sent["MessageId"], &json!("hello")));
    assert_eq!((&message["MD5OfBody"], &message["MessageAttributes"]), (&sent["MD5OfMessageBody"], &attributes));
    assert_eq!(message["Attributes"]["ApproximateReceiveCount"], "1");
    assert!(message["Attributes"]["SentTimestamp"].as_str().unwrap().parse::<u64>().is_ok());
    assert_eq!(sqs.receive("alarms-dead").await, json!({}), "it is hidden");
    let counts = json!({"QueueUrl": url, "AttributeNames": ["All"]});
    let counted = sqs.done("GetQueueAttributes", counts).await;
    assert_eq!(counted["Attributes"]["ApproximateNumberOfMessagesNotVisible"], "1");

    let receipt = &message["ReceiptHandle"];
    let show = json!({"QueueUrl": url, "ReceiptHandle": receipt, "VisibilityTimeout": 0});
    assert_eq!(sqs.done("ChangeMessageVisibility", show.clone()).await, Value::Null);
    let (head, answer) = sqs.call("ChangeMessageVisibility", show).await;
    assert!(head.contains("x-amzn-query-error: AWS.SimpleQueueService.MessageNotInflight;Sender"), "{head}");
    assert_eq!(answer["__type"], "com.amazonaws.sqs#MessageNotInflight");
    let again = sqs.receive("alarms-dead").await;
    assert_eq!(again["Messages"][0]["Attributes"]["ApproximateReceiveCount"], "2");

    let delete = json!({"QueueUrl": url, "ReceiptHandle": again["Messages"][0]["ReceiptHandle"]});
    for _ in 0..2 {
        assert_eq!(sqs.done("DeleteMessage", delete.clone()).await, Value::Null);
    }
    assert_eq!(sqs.queue.counts().dead, 0);
}

#[tokio::test]
async fn a_dead_letter_says_where_it_died_and_keeps_its_name() {
    let sqs = Sqs::start().await;
    sqs.topic.publish(&Publication { group: Some("team".to_owned()), ..Publication::new("x") });
    let url = sqs.url("alarms");
    let at_once = json!({"QueueUrl": url, "VisibilityTimeout": 0});
    let first = sqs.done("ReceiveMessage", at_once).await;
    assert_eq!(first["Messages"][0].get("Attributes"), None, "nobody asked for any");
    assert_eq!(sqs.receive("alarms").await, json!({}));
    let dead = sqs.receive("alarms-dead").await;
    let message = &dead["Messages"][0];
    assert_eq!(message["MessageId"], first["Messages"][0]["MessageId"]);
    assert_eq!(message["Attributes"]["DeadLetterQueueSourceArn"], sqs.queue.arn());
    assert_eq!(message["Attributes"]["MessageGroupId"], "team");
    assert_eq!(message["Attributes"]["ApproximateReceiveCount"], "2");
}

#[tokio::test]
async fn whoever_waits_gets_a_message_as_soon_as_it_comes() {
    let sqs = Sqs::start().await;
    let wait = json!({"QueueUrl": sqs.url("alarms"), "WaitTimeSeconds": 20});
    let (received, _) = tokio::join!(sqs.done("ReceiveMessage", wait), async { sqs.queue.send("late") });
    assert_eq!(received["Messages"][0]["Body"], "late");
}

#[tokio::test]
async fn what_is_not_as_it_should_be_is_refused_in_the_words_of_sqs() {
    let sqs = Sqs::start().await;
    let url = sqs.url("alarms");
    let elsewhere = format!("http://{}/123456789012/alarms", sqs.address);
    let receipt = "8c5b1f0e-0000-4000-8000-000000000000";
    let table = [
        ("GetQueueUrl", json!({"QueueName": "other"}), "QueueDoesNotExist"),
        ("GetQueueUrl", json!({"QueueName": "alarms", "QueueOwnerAWSAccountId": "123456789012"}), "QueueDoesNotExist"),
        ("GetQueueUrl", json!({}), "InvalidParameterValue"),
        ("GetQueueAttributes", json!({"QueueUrl": url, "AttributeNames": ["Age"]}), "InvalidAttributeName"),
        ("ReceiveMessage", json!({"QueueUrl": elsewhere}), "QueueDoesNotExist"),
        ("ReceiveMessage", json!({"QueueUrl": "alarms"}), "QueueDoesNotExist"),
        ("ReceiveMessage", json!({"QueueUrl": url, "MaxNumberOfMessages": 11}), "InvalidParameterValue"),
        ("ReceiveMessage", json!({"QueueUrl": url, "WaitTimeSeconds": 21}), "InvalidParameterValue"),
        ("ReceiveMessage", json!({"QueueUrl": url, "VisibilityTimeout": 43_201}), "InvalidParameterValue"),
        ("ReceiveMessage", json!({"QueueUrl": url, "ReceiveRequestAttemptId": "1"}), "InvalidParameterValue"),
        ("SendMessage", json!({"QueueUrl": url, "MessageBody": ""}), "MissingParameter"),
        ("SendMessage", json!({"QueueUrl": url, "MessageBody": "x".repeat(SIZE_MAX + 1)}), "InvalidParameterValue"),
        ("SendMessage", json!({"QueueUrl": url, "MessageBody": "x", "DelaySeconds": 1}), "InvalidParameterValue"),
        ("DeleteMessage", json!({"QueueUrl": url, "ReceiptHandle": "x"}), "ReceiptHandleIsInvalid"),
        (
            "ChangeMessageVisibility",
            json!({"QueueUrl": url, "ReceiptHandle": receipt, "VisibilityTimeout": 1}),
            "MessageNotInflight",
        ),
        ("PurgeQueue", json!({"QueueUrl": url}), "UnknownOperationException"),
    ];
    for (action, request, code) in table {
        let shown: String = request.to_string().chars().take(120).collect();
        let (head, answer) = sqs.call(action, request).await;
        assert!(head.starts_with("HTTP/1.1 400 "), "{action} {shown}: {head}");
        assert_eq!(answer["__type"], format!("com.amazonaws.sqs#{code}"), "{action} {shown}: {answer}");
    }
    let counts = sqs.queue.counts();
    assert_eq!((counts.waiting, counts.in_flight, counts.dead), (0, 0, 0));
}

#[tokio::test]
async fn another_protocol_or_service_is_not_mistaken_for_this_one() {
    let sqs = Sqs::start().await;
    for headers in [
        "X-Amz-Target: AmazonSQS.ListQueues\r\nContent-Type: application/x-amz-json-1.1\r\n",
        "X-Amz-Target: TrentService.Decrypt\r\nContent-Type: application/x-amz-json-1.0\r\n",
    ] {
        let (head, body) = sqs.post(headers, "{}").await;
        assert!(head.starts_with("HTTP/1.1 400 ") && body.contains("UnknownOperationException"), "{head}\n{body}");
    }
}

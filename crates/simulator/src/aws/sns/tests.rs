//! Over real HTTP, with the bytes that the AWS command line sends.

use axum::Router;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use url::form_urlencoded::byte_serialize;

use super::*;
use crate::aws::{Queue, QueueSettings, Subscription, router};

const ARN: &str = "arn%3Aaws%3Asns%3Aus-east-1%3A000000000000%3Adispatch";

struct Sns {
    address: String,
    queue: Queue,
}

impl Sns {
    async fn start() -> Self {
        Self::start_beside(Router::new()).await
    }

    /// Starts on a listener that serves other pages, too.
    async fn start_beside(pages: Router) -> Self {
        let queue = Queue::new(QueueSettings::named("alarms"));
        let topic = Topic::new("dispatch", [Subscription::new(&queue)]);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        tokio::spawn(async move { axum::serve(listener, router(topic).merge(pages)).await });
        Self { address, queue }
    }

    /// Posts a form with further header lines; yields the status and the body.
    async fn post_with(&self, headers: &str, form: &str) -> (u16, String) {
        let request = format!(
            "POST / HTTP/1.1\r\nAccept-Encoding: identity\r\n\
             Content-Type: application/x-www-form-urlencoded; charset=utf-8\r\n\
             User-Agent: aws-cli/1.46.2\r\nX-Amz-Date: 20261121T010049Z\r\n\
             Authorization: AWS4-HMAC-SHA256 Credential=x/20261121/us-east-1/sns/aws4_request, Signature=x\r\n\
             Connection: close\r\n{headers}Content-Length: {}\r\n\r\n{form}",
            form.len(),
        );
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut response = String::new();
        stream.read_to_string(&mut response).await.unwrap();
        let (head, body) = response.split_once("\r\n\r\n").unwrap();
        (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
    }

    async fn post(&self, form: &str) -> (u16, String) {
        self.post_with(&format!("Host: {}\r\n", self.address), form).await
    }

    /// Posts a form that must be refused; yields the status and the code.
    async fn refusal(&self, form: &str) -> (u16, String) {
        let (status, body) = self.post(form).await;
        assert!(
            body.starts_with(
                "<ErrorResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><Error><Type>Sender</Type><Code>"
            ),
            "{body}"
        );
        assert!(body.ends_with("</RequestId></ErrorResponse>"), "{body}");
        (status, inside(&body, "Code").to_owned())
    }

    fn envelopes(&self) -> Vec<Value> {
        let messages = self.queue.receive(10).into_iter();
        messages.map(|message| serde_json::from_str(&message.body).unwrap()).collect()
    }
}

/// The text of the first element of a name.
fn inside<'a>(xml: &'a str, name: &str) -> &'a str {
    let (_, rest) = xml.split_once(&format!("<{name}>")).unwrap_or_else(|| panic!("no {name} in {xml}"));
    rest.split_once(&format!("</{name}>")).unwrap().0
}

fn encode(text: &str) -> String {
    byte_serialize(text.as_bytes()).collect()
}

#[tokio::test]
async fn publish_as_the_command_line_does() {
    let sns = Sns::start().await;
    let form = format!(
        "Action=Publish&Version=2010-03-31&TopicArn={ARN}&Message=%7B%22a%22%3A+%22%C3%A9+%26+%2B+b%22%7D&Subject=Disk+full\
         &MessageAttributes.entry.1.Name=kind&MessageAttributes.entry.1.Value.DataType=String&MessageAttributes.entry.1.Value.StringValue=x\
         &MessageAttributes.entry.2.Name=raw&MessageAttributes.entry.2.Value.DataType=Binary&MessageAttributes.entry.2.Value.BinaryValue=eA%3D%3D"
    );
    let (status, body) = sns.post(&form).await;
    let envelope = sns.envelopes().remove(0);
    let (message_id, request_id) = (inside(&body, "MessageId"), inside(&body, "RequestId"));
    assert_eq!(
        (status, body.as_str()),
        (
            200,
            format!(
                "<PublishResponse xmlns=\"http://sns.amazonaws.com/doc/2010-03-31/\"><PublishResult><MessageId>{message_id}</MessageId>\
                 </PublishResult><ResponseMetadata><RequestId>{request_id}</RequestId></ResponseMetadata></PublishResponse>"
            )
            .as_str()
        )
    );
    assert_eq!(envelope["MessageId"], message_id);
    assert_eq!(envelope["Message"], "{\"a\": \"é & + b\"}");
    assert_eq!(envelope["Subject"], "Disk full");
    assert_eq!(envelope["MessageAttributes"]["kind"], json!({"Type": "String", "Value": "x"}));
    assert_eq!(envelope["MessageAttributes"]["raw"], json!({"Type": "Binary", "Value": "eA=="}));
}

#[tokio::test]
async fn a_target_is_a_topic_and_a_structure_has_a_text_for_queues() {
    let sns = Sns::start().await;
    let message = encode(r#"{"default": "d", "sqs": "for queues"}"#);
    let form = format!("Action=Publish&TargetArn={ARN}&MessageStructure=json&Message={message}&MessageGroupId=jane");
    assert_eq!(sns.post(&form).await.0, 200);
    let received = sns.queue.receive(1).remove(0);
    assert!(received.body.contains("\"Message\":\"for queues\""), "{}", received.body);
    assert_eq!(received.group.as_deref(), Some("jane"));
}

#[tokio::test]
async fn what_sns_refuses_is_refused_in_its_words() {
    let sns = Sns::start().await;
    let long = "x".repeat(262_145);
    let publish = |rest: &str| format!("Action=Publish&TopicArn={ARN}&{rest}");
    let table = [
        (
            "Action=Publish&TopicArn=arn%3Aaws%3Asns%3Aus-east-1%3A000000000000%3Aother&Message=x".to_owned(),
            404,
            "NotFound",
        ),
        ("Action=Publish&TopicArn=dispatch&Message=x".to_owned(), 400, "InvalidParameter"),
        ("Action=Publish&Message=x".to_owned(), 400, "InvalidParameter"),
        ("Action=Publish&PhoneNumber=%2B1&Message=x".to_owned(), 400, "InvalidParameter"),
        (publish("Message="), 400, "InvalidParameter"),
        (publish(""), 400, "InvalidParameter"),
        (publish(&format!("Message={long}")), 400, "InvalidParameter"),
        (publish(&format!("Message={}", "%01".repeat(1_000_000))), 400, "InvalidParameter"),
        (publish(&format!("Message=x&Subject={}", "s".repeat(100))), 400, "InvalidParameter"),
        (publish("Message=x&Subject=a%0Ab"), 400, "InvalidParameter"),
        (publish("Message=x&Subject="), 400, "InvalidParameter"),
        (publish("Message=x&MessageStructure=json"), 400, "InvalidParameter"),
        (publish("Message=x&MessageStructure=xml"), 400, "InvalidParameter"),
        (publish("Message=x&MessageDeduplicationId=1"), 400, "InvalidParameter"),
        (publish("Message=x&MessageAttributes.entry.1.Name=a"), 400, "ParameterValueInvalid"),
        ("Action=Subscribe".to_owned(), 400, "InvalidAction"),
        (String::new(), 400, "MissingAction"),
    ];
    for (form, status, code) in table {
        let shown = form.chars().take(120).collect::<String>();
        assert_eq!(sns.refusal(&form).await, (status, code.to_owned()), "{shown}");
    }
    assert_eq!(sns.queue.counts().waiting, 0);
}

#[tokio::test]
async fn the_longest_message_passes_however_it_is_encoded() {
    let sns = Sns::start().await;
    let message = "%01".repeat(262_144);
    let (status, _) = sns.post(&format!("Action=Publish&TopicArn={ARN}&Message={message}")).await;
    assert_eq!(status, 200);
    assert_eq!(sns.envelopes()[0]["Message"].as_str().unwrap().len(), 262_144);
}

#[tokio::test]
async fn what_a_stranger_wrote_is_escaped() {
    let sns = Sns::start().await;
    let (_, body) = sns.post("Action=%3Cb%3E%26").await;
    assert_eq!(inside(&body, "Message"), "The action &lt;b&gt;&amp; is not served here.");
}

fn batch(entries: &[(&str, &str)]) -> String {
    let mut form = format!("Action=PublishBatch&Version=2010-03-31&TopicArn={ARN}");
    for (n, (id, message)) in entries.iter().enumerate() {
        let entry = format!("PublishBatchRequestEntries.member.{}", n + 1);
        form += &format!("&{entry}.Id={}&{entry}.Message={}", encode(id), encode(message));
    }
    form
}

#[tokio::test]
async fn a_batch_takes_what_is_good_and_names_what_is_not() {
    let sns = Sns::start().await;
    let (status, body) = sns.post(&batch(&[("a", "one"), ("b", ""), ("c", "three")])).await;
    assert_eq!(status, 200);
    let (failed, successful) = (inside(&body, "Failed"), inside(&body, "Successful"));
    assert_eq!(
        failed,
        "<member><Id>b</Id><Code>InvalidParameter</Code><Message>Invalid parameter: Empty message</Message>\
         <SenderFault>true</SenderFault></member>"
    );
    assert_eq!(successful.matches("<member><MessageId>").count(), 2);
    assert!(successful.contains("<Id>a</Id></member>") && successful.ends_with("<Id>c</Id></member>"), "{successful}");
    let messages: Vec<_> = sns.envelopes().iter().map(|envelope| envelope["Message"].clone()).collect();
    assert_eq!(messages, ["one", "three"]);
}

#[tokio::test]
async fn a_batch_that_breaks_a_rule_is_refused_whole() {
    let sns = Sns::start().await;
    let ids: Vec<String> = (0..11).map(|n| n.to_string()).collect();
    let eleven: Vec<_> = ids.iter().map(|id| (id.as_str(), "x")).collect();
    let half = "x".repeat(131_073);
    let table = [
        (batch(&[]), "EmptyBatchRequest"),
        (batch(&eleven), "TooManyEntriesInBatchRequest"),
        (batch(&[("a", "x"), ("a", "y")]), "BatchEntryIdsNotDistinct"),
        (batch(&[("a b", "x")]), "InvalidBatchEntryId"),
        (batch(&[("", "x")]), "InvalidBatchEntryId"),
        (batch(&[("a", &half), ("b", &half)]), "BatchRequestTooLong"),
        (batch(&[("a", "x")]).replace("dispatch", "other"), "NotFound"),
    ];
    for (form, code) in table {
        let status = if code == "NotFound" { 404 } else { 400 };
        assert_eq!(sns.refusal(&form).await, (status, code.to_owned()));
    }
    assert_eq!(sns.queue.counts().waiting, 0);
    assert_eq!(sns.post(&batch(&eleven[..10])).await.0, 200);
    assert_eq!(sns.queue.counts().waiting, 10);
}

#[tokio::test]
async fn the_topic_can_be_listed_described_and_created_again() {
    let sns = Sns::start().await;
    let arn = "arn:aws:sns:us-east-1:000000000000:dispatch";
    let (status, body) = sns.post("Action=ListTopics&Version=2010-03-31").await;
    let listed =
        format!("<ListTopicsResult><Topics><member><TopicArn>{arn}</TopicArn></member></Topics></ListTopicsResult>");
    assert!(status == 200 && body.contains(&listed), "{body}");

    for _ in 0..2 {
        let (status, body) = sns.post("Action=CreateTopic&Name=dispatch").await;
        assert_eq!((status, inside(&body, "CreateTopicResult")), (200, format!("<TopicArn>{arn}</TopicArn>").as_str()));
    }
    assert_eq!(sns.refusal("Action=CreateTopic&Name=other").await, (403, "TopicLimitExceeded".to_owned()));
    assert_eq!(sns.refusal("Action=CreateTopic&Name=a+b").await, (400, "InvalidParameter".to_owned()));

    let (status, body) = sns.post(&format!("Action=GetTopicAttributes&TopicArn={ARN}")).await;
    assert_eq!(status, 200);
    assert!(body.contains(&format!("<entry><key>TopicArn</key><value>{arn}</value></entry>")), "{body}");
    assert!(body.contains("<entry><key>SubscriptionsConfirmed</key><value>1</value></entry>"), "{body}");
}

#[tokio::test]
async fn the_queues_that_are_subscribed_can_be_listed() {
    let sns = Sns::start().await;
    let (status, body) = sns.post(&format!("Action=ListSubscriptionsByTopic&Version=2010-03-31&TopicArn={ARN}")).await;
    assert_eq!((status, inside(&body, "Protocol"), inside(&body, "Endpoint")), (200, "sqs", sns.queue.arn()));
    assert!(inside(&body, "SubscriptionArn").starts_with("arn:aws:sns:us-east-1:000000000000:dispatch:"), "{body}");
    assert!(!body.contains("NextToken"), "{body}");
    let refused = sns.refusal(&format!("Action=ListSubscriptionsByTopic&TopicArn={ARN}&NextToken=1")).await;
    assert_eq!(refused, (400, "InvalidParameter".to_owned()));
}

#[tokio::test]
async fn pages_of_other_sites_cannot_publish() {
    let sns = Sns::start().await;
    let form = format!("Action=Publish&TopicArn={ARN}&Message=x");
    let own = format!("Host: {0}\r\nOrigin: http://{0}\r\n", sns.address);
    let foreign = format!("Host: {}\r\nOrigin: https://example.com\r\n", sns.address);
    let rebound = "Host: alarms.example.com\r\nOrigin: http://alarms.example.com\r\n";
    assert_eq!(sns.post_with(&foreign, &form).await.0, 403);
    assert_eq!(sns.post_with(rebound, &form).await.0, 403);
    assert_eq!(sns.queue.counts().waiting, 0);
    assert_eq!(sns.post_with(&own, &form).await.0, 200);
    assert_eq!(sns.queue.counts().waiting, 1);
}

#[tokio::test]
async fn a_page_can_live_at_the_same_address() {
    let sns = Sns::start_beside(Router::new().route("/", axum::routing::get(|| async { "a page" }))).await;
    let mut stream = TcpStream::connect(&sns.address).await.unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").await.unwrap();
    let mut response = String::new();
    stream.read_to_string(&mut response).await.unwrap();
    assert!(response.ends_with("\r\n\r\na page"), "{response}");
    assert_eq!(sns.post(&format!("Action=Publish&TopicArn={ARN}&Message=x")).await.0, 200);
}

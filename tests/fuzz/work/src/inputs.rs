//! What is read, by its size.

use serde_json::{Value, json};

use crate::{event, message};

/// Input of any size.
pub(crate) struct Input {
    pub(crate) name: String,
    /// The smaller of the two sizes: bytes of a text, or how many there are of something.
    pub(crate) size: usize,
    pub(crate) run: Box<dyn Fn(usize)>,
}

/// Bytes; four times as many are a mebibyte.
const BYTES: usize = 1 << 18;
/// Records, people, labels.
const MANY: usize = 25_000;
/// People who all say no: each is paged and commented on.
const FEW: usize = 500;

/// What a text may be full of.
const FILLINGS: &[&str] = &[
    "<!channel>", "@a/b ", "@", "&#64;all ", "`", "```\n", "~~~~ \n", "\\", "\"", "\u{1F1E6}", "<", "<a ", "#1 ", "://", "www.",
    "\0", "\n", " ", "[", "{\"a\":", "expected ", "\u{202E}",
];

pub(crate) fn all() -> Vec<Input> {
    let mut all = Vec::new();
    let mut add = |name: String, size, run: Box<dyn Fn(usize)>| all.push(Input { name, size, run });
    for filling in FILLINGS {
        let text = |size: usize| filling.repeat(size / filling.len());
        add(format!("text of {filling:?}"), BYTES, Box::new(move |size| message(&text(size))));
        add(format!("fields of {filling:?}"), BYTES, Box::new(move |size| message(&fields(&text(size)))));
        add(format!("page of {filling:?}"), BYTES, Box::new(move |size| message(&page(&text(size)))));
    }
    add("labels".to_owned(), MANY, Box::new(|many| message(&with(&list(many, |n| json!(format!("label {n}"))), "labels"))));
    add("mentions of people that it names".to_owned(), MANY, Box::new(|many| message(&mentions(many))));
    add("people to tell".to_owned(), MANY, Box::new(|many| message(&people("nag", many))));
    add("people to ask, who all say no".to_owned(), FEW, Box::new(|many| message(&people("broadcast", many))));
    add("users that are no people".to_owned(), MANY, Box::new(|many| message(&with(&list(many, |n| json!(n)), "users"))));
    add("raw records".to_owned(), MANY, Box::new(|many| event(records(many, |n| n.to_string()))));
    add("records in envelopes".to_owned(), MANY, Box::new(|many| event(records(many, envelope))));
    all
}

fn list(many: usize, one: impl Fn(usize) -> Value) -> Value {
    (0..many).map(one).collect()
}

/// A message that has this text wherever one fits.
fn fields(text: &str) -> String {
    json!({
        "type": "self-service", "requestId": text, "dedupKey": text,
        "users": [{ "slack": text, "slackId": text, "github": text }],
        "body": {
            "github": { "title": format!("a{text}"), "body": text, "labels": [text] },
            "slack": { "message": text, "prompt": text, "actions": { "yes": text, "no": text, "no_response": text } },
        },
    })
    .to_string()
}

fn page(text: &str) -> String {
    let page = json!({ "title": format!("a{text}"), "body": text, "service": text });
    json!({ "type": format!("unknown {text}"), "dedupKey": text, "body": { "pagerduty": page } }).to_string()
}

/// An alarm with this list as its labels or its users.
fn with(list: &Value, place: &str) -> String {
    let mut message = json!({ "type": "nag", "users": [], "body": { "github": { "title": "t", "labels": [] } } });
    match place {
        "users" => message["users"] = list.clone(),
        place => message["body"]["github"][place] = list.clone(),
    }
    message.to_string()
}

fn people(kind: &str, many: usize) -> String {
    let users = list(many, |n| json!({ "slackId": format!("U{n}"), "github": format!("u{n}") }));
    json!({ "type": kind, "users": users, "body": {
        "github": { "title": "t" }, "slack": { "message": "m", "prompt": "Was it you?" } } })
    .to_string()
}

fn mentions(many: usize) -> String {
    let users = list(many, |n| json!({ "github": format!("org/u{n}") }));
    let body: String = (0..many).map(|n| format!("@org/u{n} ")).collect();
    json!({ "type": "low-priority", "users": users, "body": { "github": { "title": "t", "body": body } } }).to_string()
}

fn records(many: usize, body: impl Fn(usize) -> String) -> Value {
    json!({ "Records": list(many, |n| json!({ "messageId": format!("m{n}"), "body": body(n) })) })
}

fn envelope(n: usize) -> String {
    json!({ "Type": "Notification", "MessageId": format!("s{n}"), "Message": "x" }).to_string()
}

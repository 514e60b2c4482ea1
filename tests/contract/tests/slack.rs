use serde_json::{Value, json};

use super::{Sent, fails, passes, with};

fn slack(method: &str, path: &str) -> Sent {
    Sent::new("slack", method, path, &[("authorization", "Bearer xoxb-1-a")])
}

fn post(body: &Value) -> Sent {
    slack("POST", "/api/chat.postMessage").json(body)
}

fn question() -> Value {
    let button = |id: &str, style: &str| {
        json!({
            "type": "button", "action_id": id, "value": "v", "style": style,
            "text": { "type": "plain_text", "text": id, "emoji": true },
        })
    };
    json!({
        "channel": "U0JANE",
        "text": "2FA was turned off. Was this you?",
        "unfurl_links": false,
        "metadata": { "event_type": "dispatch", "event_payload": { "key": "ab12" } },
        "blocks": [
            { "type": "section", "text": { "type": "mrkdwn", "text": "2FA was turned off." } },
            { "type": "divider" },
            { "type": "actions", "block_id": "answer", "elements": [button("yes", "primary"), button("no", "danger")] },
            { "type": "context", "elements": [{ "type": "mrkdwn", "text": "<https://example.com/7|Issue 7>" }] },
        ],
    })
}

#[test]
fn good_requests_pass() {
    passes(post(&question()));
    passes(post(
        &json!({ "channel": "#security", "text": "t", "attachments": [{ "blocks": [{ "type": "divider" }] }] }),
    ));
    passes(slack("POST", "/api/chat.update").json(&json!({
        "channel": "D0001", "ts": "1712345678.000100", "text": "jane: yes", "blocks": [],
    })));
    passes(slack("POST", "/api/chat.postEphemeral").json(&json!({ "channel": "D0001", "user": "U0JOE", "text": "t" })));
    passes(slack("GET", "/api/users.lookupByEmail?email=jane%40example.com"));
    passes(slack("GET", "/api/users.list?limit=200&cursor=dXNlcjpVMDYxTkZUVDI%3D"));
    passes(slack(
        "GET",
        "/api/conversations.history?channel=D0001&include_all_metadata=true&inclusive=true&limit=200&oldest=1712345678.000100",
    ));
    passes(slack(
        "GET",
        "/api/conversations.replies?channel=D0001&include_all_metadata=true&inclusive=true&limit=200&oldest=1712345678.000100&ts=1712345678.000100",
    ));
    passes(slack("GET", "/api/users.info?user=U0JANE"));
    passes(slack("POST", "/api/users.info").form("user=U0JANE&include_locale=true"));
    passes(slack("POST", "/api/chat.postMessage").form("channel=C0001&text=a+b&mrkdwn=false&blocks=%5B%5D"));
    passes(slack("POST", "/api/auth.test"));
    let note = json!({ "channel": "#security", "user": "U0DISPATCH", "text": "May I post here?" });
    passes(slack("POST", "/api/chat.postEphemeral").json(&note));
    passes(slack("POST", "/api/views.open").json(&json!({ "trigger_id": "1.2.a", "view": modal() })));
    passes(respond(&json!({ "text": "t", "response_type": "ephemeral", "replace_original": false })));
    passes(respond(&json!({ "delete_original": true })));
}

fn modal() -> Value {
    json!({
        "type": "modal", "title": { "type": "plain_text", "text": "Raise an alarm" },
        "submit": { "type": "plain_text", "text": "Raise" },
        "blocks": [{
            "type": "input", "block_id": "title", "label": { "type": "plain_text", "text": "Title" },
            "element": { "type": "plain_text_input", "action_id": "title" },
        }],
    })
}

fn respond(body: &Value) -> Sent {
    Sent::new("slack", "POST", "/actions/T1/1/a", &[]).json(body)
}

#[test]
fn bodies_keep_the_schema() {
    let wrong = |pointer, new| post(&with(&question(), pointer, new));
    fails(wrong("/channel", Value::Null), "body", "\"channel\" is a required property");
    fails(wrong("/chanel", json!("C0001")), "body", "chanel");
    fails(wrong("/token", json!("xoxb-1-a")), "body", "token");
    fails(wrong("/unfurl_links", json!("no")), "body /unfurl_links", "boolean");
    fails(wrong("/metadata/event_type", Value::Null), "body /metadata", "event_type");
    fails(wrong("/metadata/event_payload/list", json!(["a"])), "/metadata/event_payload/list", "list of objects");
    let told = with(&question(), "/blocks/2/elements/0/value", json!("v1.0123456789abcdef.0"));
    passes(post(&told));
    let told = with(&told, "/metadata/event_payload/key", json!("of 0123456789abcdef"));
    fails(post(&told), "body /metadata", "a part of a button's value");
    let update = json!({ "channel": "D0001", "ts": "1712345678.000100", "text": "t" });
    let changed = |pointer, new| slack("POST", "/api/chat.update").json(&with(&update, pointer, new));
    fails(changed("/ts", json!("1712345678.0001")), "body /ts", "does not match");
    fails(changed("/channel", json!("U0JANE")), "body /channel", "does not match");
    fails(slack("POST", "/api/users.info").json(&json!({ "user": "U0JANE" })), "header content-type", "not taken");
    fails(slack("POST", "/api/conversations.open").form("users=jane"), "body /users", "does not match");
    fails(slack("POST", "/api/chat.postMessage").form("channel=C1&text=t&mrkdwn=perhaps"), "body /mrkdwn", "boolean");
    fails(slack("POST", "/api/chat.postMessage").form("channel=C1&text=t&blocks=none"), "body /blocks", "array");
    fails(respond(&json!({ "text": "t", "channel": "C0001" })), "body", "channel");
    fails(respond(&json!({ "text": "t" })).header_set("authorization", "Bearer xoxb-1-a"), "authorization", "no token");
}

#[test]
fn calls_say_who_and_how() {
    fails(post(&question()).without("authorization"), "header authorization", "Bearer");
    fails(post(&question()).header_set("content-type", "application/json"), "header content-type", "charset");
    fails(slack("GET", "/api/users.lookupByEmail"), "query email", "missing");
    fails(slack("GET", "/api/users.list?size=200"), "query size", "no such parameter");
    fails(slack("GET", "/api/users.list?limit=many"), "query limit", "integer");
    fails(slack("GET", "/api/conversations.history?channel=U0JANE"), "query channel", "does not match");
    fails(slack("GET", "/api/conversations.history?channel=C0001&oldest=now"), "query oldest", "does not match");
    fails(slack("GET", "/api/conversations.history?channel=C0001&limit=1000"), "query limit", "maximum");
    fails(slack("GET", "/api/conversations.replies?channel=C0001"), "query ts", "missing");
    fails(slack("GET", "/api/conversations.replies?channel=C0001&ts=1"), "query ts", "does not match");
    fails(slack("POST", "/api/chat.delete").json(&json!({})), "path", "no such method");
    fails(slack("GET", "/api/chat.postMessage"), "path", "no such method");
    fails(slack("POST", "/chat.postMessage"), "path", "no such method");
}

#[test]
fn messages_hold_a_text_of_their_own() {
    let question = question();
    let wrong = |pointer, new| post(&with(&question, pointer, new));
    fails(wrong("/text", Value::Null), "body /text", "is blank");
    fails(wrong("/text", json!("ä".repeat(4_001))), "body /text", "at most 4000");
    passes(wrong("/text", json!("ä".repeat(4_000))));
    fails(wrong("/markdown_text", json!("m")), "body /markdown_text", "excludes");
}

fn header_of(chars: usize) -> Value {
    json!({ "type": "header", "text": { "type": "plain_text", "text": "h".repeat(chars) } })
}

#[test]
fn blocks_keep_the_limits_of_block_kit() {
    let question = question();
    let wrong = |pointer, new| post(&with(&question, pointer, new));
    let text = |kind: &str, chars: usize| json!({ "type": kind, "text": "ä".repeat(chars) });
    passes(wrong("/blocks/0/text", text("mrkdwn", 3_000)));
    fails(wrong("/blocks/0/text", text("mrkdwn", 3_001)), "/blocks/0/text/text", "at most 3000");
    fails(wrong("/blocks/0/text", text("mrkdwn", 0)), "/blocks/0/text/text", "is empty");
    fails(wrong("/blocks/0/text", text("markdown", 9)), "/blocks/0/text", "expected plain_text or mrkdwn");
    fails(wrong("/blocks/0/text/emoji", json!(true)), "/blocks/0/text/emoji", "no such property");
    fails(wrong("/blocks/0/text", Value::Null), "/blocks/0", "a text or fields");
    fails(wrong("/blocks/0/fields", json!(vec![text("mrkdwn", 1); 11])), "/blocks/0/fields", "at most 10");
    fails(wrong("/blocks/1/type", json!("rule")), "/blocks/1", "not known");
    fails(wrong("/blocks/1/block_id", json!("answer")), "/blocks/2/block_id", "another block");
    fails(wrong("/blocks/1/block_id", json!("b".repeat(256))), "/blocks/1/block_id", "longer than 255");
    let header = json!({ "type": "header", "text": text("mrkdwn", 1) });
    fails(wrong("/blocks/1", header), "/blocks/1/text", "expected plain_text");
    fails(wrong("/blocks/1", header_of(151)), "/blocks/1/text/text", "at most 150");
    fails(wrong("/blocks/3/elements", json!([])), "/blocks/3/elements", "is empty");
    fails(wrong("/blocks/3/elements", json!(vec![text("mrkdwn", 1); 11])), "/blocks/3/elements", "at most 10");
    fails(wrong("/blocks", json!(vec![json!({ "type": "divider" }); 51])), "body /blocks", "more than 50");
    let attached = |block: Value| post(&with(&question, "/attachments", json!([{ "blocks": [block] }])));
    fails(attached(header_of(151)), "/attachments/0/blocks/0/text/text", "at most 150");
    let id = json!({ "type": "divider", "block_id": "b".repeat(256) });
    fails(attached(id), "body /attachments/0/blocks/0/block_id", "longer than 255");
}

#[test]
fn buttons_keep_the_limits_of_block_kit() {
    let question = question();
    let yes = |name: &str, new| post(&with(&question, &format!("/blocks/2/elements/0/{name}"), new));
    let label = |kind: &str, chars: usize| json!({ "type": kind, "text": "ä".repeat(chars) });
    passes(yes("text", label("plain_text", 75)));
    fails(yes("text", label("plain_text", 76)), "elements/0/text/text", "at most 75");
    fails(yes("text", label("mrkdwn", 3)), "elements/0/text", "expected plain_text");
    fails(yes("text", Value::Null), "elements/0/text", "missing");
    fails(yes("value", json!("v".repeat(2_001))), "elements/0/value", "at most 2000");
    fails(yes("style", json!("green")), "elements/0/style", "primary or danger");
    fails(yes("action_id", json!("no")), "elements/1/action_id", "another element");
    fails(yes("action_id", json!("a".repeat(256))), "elements/0/action_id", "at most 255");
    fails(yes("colour", json!("green")), "elements/0/colour", "no such property");
    fails(yes("type", json!("knob")), "elements/0", "not known");
    let confirm = json!({
        "title": label("plain_text", 101), "text": label("mrkdwn", 1),
        "confirm": label("plain_text", 1), "deny": label("plain_text", 1),
    });
    fails(yes("confirm", confirm), "confirm/title", "at most 100");
    let many = vec![question.pointer("/blocks/2/elements/0").unwrap().clone(); 26];
    let many: Vec<Value> =
        many.iter().zip(0..).map(|(one, at)| with(one, "/action_id", json!(format!("a{at}")))).collect();
    fails(post(&with(&question, "/blocks/2/elements", json!(many))), "/blocks/2/elements", "at most 25");
}

#[test]
fn modals_keep_the_limits() {
    let open = |pointer: &str, new| {
        slack("POST", "/api/views.open").json(&with(&json!({ "trigger_id": "1.2.a", "view": modal() }), pointer, new))
    };
    fails(open("/view/title/text", json!("t".repeat(25))), "body /view/title/text", "at most 24");
    fails(open("/view/title/type", json!("mrkdwn")), "body /view/title", "expected plain_text");
    fails(open("/view/size", json!("large")), "body /view", "size");
    fails(open("/trigger_id", Value::Null), "body", "");
    fails(open("/view/blocks/0/element", Value::Null), "body /view/blocks/0/element", "missing");
    fails(open("/view/blocks", json!([])), "body /view/blocks", "less than 1 item");
    fails(open("/view/private_metadata", json!("v".repeat(3_001))), "body /view/private_metadata", "longer than 3000");
    let choice = |count: usize, first: usize| {
        let option = |n: usize| json!({ "text": { "type": "plain_text", "text": "o" }, "value": n.to_string() });
        let options: Vec<Value> = (0..count).map(option).collect();
        let element = json!({ "type": "radio_buttons", "options": options, "initial_option": option(first) });
        open("/view/blocks/0/element", element)
    };
    passes(choice(10, 9));
    fails(choice(11, 0), "/element/options", "at most 10");
    fails(choice(2, 2), "/element/initial_option", "not one of the options");
}

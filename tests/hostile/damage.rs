//! Valid JSON, damaged: a node dropped, replaced, made huge or deep, or written as no JSON should be.

use proptest::{collection::vec, prelude::*, sample::Index};
use serde_json::{Value, json};

/// What is done to one node.
#[derive(Clone, Debug)]
enum Change {
    Drop,
    Put(Value),
    /// The node in so many lists.
    Deep(usize),
    /// So many of these texts.
    Many(&'static str, usize),
    /// The text in front of the node's own.
    Before(&'static str),
    /// As it stands, in the place of the node; not everything is JSON.
    Raw(&'static str),
    /// The field once more, with this in front of the real one.
    Twice(&'static str),
}

/// What is done to the text as a whole.
#[derive(Clone, Debug)]
enum Tear {
    Nothing,
    CutAt(Index),
    Put(Index, char),
}

/// Texts that have a meaning somewhere on the way.
pub(crate) const FILLINGS: &[&str] = &[
    "x",
    "@a/b ",
    "@",
    "&#64;everyone ",
    "<!channel>",
    "<!",
    "<",
    "`",
    "```\n",
    "~~~\n",
    "\\",
    "\"",
    "\u{1F1E6}",
    "é",
    "\u{202E}",
    "\0",
    "\n",
    "&",
    "#1 ",
    "www.",
    "http://a ",
    "<https://a|",
    "-->",
];

/// Those that cost the most to tell from harmless ones.
pub(crate) const HEAVY: &[&str] = &["@a/b ", "&#64;everyone ", "<!channel>", "`", "\\", "\u{1F1E6}", "\0"];

fn change(raw: bool) -> impl Strategy<Value = Change> {
    let put = prop::sample::select(vec![
        json!(null),
        json!(true),
        json!(5),
        json!(-1),
        json!(1.0),
        json!(u64::MAX),
        json!(""),
        json!(" "),
        json!("5"),
        json!("\0"),
        json!("dispatch:again"),
        json!([]),
        json!({}),
        json!([null]),
        json!(["a", "b"]),
        json!([[], {}]),
        json!({ "": null }),
        json!("0123456789abcdef0123456789abcdef01234567"),
        json!("9999-12-31T23:59:59Z"),
    ]);
    let raws: &[&str] = &[
        r#""\ud800""#,
        r#""\udc00\ud800""#,
        "1e999",
        "-0",
        "18446744073709551616",
        "01",
        "NaN",
        r#"{"a":1,"a":2}"#,
        "\"\u{1}\"",
    ];
    let huge = prop_oneof![9 => 1usize..400, 1 => Just(1 << 20)];
    prop_oneof![
        3 => Just(Change::Drop),
        6 => put.prop_map(Change::Put),
        1 => prop::sample::select(vec![1, 100, 1_000]).prop_map(Change::Deep),
        2 => (prop::sample::select(FILLINGS), huge).prop_map(|(text, bytes)| Change::Many(text, bytes / text.len())),
        2 => prop::sample::select(FILLINGS).prop_map(Change::Before),
        u32::from(raw) => prop::sample::select(raws).prop_map(Change::Raw),
        u32::from(raw) => prop::sample::select(vec!["null", "5", "[]"]).prop_map(Change::Twice),
    ]
}

/// One of the examples, with up to three changes.
pub(crate) fn damaged(examples: Vec<Value>) -> impl Strategy<Value = Value> {
    (prop::sample::select(examples), vec((any::<Index>(), change(false)), 0..4)).prop_map(|(mut value, changes)| {
        for (place, change) in changes {
            apply(&mut value, place, &change);
        }
        value
    })
}

/// One of the examples as text, with up to three changes, and perhaps torn.
pub(crate) fn damaged_text(examples: Vec<Value>) -> impl Strategy<Value = String> {
    let tear = prop_oneof![
        8 => Just(Tear::Nothing),
        1 => any::<Index>().prop_map(Tear::CutAt),
        1 => (any::<Index>(), any::<char>()).prop_map(|(at, c)| Tear::Put(at, c)),
    ];
    let parts = (prop::sample::select(examples), vec((any::<Index>(), change(true)), 0..4), tear);
    parts.prop_map(|(mut value, changes, tear)| {
        let mut rewrites = Vec::new();
        for (place, change) in changes {
            rewrites.extend(apply(&mut value, place, &change));
        }
        let mut text = value.to_string();
        for (from, to) in rewrites {
            text = text.replacen(&from, &to, 1);
        }
        let place = |at: &Index| {
            let at = at.index(text.len() + 1);
            (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
        };
        match tear {
            Tear::Nothing => text,
            Tear::CutAt(at) => text[..place(&at)].to_owned(),
            Tear::Put(at, c) => [&text[..place(&at)], &c.to_string(), &text[place(&at)..]].concat(),
        }
    })
}

/// Changes one node; returns what is to be rewritten in the text, and by what.
fn apply(value: &mut Value, place: Index, change: &Change) -> Option<(String, String)> {
    let mut paths = vec![String::new()];
    walk(value, "", &mut paths);
    let path = place.get(&paths).clone();
    let (parent, name) = path.rsplit_once('/').unwrap_or(("", ""));
    let node = value.pointer_mut(&path)?;
    match change {
        Change::Put(other) => *node = other.clone(),
        Change::Deep(levels) => *node = (0..*levels).fold(node.take(), |inner, _| Value::Array(vec![inner])),
        Change::Many(text, times) => *node = Value::from(text.repeat(*times)),
        Change::Before(text) => *node = Value::from(format!("{text}{}", node.as_str().unwrap_or_default())),
        Change::Raw(raw) => {
            *node = Value::from("@raw@");
            return Some(("\"@raw@\"".to_owned(), (*raw).to_owned()));
        }
        Change::Twice(first) => {
            let field = format!("\"{name}\":");
            return (!name.is_empty()).then(|| (field.clone(), format!("{field}{first},{field}")));
        }
        Change::Drop => match value.pointer_mut(parent) {
            Some(Value::Object(fields)) => _ = fields.remove(name),
            Some(Value::Array(items)) => items.retain(Value::is_null),
            _ => {}
        },
    }
    None
}

/// The paths of all nodes below.
fn walk(value: &Value, path: &str, paths: &mut Vec<String>) {
    let children: Vec<(String, &Value)> = match value {
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| (name.replace('~', "~0").replace('/', "~1"), value)).collect()
        }
        Value::Array(items) => {
            items.iter().enumerate().map(|(position, value)| (position.to_string(), value)).collect()
        }
        _ => return,
    };
    for (name, child) in children {
        let path = format!("{path}/{name}");
        // Deeper ones are of this test's own making.
        if path.len() < 200 {
            walk(child, &path, paths);
        }
        paths.push(path);
    }
}

//! One message of each type, for the console, the demonstration and `dispatch send --example`.

/// A message to try.
#[derive(Clone, Copy, Debug)]
pub struct Example {
    /// The message type.
    pub name: &'static str,
    /// The message, as JSON for people.
    pub message: &'static str,
}

/// One of each type. The people in them live in the fake Slack.
pub const EXAMPLES: &[Example] = &[
    Example { name: "self-service", message: include_str!("examples/self-service.json") },
    Example { name: "broadcast", message: include_str!("examples/broadcast.json") },
    Example { name: "high-priority", message: include_str!("examples/high-priority.json") },
    Example { name: "low-priority", message: include_str!("examples/low-priority.json") },
    Example { name: "nag", message: include_str!("examples/nag.json") },
];

impl Example {
    /// The message on one line, as a shell takes it best.
    pub fn one_line(&self) -> String {
        serde_json::from_str::<serde_json::Value>(self.message)
            .map_or_else(|_| self.message.to_owned(), |it| it.to_string())
    }
}

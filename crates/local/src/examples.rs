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
    /// The message on one line, as a shell takes it best: its fields stay in their order.
    pub fn one_line(&self) -> String {
        let lines = self.message.lines().map(str::trim);
        let mut message = String::with_capacity(self.message.len());
        for line in lines {
            let opens = message.is_empty() || message.ends_with(['{', '[']);
            let closes = line.starts_with(['}', ']']);
            message.push_str(if opens || closes { "" } else { " " });
            message.push_str(line);
        }
        message
    }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn one_line_is_the_same_message_in_the_same_order() {
        for example in EXAMPLES {
            let line = example.one_line();
            assert_eq!(line.lines().count(), 1, "{line}");
            let value = |text| serde_json::from_str::<Value>(text).unwrap();
            assert_eq!(value(&line), value(example.message));
            let letters = |text: &str| text.split_whitespace().collect::<String>();
            assert_eq!(letters(&line), letters(example.message));
        }
    }
}

//! Whether all that stands in an object was understood, and nothing read into it.

use serde_json::Value;

/// The place at which `read` says something else than `understood`, or more. Less is fine: a field that may be
/// absent has its default then.
///
/// The reader takes more forms than the writer makes: a list for the fields' values in their order, a number for
/// the name of a fact, a field that it does not know. Each would be written back as something else.
pub(super) fn misread(read: &Value, understood: &Value) -> Option<String> {
    let below = |place: String, inner: String| match inner.as_str() {
        "." => place,
        inner if inner.starts_with('[') => format!("{place}{inner}"),
        inner => format!("{place}.{inner}"),
    };
    match (read, understood) {
        (Value::Object(read), Value::Object(understood)) => read.iter().find_map(|(name, read)| {
            let inner = understood.get(name).map_or(Some(".".to_owned()), |understood| misread(read, understood))?;
            Some(below(name.clone(), inner))
        }),
        (Value::Array(read), Value::Array(understood)) if read.len() == understood.len() => {
            read.iter().zip(understood).enumerate().find_map(|(position, (read, understood))| {
                Some(below(format!("[{position}]"), misread(read, understood)?))
            })
        }
        (read, understood) => (read != understood).then(|| ".".to_owned()),
    }
}

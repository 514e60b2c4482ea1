//! Reading the query protocol's forms: flat names that spell lists and structures.

use std::collections::BTreeMap;

use url::form_urlencoded;

/// A form's fields by name. Of a repeated name the last counts.
#[derive(Debug, Default, Eq, PartialEq)]
pub(super) struct Form(BTreeMap<String, String>);

impl Form {
    /// Reads a body: `+` is a space, `%XX` a byte of UTF-8. Whatever is not UTF-8 becomes U+FFFD.
    pub(super) fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// A field's value; an empty one is there, too.
    pub(super) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A list's members in order: `NAME.1.FIELD=…&NAME.2.FIELD=…` is two forms with `FIELD`. Gaps close up.
    pub(super) fn list(&self, name: &str) -> Vec<Form> {
        let mut members: BTreeMap<u32, Form> = BTreeMap::new();
        for (key, value) in &self.0 {
            let numbered = key.strip_prefix(name).and_then(|rest| rest.strip_prefix('.'));
            if let Some((Ok(number), field)) =
                numbered.and_then(|rest| rest.split_once('.')).map(|(n, f)| (n.parse(), f))
            {
                members.entry(number).or_default().0.insert(field.to_owned(), value.clone());
            }
        }
        members.into_values().collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn bodies_are_decoded() {
        let table: [(&[u8], &str, Option<&str>); 9] = [
            (b"Message=%7B%22a%22%3A+%22%C3%A9+%26+%2B+b%22%7D", "Message", Some("{\"a\": \"é & + b\"}")),
            (b"Action=Publish&Subject=Disk+full", "Subject", Some("Disk full")),
            (b"Message=a%0Ab%0D", "Message", Some("a\nb\r")),
            (b"Message=", "Message", Some("")),
            (b"Message", "Message", Some("")),
            (b"Message=100%", "Message", Some("100%")),
            (b"Message=%ff", "Message", Some("\u{fffd}")),
            (b"Message=a=b", "Message", Some("a=b")),
            (b"", "Message", None),
        ];
        for (body, name, expected) in table {
            assert_eq!(Form::parse(body).text(name), expected, "{}", String::from_utf8_lossy(body));
        }
    }

    #[test]
    fn lists_are_in_numeric_order() {
        let form = Form::parse(b"L.10.Id=j&L.2.Id=b&L.2.Value.Type=t&L.1.Id=a&L.x.Id=no&Lx.1.Id=no&L.3=no&L=");
        let ids: Vec<_> = form.list("L").iter().map(|member| member.text("Id").unwrap().to_owned()).collect();
        assert_eq!(ids, ["a", "b", "j"]);
        assert_eq!(form.list("L")[1].text("Value.Type"), Some("t"));
        assert!(form.list("M").is_empty());
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(fields in proptest::collection::btree_map(".{1,8}", ".{0,40}", 0..6)) {
            let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&fields).finish();
            prop_assert_eq!(Form::parse(body.as_bytes()), Form(fields));
        }

        #[test]
        fn no_body_upsets_it(body: Vec<u8>) {
            let _ = Form::parse(&body).list("a");
        }
    }
}

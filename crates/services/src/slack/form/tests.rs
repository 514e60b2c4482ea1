use dispatch_core::notice::Text;
use serde_json::{Value, json};

use super::*;

fn render(form: &Form) -> Value {
    serde_json::to_value(View::of(form)).unwrap()
}

fn snooze() -> Form {
    let option = |value: &str, label: &str| (value.to_owned(), label.to_owned());
    Form {
        kind: Form::SNOOZE,
        value: "v1.ticket".to_owned(),
        title: "Ask me later".to_owned(),
        submit: "Snooze".to_owned(),
        intro: Some(Text::Plain("a < b".to_owned())),
        choices: Some(Choices {
            label: "For how long?".to_owned(),
            options: vec![option("1h", "An hour"), option("4h", "")],
        }),
        text: Some(Ask { label: "Why?".to_owned(), optional: true, hint: "on holiday".to_owned() }),
    }
}

#[test]
fn a_form_is_a_modal_with_an_introduction_a_choice_and_a_box() {
    let words = |text: &str| json!({"type": "plain_text", "text": text, "emoji": true});
    let hour = json!({"text": words("An hour"), "value": "1h"});
    let expected = json!({
        "type": "modal", "callback_id": "snooze", "private_metadata": "v1.ticket",
        "title": words("Ask me later"), "submit": words("Snooze"),
        "blocks": [
            {"type": "section", "text": {"type": "mrkdwn", "text": "a &lt; b"}},
            {"type": "input", "block_id": "choice", "label": words("For how long?"), "optional": false, "element":
                {"type": "radio_buttons", "action_id": "choice", "initial_option": hour,
                 "options": [hour, {"text": words("4h"), "value": "4h"}]}},
            {"type": "input", "block_id": "text", "label": words("Why?"), "optional": true, "element":
                {"type": "plain_text_input", "action_id": "text", "multiline": true, "max_length": 3_000,
                 "placeholder": words("on holiday")}},
        ],
    });
    assert_eq!(render(&snooze()), expected);
}

#[test]
fn many_options_are_a_list_that_opens() {
    let mut form = snooze();
    let options = |count: usize| (0..count).map(|n| (n.to_string(), n.to_string())).collect();
    for (count, kind, shown) in [(10, "radio_buttons", 10), (11, "static_select", 11), (200, "static_select", 100)] {
        form.choices = Some(Choices { label: String::new(), options: options(count) });
        let element = render(&form)["blocks"][1]["element"].clone();
        assert_eq!((&element["type"], element["options"].as_array().unwrap().len()), (&json!(kind), shown));
    }
    form.choices = Some(Choices::default());
    assert_eq!(render(&form)["blocks"][1]["block_id"], TEXT, "a choice of nothing is left out");
}

#[test]
fn an_empty_form_says_something_all_the_same() {
    let view = render(&Form::default());
    assert_eq!((&view["title"]["text"], &view["submit"]["text"]), (&json!("Dispatch"), &json!("Send")));
    assert_eq!(view["blocks"][0]["text"]["text"], NOTHING);
}

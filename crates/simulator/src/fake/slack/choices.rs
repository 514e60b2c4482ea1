//! Elements that let people choose. <https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element>,
//! <https://docs.slack.dev/reference/block-kit/block-elements/radio-button-group-element>

use super::blocks::{optional, plain};
use crate::fake::fields::{Fields, Flaw, Problem, join};

const SELECT_MAX: usize = 100;
const RADIO_MAX: usize = 10;

/// A list that opens.
pub(super) fn select(element: &Fields<'_>) -> Result<(), Flaw> {
    element.only(&["type", "action_id", "placeholder", "options", "initial_option", "confirm", "focus_on_load"])?;
    optional(element, "placeholder", |element| plain(element, "placeholder", 150))?;
    options(element, SELECT_MAX)
}

/// Radio buttons.
pub(super) fn radio(element: &Fields<'_>) -> Result<(), Flaw> {
    element.only(&["type", "action_id", "options", "initial_option", "confirm", "focus_on_load"])?;
    options(element, RADIO_MAX)
}

fn options(element: &Fields<'_>, limit: usize) -> Result<(), Flaw> {
    let options = element.list("options", limit)?.unwrap_or_default();
    if options.is_empty() {
        return Err(element.flaw("options", Problem::Missing));
    }
    for (place, item) in options.iter().enumerate() {
        let option = Fields::of(item, &join(&element.path_of("options"), &place.to_string()))?;
        option.only(&["text", "value", "description"])?;
        plain(&option, "text", 75)?;
        option.words("value", 150)?;
    }
    match element.value("initial_option") {
        Some(first) if !options.contains(first) => {
            Err(element.flaw("initial_option", Problem::Wrong("is not one of the options".to_owned())))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    type Check = fn(&Fields<'_>) -> Result<(), Flaw>;

    fn flaw_of(check: Check, element: &Value) -> String {
        let checked = check(&Fields::of(element, "element").unwrap());
        checked.err().map(|flaw| flaw.to_string()).unwrap_or_default()
    }

    #[test]
    fn a_choice_keeps_to_its_limits() {
        let option =
            |n: usize| json!({"text": {"type": "plain_text", "text": format!("o{n}")}, "value": n.to_string()});
        let of = |count: usize, first: usize| {
            let options: Vec<_> = (0..count).map(option).collect();
            json!({"type": "x", "options": options, "initial_option": option(first)})
        };
        for (check, limit) in [(select as Check, SELECT_MAX), (radio as Check, RADIO_MAX)] {
            assert_eq!(flaw_of(check, &of(limit, 0)), "");
            let long = format!("element.options is too long (maximum is {limit})");
            assert_eq!(flaw_of(check, &of(limit + 1, 0)), long);
            assert_eq!(flaw_of(check, &of(0, 0)), "element.options is missing");
            assert_eq!(flaw_of(check, &of(2, 2)), "element.initial_option is not one of the options");
        }
        let named = json!({"type": "x", "options": [option(0)], "placeholder": {"type": "plain_text", "text": "x"}});
        assert_eq!(flaw_of(radio, &named), "element.placeholder is not known");
    }
}

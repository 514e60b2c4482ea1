//! The methods of Slack's Web API that Dispatch calls, and the scopes that they take.
//!
//! A call names one of [`METHODS`], and a method cannot be listed without its scopes, so that what the app's
//! manifest asks for and what the code does are one list.

/// Whether Dispatch does its work without a scope.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// It does not: somebody could not be told or asked.
    Needed,
    /// It does, and less well.
    Optional,
}

impl Need {
    /// The word.
    pub const fn word(self) -> &'static str {
        match self {
            Need::Needed => "needed",
            Need::Optional => "optional",
        }
    }
}

/// A right that the bot of the Slack app asks for. <https://docs.slack.dev/reference/scopes>
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Scope {
    /// As Slack calls it, such as `chat:write`.
    pub name: &'static str,
    /// Whether it may be missing.
    pub need: Need,
    /// What Dispatch does with it.
    pub what: &'static str,
}

impl Scope {
    /// The methods that take it, alone or beside others.
    pub fn methods(&self) -> impl Iterator<Item = Method> {
        METHODS.iter().copied().filter(|method| method.scopes().contains(self))
    }
}

const CHAT_WRITE: Scope =
    Scope { name: "chat:write", need: Need::Needed, what: "tells and asks, and changes what it said" };
/// Slack's reference does not list it for `chat.postMessage`, which opens a direct message by itself. A question
/// that does not arrive is too high a price for finding out.
const IM_WRITE: Scope = Scope { name: "im:write", need: Need::Needed, what: "opens direct messages" };
const USERS_READ: Scope = Scope {
    name: "users:read",
    need: Need::Needed,
    what: "finds people by their handle, and the time zone that they work in",
};
const USERS_READ_EMAIL: Scope =
    Scope { name: "users:read.email", need: Need::Needed, what: "finds people by their e-mail address" };
const IM_HISTORY: Scope = Scope {
    name: "im:history",
    need: Need::Optional,
    what: "looks whether a direct message stands whose reply was lost, and does not send it again",
};
const CHANNELS_HISTORY: Scope = Scope {
    name: "channels:history",
    need: Need::Optional,
    what: "looks for the same in public channels that are given by their id",
};
const GROUPS_HISTORY: Scope = Scope {
    name: "groups:history",
    need: Need::Optional,
    what: "looks for the same in private channels that are given by their id",
};

/// Every scope that Dispatch makes use of, and no other.
pub const SCOPES: &[Scope] =
    &[CHAT_WRITE, IM_WRITE, USERS_READ, USERS_READ_EMAIL, IM_HISTORY, CHANNELS_HISTORY, GROUPS_HISTORY];

macro_rules! methods {
    ($($method:ident = $name:literal takes $scopes:expr;)*) => {
        /// A method of Slack's Web API. <https://docs.slack.dev/reference/methods>
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[expect(missing_docs, reason = "Slack's names say it")]
        pub enum Method {
            $($method,)*
        }

        /// Every method that Dispatch calls.
        pub const METHODS: &[Method] = &[$(Method::$method,)*];

        impl Method {
            /// As Slack calls it, such as `chat.postMessage`.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Method::$method => $name,)*
                }
            }

            /// What errors and logs call it: `slack ` and the name.
            pub(super) const fn call(self) -> &'static str {
                match self {
                    $(Method::$method => concat!("slack ", $name),)*
                }
            }

            /// The scopes of which one is taken; of several it is the one for the kind of conversation. None where
            /// any token will do.
            pub const fn scopes(self) -> &'static [Scope] {
                match self {
                    $(Method::$method => $scopes,)*
                }
            }
        }
    };
}

methods! {
    AuthTest = "auth.test" takes &[];
    ChatPostEphemeral = "chat.postEphemeral" takes &[CHAT_WRITE];
    ChatPostMessage = "chat.postMessage" takes &[CHAT_WRITE];
    ChatUpdate = "chat.update" takes &[CHAT_WRITE];
    ConversationsHistory = "conversations.history" takes &[IM_HISTORY, CHANNELS_HISTORY, GROUPS_HISTORY];
    ConversationsOpen = "conversations.open" takes &[IM_WRITE];
    ConversationsReplies = "conversations.replies" takes &[IM_HISTORY, CHANNELS_HISTORY, GROUPS_HISTORY];
    UsersInfo = "users.info" takes &[USERS_READ];
    UsersList = "users.list" takes &[USERS_READ];
    UsersLookupByEmail = "users.lookupByEmail" takes &[USERS_READ_EMAIL];
    ViewsOpen = "views.open" takes &[];
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, fs, path::Path};

    use dispatch_simulator::fake::slack as fake;
    use serde_json::Value;

    use super::*;

    #[test]
    fn every_scope_is_listed_once_and_taken_by_a_method() {
        let names: BTreeSet<&str> = SCOPES.iter().map(|scope| scope.name).collect();
        assert_eq!(names.len(), SCOPES.len());
        for scope in SCOPES {
            assert!(scope.methods().next().is_some(), "no method takes {}", scope.name);
        }
        for method in METHODS {
            assert!(method.scopes().iter().all(|scope| SCOPES.contains(scope)), "{method:?}");
            assert_eq!(method.call(), format!("slack {}", method.name()));
        }
    }

    #[test]
    fn slacks_own_reference_says_the_same() {
        let file = "../../tests/fixtures/contracts/slack-web-api.openapi.json";
        let contract = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(file)).unwrap();
        let contract: Value = serde_json::from_str(&contract).unwrap();
        for method in METHODS {
            let path = contract["paths"][format!("/{}", method.name())].as_object();
            let operation = path.and_then(|path| path.values().next());
            let operation = operation.unwrap_or_else(|| panic!("the reference has no {}", method.name()));
            let takes: Vec<&str> = operation["x-slack-scopes"]["bot"]
                .as_array()
                .map_or_else(Vec::new, |scopes| scopes.iter().filter_map(Value::as_str).collect());
            let listed: Vec<&str> = method.scopes().iter().map(|scope| scope.name).collect();
            assert!(listed.iter().all(|scope| takes.contains(scope)), "{}: {listed:?} of {takes:?}", method.name());
            assert_eq!(listed.is_empty(), takes.is_empty(), "{}", method.name());
        }
    }

    #[test]
    fn the_stand_in_asks_for_the_same() {
        let given = fake::Settings::default().scopes;
        assert_eq!(given, SCOPES.iter().map(|scope| scope.name.to_owned()).collect::<Vec<_>>());
    }
}

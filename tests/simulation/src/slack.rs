//! Slack: conversations with people, and the fallback channel. A message has no key there; where
//! Dispatch may look into its own conversations, it finds one again.

use std::time::Duration;

use async_trait::async_trait;
use dispatch_core::{
    alarm::Address,
    notice::{Form, Notice, Receipt},
};
use dispatch_engine::ports::{Destination, Failed};
use jiff::Timestamp;

use crate::{line::Line, outside::RunId, people, weather::Vendor};

/// The fallback channel.
pub(crate) const CHANNEL: &str = "#security";

/// A message that stands in a conversation.
#[derive(Clone, Debug)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) to: Address,
    /// The conversation.
    pub(crate) at: Address,
    pub(crate) reader: Option<String>,
    pub(crate) key: String,
    pub(crate) text: String,
    /// What its buttons carry.
    pub(crate) ticket: Option<String>,
    /// Its buttons.
    pub(crate) actions: Vec<String>,
    posted: Timestamp,
    pub(crate) when: Duration,
    pub(crate) run: RunId,
    /// Whoever sent it learned that it was sent.
    pub(crate) replied: bool,
    /// Whoever sent it had given up by then.
    pub(crate) late: bool,
    /// What it shows is what somebody wanted who had given up by then.
    pub(crate) overtaken: bool,
}

/// All messages, oldest first.
#[derive(Debug, Default)]
pub(crate) struct Slack {
    pub(crate) messages: Vec<Message>,
    /// Everything that was ever posted, and what only one reader saw.
    posts: u64,
}

/// A run's line to Slack.
#[derive(Debug)]
pub(crate) struct Chat(pub(crate) Line);

/// The conversation that an address leads to, and who reads it.
fn conversation(to: &Address) -> Result<(Address, Option<String>), Failed> {
    let refused = || Failed::Refused { call: "slack post", reason: "user_not_found".to_owned() };
    let rest = to.rest();
    if rest.starts_with('#') || rest.starts_with("D0") {
        return Ok((to.clone(), None));
    }
    let reader = people::user(rest).ok_or_else(refused)?;
    let at = Address::new("slack", &reader.replacen('U', "D", 1));
    Ok((at, Some(reader)))
}

#[async_trait]
impl Destination for Chat {
    fn scheme(&self) -> &'static str {
        "slack"
    }

    async fn deliver(&self, to: &Address, notice: &Notice) -> Result<Receipt, Failed> {
        let (to, notice) = (to.clone(), notice.clone());
        let receipt = self.0.call(Vendor::Slack, "slack post", move |outside, caller| {
            let (at, reader) = conversation(&to)?;
            outside.slack.posts += 1;
            let id = format!("{}.{:06}", caller.at.as_second(), outside.slack.posts);
            let receipt = Receipt { at: at.clone(), id: id.clone(), reader: reader.clone(), url: None };
            if notice.only_for.is_some() {
                return Ok(receipt);
            }
            let text = std::iter::once(notice.headline.as_str());
            let text: Vec<_> = text.chain(notice.paragraphs.iter().map(dispatch_core::notice::Text::as_str)).collect();
            let message = Message {
                id,
                to,
                at,
                reader,
                text: text.join("\n"),
                ticket: notice.buttons.first().map(|button| button.value.clone()),
                actions: notice.buttons.iter().map(|button| button.action.clone()).collect(),
                posted: caller.at,
                when: outside.now(),
                run: caller.run,
                replied: false,
                late: caller.late,
                overtaken: false,
                key: notice.key,
            };
            outside.tell(|| format!("             {} has message {}", message.at, message.key));
            people::read(outside, &message);
            outside.slack.messages.push(message);
            Ok(receipt)
        });
        let receipt = receipt.await?;
        self.0.shared.with(|outside| {
            if let Some(message) = outside.slack.messages.iter_mut().find(|message| message.id == receipt.id) {
                message.replied = true;
            }
        });
        Ok(receipt)
    }

    async fn find(&self, to: &Address, notice: &Notice, since: Timestamp) -> Result<Option<Receipt>, Failed> {
        if !self.0.shared.with(|outside| outside.weather.may_look) {
            return Ok(None);
        }
        let (to, key) = (to.clone(), notice.key.clone());
        self.0
            .call(Vendor::Slack, "slack find", move |outside, _| {
                let Ok((at, _)) = conversation(&to) else { return Ok(None) };
                let messages = outside.slack.messages.iter();
                let mut fitting = messages.filter(|known| known.at == at && known.key == key && known.posted >= since);
                Ok(fitting.next().map(|known| Receipt {
                    at: known.at.clone(),
                    id: known.id.clone(),
                    reader: known.reader.clone(),
                    url: None,
                }))
            })
            .await
    }

    async fn open(&self, trigger: &str, form: &Form) -> Result<(), Failed> {
        let (trigger, form) = (trigger.to_owned(), form.clone());
        self.0
            .call(Vendor::Slack, "slack open", move |outside, _| match people::fill_in(outside, &trigger, &form) {
                true => Ok(()),
                false => Err(Failed::Refused { call: "slack open", reason: "expired_trigger_id".to_owned() }),
            })
            .await
    }

    async fn revise(&self, receipt: &Receipt, notice: &Notice) -> Result<(), Failed> {
        let (receipt, ticket) = (receipt.clone(), notice.buttons.first().map(|button| button.value.clone()));
        self.0
            .call(Vendor::Slack, "slack revise", move |outside, caller| {
                let known = outside.slack.messages.iter_mut().find(|known| known.id == receipt.id);
                match known.filter(|known| known.at == receipt.at) {
                    Some(known) => {
                        known.ticket.clone_from(&ticket);
                        known.overtaken = caller.late;
                        Ok(())
                    }
                    None => Err(Failed::Refused { call: "slack revise", reason: "message_not_found".to_owned() }),
                }
            })
            .await
    }
}

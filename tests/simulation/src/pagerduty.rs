//! PagerDuty: a key that an open incident of the same service has already opens no second one. Nobody
//! resolves an incident before the story ends.

use async_trait::async_trait;
use dispatch_core::{
    alarm::Address,
    notice::{Notice, Receipt},
};
use dispatch_engine::ports::{Destination, Failed};

use crate::{line::Line, weather::Vendor};

/// An incident.
#[derive(Clone, Debug)]
pub(crate) struct Incident {
    pub(crate) to: Address,
    pub(crate) key: String,
    pub(crate) title: String,
}

/// All incidents, oldest first.
#[derive(Debug, Default)]
pub(crate) struct PagerDuty {
    pub(crate) incidents: Vec<Incident>,
}

/// A run's line to the pager.
#[derive(Debug)]
pub(crate) struct Pager(pub(crate) Line);

#[async_trait]
impl Destination for Pager {
    fn scheme(&self) -> &'static str {
        "pagerduty"
    }

    async fn deliver(&self, to: &Address, notice: &Notice) -> Result<Receipt, Failed> {
        let (to, key, title) = (to.clone(), notice.key.clone(), notice.headline.clone());
        self.0
            .call(Vendor::PagerDuty, "pagerduty page", move |outside, _| {
                let incidents = &mut outside.pagerduty.incidents;
                let is_known = incidents.iter().any(|known| known.key == key && known.to == to);
                if !is_known {
                    incidents.push(Incident { to: to.clone(), key: key.clone(), title });
                    outside.tell(|| format!("             paged: {key}"));
                }
                let url = Some(format!("https://pagerduty.example/{key}"));
                Ok(Receipt { at: to, id: key, reader: None, url })
            })
            .await
    }

    async fn revise(&self, _: &Receipt, _: &Notice) -> Result<(), Failed> {
        Ok(())
    }
}

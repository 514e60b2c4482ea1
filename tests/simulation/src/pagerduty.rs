//! PagerDuty: a key that an open incident of the same service has already opens no second one. What is
//! resolved may be opened anew.

use std::time::Duration;

use async_trait::async_trait;
use dispatch_core::{
    alarm::{Address, Person},
    notice::{Notice, Receipt},
};
use dispatch_engine::ports::{Destination, Failed, Standing};

use crate::{line::Line, outside::Outside, people, weather::Vendor};

/// An incident.
#[derive(Clone, Debug)]
pub(crate) struct Incident {
    /// `Q1`, `Q2` and so on.
    pub(crate) id: String,
    pub(crate) to: Address,
    pub(crate) key: String,
    pub(crate) title: String,
    pub(crate) standing: Standing,
    pub(crate) opened: Duration,
    /// When it was resolved, by whomever.
    pub(crate) over: Option<Duration>,
}

impl Incident {
    fn is_open(&self) -> bool {
        self.standing != Standing::Over
    }

    fn receipt(&self) -> Receipt {
        let url = Some(format!("https://pagerduty.example/{}", self.id));
        Receipt { at: self.to.clone(), id: self.id.clone(), reader: None, url }
    }
}

/// What PagerDuty knows.
#[derive(Debug)]
pub(crate) struct PagerDuty {
    /// Oldest first.
    pub(crate) incidents: Vec<Incident>,
    /// By handle: who is on call for everything.
    pub(crate) on_call: Option<&'static str>,
}

impl Default for PagerDuty {
    fn default() -> Self {
        PagerDuty { incidents: Vec::new(), on_call: people::PEOPLE.last().copied() }
    }
}

impl PagerDuty {
    fn open_under(&mut self, to: &Address, key: &str) -> Option<&mut Incident> {
        self.incidents.iter_mut().find(|known| known.is_open() && known.key == key && known.to == *to)
    }

    fn get(&mut self, id: &str) -> Option<&mut Incident> {
        self.incidents.iter_mut().find(|known| known.id == id)
    }
}

impl Outside {
    /// Somebody takes a page (`Taken`), resolves it (`Over`) or gives it back (`Open`).
    pub(crate) fn act_on_page(&mut self, id: &str, standing: &Standing) {
        self.tell(|| format!("             {id} is now {standing:?}, by hand"));
        self.turn(id, standing, Some("sam"));
    }

    /// A page that is not over stands differently now; on behalf of Dispatch when nobody is named.
    fn turn(&mut self, id: &str, standing: &Standing, by: Option<&str>) {
        let now = self.now();
        let Some(incident) = self.pagerduty.get(id).filter(|known| known.is_open()) else { return };
        incident.over = (*standing == Standing::Over).then_some(now);
        incident.standing = standing.clone();
        let names = vec![id.to_owned(), incident.key.clone()];
        self.tell_of_incident(names, standing, by);
        self.counts.page_changes += usize::from(by.is_some());
    }
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
                if let Some(known) = outside.pagerduty.open_under(&to, &key) {
                    return Ok(known.receipt());
                }
                let id = format!("Q{}", outside.pagerduty.incidents.len() + 1);
                outside.tell(|| format!("             paged: {key} ({id})"));
                let opened = outside.now();
                let standing = Standing::Open;
                let incident = Incident { id, to, key, title, standing, opened, over: None };
                let receipt = incident.receipt();
                outside.attend(&incident.id);
                outside.pagerduty.incidents.push(incident);
                Ok(receipt)
            })
            .await
    }

    async fn revise(&self, _: &Receipt, _: &Notice) -> Result<(), Failed> {
        Ok(())
    }

    async fn standing(&self, receipt: &Receipt) -> Result<Option<Standing>, Failed> {
        let id = receipt.id.clone();
        self.0
            .call(Vendor::PagerDuty, "pagerduty standing", move |outside, _| {
                let known = outside.pagerduty.get(&id);
                Ok(Some(known.map_or(Standing::Over, |known| known.standing.clone())))
            })
            .await
    }

    async fn resolve(&self, receipt: &Receipt, _: &str) -> Result<(), Failed> {
        let id = receipt.id.clone();
        self.0
            .call(Vendor::PagerDuty, "pagerduty resolve", move |outside, _| {
                outside.tell(|| format!("             resolved: {id}"));
                outside.turn(&id, &Standing::Over, None);
                Ok(())
            })
            .await
    }

    async fn resolve_key(&self, to: &Address, key: &str, _: &str) -> Result<(), Failed> {
        let (to, key) = (to.clone(), key.to_owned());
        self.0
            .call(Vendor::PagerDuty, "pagerduty resolve_key", move |outside, _| {
                if let Some(id) = outside.pagerduty.open_under(&to, &key).map(|open| open.id.clone()) {
                    outside.tell(|| format!("             resolved: {key}"));
                    outside.turn(&id, &Standing::Over, None);
                }
                Ok(())
            })
            .await
    }

    async fn on_call(&self, _: &str) -> Result<Option<Person>, Failed> {
        self.0
            .call(Vendor::PagerDuty, "pagerduty on_call", |outside, _| {
                let address = |name: &str| Some(Address::new("slack", &people::id(name)));
                Ok(outside.pagerduty.on_call.map(|name| Person { name: name.to_owned(), address: address(name) }))
            })
            .await
    }
}

#[cfg(test)]
mod tests {
    use tokio::runtime::Builder;

    use super::*;
    use crate::{chance::Chance, outside::Shared, weather::Weather};

    fn played<T>(play: impl AsyncFnOnce(&Pager) -> T) -> T {
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let mut chance = Chance::new(1);
            let weather = Weather::fair(&mut chance);
            play(&Pager(Line::new(&Shared::new(chance, weather, false), "test", false))).await
        })
    }

    #[test]
    fn a_page_is_taken_and_resolved_and_then_opened_anew() {
        played(async |pager| {
            let (to, notice) = (Address::new("pagerduty", ""), Notice { key: "k".to_owned(), ..Notice::default() });
            let page = async || pager.deliver(&to, &notice).await.unwrap();
            let first = page().await;
            let standing = async || pager.standing(&first).await.unwrap();
            assert_eq!((page().await, standing().await), (first.clone(), Some(Standing::Open)));
            let taken = Standing::Taken { by: Some("jane".to_owned()) };
            pager.0.shared.with(|outside| outside.act_on_page(&first.id, &taken));
            assert_eq!((page().await, standing().await), (first.clone(), Some(taken)));
            for _ in 0..2 {
                pager.resolve(&first, "all is well").await.unwrap();
                assert_eq!(standing().await, Some(Standing::Over));
            }
            let second = page().await;
            assert_ne!(second, first);
            pager.resolve_key(&Address::new("pagerduty", "PDEF456"), "k", "elsewhere").await.unwrap();
            assert_eq!(pager.standing(&second).await, Ok(Some(Standing::Open)));
            pager.resolve_key(&to, "k", "all is well").await.unwrap();
            assert_eq!(pager.standing(&second).await, Ok(Some(Standing::Over)));
        });
    }

    #[test]
    fn somebody_is_on_call_or_nobody() {
        played(async |pager| {
            let sam = pager.on_call("PPOLICY").await.unwrap().unwrap();
            assert_eq!(people::user(sam.address.unwrap().rest()), Some(people::id("sam")));
            pager.0.shared.with(|outside| outside.pagerduty.on_call = None);
            assert_eq!(pager.on_call("PPOLICY").await, Ok(None));
        });
    }
}

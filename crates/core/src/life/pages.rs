//! What is known of pages.

use jiff::Timestamp;

use super::{Incident, Progress};
use crate::{
    journal::{Change, Who},
    notice::Receipt,
};

impl Progress {
    /// All pages, the noes' before those of silence, each with the people whose they are. A late no may have joined
    /// the page of a silence: both are one then.
    pub fn pages(&self) -> Vec<(&Receipt, Vec<Who>)> {
        let noes = self.people.iter().enumerate().filter_map(|(who, person)| Some((person.paged.as_ref()?, vec![who])));
        let waves =
            self.waves.iter().flat_map(|wave| wave.climbed.values().map(|(receipt, _)| (receipt, wave.who.clone())));
        let mut pages: Vec<(&Receipt, Vec<Who>)> = Vec::new();
        for (receipt, who) in noes.chain(waves.filter(|(receipt, _)| receipt.at.scheme() == "pagerduty")) {
            match pages.iter_mut().find(|(known, _)| known.id == receipt.id) {
                Some((_, whose)) => whose.extend(who),
                None => pages.push((receipt, who)),
            }
        }
        pages
    }

    /// A page of this life, or one that it inherited.
    pub fn page(&self, id: &str) -> Option<&Receipt> {
        let own = self.pages().into_iter().map(|(receipt, _)| receipt);
        own.chain(&self.inherited).find(|receipt| receipt.id == id)
    }

    /// What became of a page last.
    pub fn incident(&self, page: &str) -> Option<&Incident> {
        self.incidents.iter().rfind(|known| known.page == page)
    }

    pub(super) fn change(&mut self, incident: Incident) {
        if self.incident(&incident.page).map(|known| known.change) != Some(incident.change) {
            self.incidents.push(incident);
        }
    }

    /// A key that is paged under once more after its page was resolved is open again.
    pub(super) fn page_again(&mut self, at: Timestamp, receipt: &Receipt) {
        if self.incident(&receipt.id).is_some_and(|known| known.change == Change::Resolved) {
            let page = receipt.id.clone();
            self.change(Incident { page, change: Change::Reopened, by: None, at, occurred: None });
        }
    }
}

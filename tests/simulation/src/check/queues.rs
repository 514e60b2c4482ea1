//! What failed comes back alone.

use super::{Scene, key_of};
use crate::{github::POISONED, queue::Status};

pub(super) fn check(scene: &Scene<'_>, is_poisoned: bool, found: &mut Vec<String>) {
    if !is_poisoned {
        return;
    }
    let poison = scene.work.sendings.iter().find(|sending| sending.text.contains(POISONED));
    let poison = poison.and_then(|sending| key_of(&sending.id, &sending.text));
    // What a click hands on may meet the lease of another run.
    let sent = scene.outside.queues.parcels.iter().filter(|parcel| parcel.publication.starts_with("sns-"));
    for parcel in sent {
        let is_poison = key_of(&parcel.publication, &parcel.text).is_some_and(|key| Some(key) == poison);
        if !is_poison && (parcel.receives != 1 || parcel.status != Status::Gone) {
            found.push(format!("queues: {} was delivered {} times", parcel.publication, parcel.receives));
        }
        if is_poison && parcel.status == Status::Waiting {
            found.push("queues: a message that always fails never ends".to_owned());
        }
    }
}

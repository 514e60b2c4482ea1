//! Two ways and one time.

use tokio::time::timeout;

use super::*;

const PATIENT: Duration = Duration::from_secs(60);

#[tokio::test]
async fn a_way_that_hangs_leaves_time_for_the_next() {
    let world = start().await;
    world.fault(Fault::new("createV2Event", Kind::Delay(PATIENT)).always());
    let pager = both(&world);
    let (to, page) = (to(""), page());
    let paged = until(Instant::now() + Duration::from_millis(2_200), pager.deliver(&to, &page));
    let receipt = timeout(PATIENT, paged).await.unwrap().unwrap();
    assert_eq!(calls(&world), ["createV2Event", "createIncident"]);
    assert_eq!((receipt.at, world.incidents().len()), (self::to(DEFAULT), 1));
}

/// With very little time it is better to reach one than to try both in vain: the page comes back.
#[tokio::test]
async fn with_little_time_the_first_way_has_all_of_it() {
    let world = start().await;
    world.fault(Fault::new("createV2Event", Kind::Delay(PATIENT)).always());
    let pager = both(&world);
    let (to, page) = (to(""), page());
    let paged = until(Instant::now() + Duration::from_millis(300), pager.deliver(&to, &page));
    let failed = timeout(PATIENT, paged).await.unwrap().unwrap_err();
    assert!(failed.is_unsure(), "{failed}");
    assert_eq!(calls(&world), ["createV2Event"]);
}

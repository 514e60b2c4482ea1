use tokio::time::timeout;

use super::*;

/// Longer than anything here may take; a paused clock skips it.
const LONG: Duration = Duration::from_secs(3_600);
const VISIBILITY: Duration = Duration::from_secs(30);

fn queue(max_receives: u32) -> Queue {
    Queue::new(QueueSettings { max_receives, ..QueueSettings::named("alarms") })
}

fn counts(queue: &Queue) -> (usize, usize, usize) {
    let Counts { waiting, in_flight, dead } = queue.counts();
    (waiting, in_flight, dead)
}

#[tokio::test(start_paused = true)]
async fn a_received_message_is_hidden_and_comes_back() {
    let queue = queue(10);
    queue.send("x");
    assert_eq!(counts(&queue), (1, 0, 0));
    let first = queue.receive(10).remove(0);
    assert_eq!((counts(&queue), queue.receive(10).len()), ((0, 1, 0), 0));

    tokio::time::advance(VISIBILITY).await;
    assert_eq!(counts(&queue), (1, 0, 0));
    let second = queue.receive(10).remove(0);
    assert_eq!((first.receives, second.receives), (1, 2));
    assert_eq!((&first.id, first.first_received_at), (&second.id, second.first_received_at));

    queue.delete(&first.receipt);
    queue.hand_back(&first.receipt, Duration::ZERO);
    assert_eq!(counts(&queue), (0, 1, 0), "the old receipt is good for nothing");
    queue.delete(&second.receipt);
    assert_eq!(counts(&queue), (0, 0, 0));
}

#[tokio::test(start_paused = true)]
async fn a_message_handed_back_waits_as_long_as_told() {
    let queue = queue(10);
    queue.send("x");
    let message = queue.receive(1).remove(0);
    queue.hand_back(&message.receipt, Duration::from_secs(2));
    assert_eq!((counts(&queue), queue.receive(1).len()), ((1, 0, 0), 0));
    let before = Instant::now();
    assert_eq!(timeout(LONG, queue.receive_some(1)).await.unwrap().len(), 1);
    assert_eq!(before.elapsed().as_secs(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_worn_out_message_dies_and_can_be_redriven() {
    let queue = queue(2);
    let id = queue.send("x");
    for _ in 0..2 {
        queue.receive(1);
        tokio::time::advance(VISIBILITY).await;
    }
    assert_eq!((queue.receive(1).len(), counts(&queue)), (0, (0, 0, 1)));
    assert_eq!((&queue.dead_letters()[0].id, queue.dead_letters()[0].receives), (&id, 2));
    timeout(LONG, queue.idle()).await.unwrap();

    assert_eq!((queue.redrive(), queue.redrive()), (1, 0));
    let again = queue.receive(1).remove(0);
    assert_eq!((again.body.as_str(), again.receives), ("x", 1));
    assert_ne!(again.id, id);
}

#[tokio::test]
async fn batches_are_oldest_first() {
    let queue = queue(10);
    for n in 0..5 {
        queue.send(n.to_string());
    }
    let bodies = |count| queue.receive(count).into_iter().map(|m| m.body).collect::<String>();
    assert_eq!((bodies(3), bodies(3)), ("012".to_owned(), "34".to_owned()));
}

#[tokio::test(start_paused = true)]
async fn idle_waits_for_the_last_message() {
    let queue = queue(10);
    queue.send("x");
    let message = queue.receive(1).remove(0);
    queue.hand_back(&message.receipt, Duration::from_secs(5));
    let worker = async {
        let message = queue.receive_some(1).await.remove(0);
        queue.delete(&message.receipt);
    };
    let before = Instant::now();
    timeout(LONG, async { tokio::join!(queue.idle(), worker) }).await.unwrap();
    assert_eq!(before.elapsed().as_secs(), 5);
}

#[tokio::test]
async fn every_change_is_told() {
    let queue = queue(10);
    let mut changes = queue.changes();
    queue.send("x");
    assert!(changes.has_changed().unwrap());
    changes.mark_unchanged();
    assert!(queue.receive(0).is_empty());
    assert!(!changes.has_changed().unwrap(), "nothing happened");
    queue.receive(1);
    assert!(changes.has_changed().unwrap());
}

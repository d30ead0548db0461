//! Many futures at once, in little code: the `join_all` of `futures` brings a queue and a heap for more of them than a run ever has.

use std::future::poll_fn;
use std::pin::Pin;
use std::task::Poll;

use crate::list::List;

enum Place<F, T> {
    Open(F),
    Done(T),
}

/// What all came to, in their order. Whenever one may go on, each is polled.
pub async fn join_all<F: Future>(futures: impl Iterator<Item = F>) -> Vec<F::Output> {
    let mut places: Vec<Place<Pin<Box<F>>, F::Output>> = futures.map(|future| Place::Open(Box::pin(future))).list();
    poll_fn(|cx| {
        let mut waits = false;
        for place in &mut places {
            let Place::Open(future) = place else { continue };
            match future.as_mut().poll(cx) {
                Poll::Ready(outcome) => *place = Place::Done(outcome),
                Poll::Pending => waits = true,
            }
        }
        if waits { Poll::Pending } else { Poll::Ready(()) }
    })
    .await;
    let outcome = |place| match place {
        Place::Done(outcome) => Some(outcome),
        Place::Open(_) => None,
    };
    places.into_iter().filter_map(outcome).list()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cue::Cue;
    use futures::FutureExt;

    #[test]
    fn outcomes_come_in_order_once_the_last_is_there_and_none_is_polled_after_its_end() {
        let cues = [Cue::default(), Cue::default(), Cue::default()];
        let mut all = Box::pin(join_all(cues.iter().enumerate().map(|(at, cue)| async move {
            cue.given().await;
            at
        })));
        for last_first in [2, 0] {
            cues[last_first].give();
            assert_eq!(all.as_mut().now_or_never(), None);
        }
        cues[1].give();
        assert_eq!(all.now_or_never(), Some(vec![0, 1, 2]));
        assert_eq!(join_all(std::iter::empty::<std::future::Ready<()>>()).now_or_never(), Some(Vec::new()));
    }
}

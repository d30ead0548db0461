//! Free connections: browsers open six to one plain-http host, and a call that waits for one behind our back would use up its time-outs.
//! Others have a limit that the caller set.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use super::Plan;
use crate::cue::Cue;
use crate::provider::Provider;

/// The connections of a run, by [`Provider::queue`].
pub struct Rooms(Vec<(String, Slots)>);

impl Rooms {
    /// All free.
    pub fn of(plan: &Plan) -> Self {
        let mut rooms: Vec<(String, Slots)> = Vec::new();
        for model in plan.candidates() {
            let (queue, limit) = model.provider.queue();
            if !rooms.iter().any(|(name, _)| *name == queue) {
                rooms.push((queue.to_owned(), Slots::new(limit)));
            }
        }
        Self(rooms)
    }
}

/// Where one panelist gets its connections.
pub struct Door<'a> {
    rooms: &'a Rooms,
    held: RefCell<Option<(String, Slot)>>,
    on_wait: Box<dyn Fn() + 'a>,
}

impl<'a> Door<'a> {
    /// `on_wait`: called where there is no free one.
    pub fn new(rooms: &'a Rooms, on_wait: impl Fn() + 'a) -> Self {
        Self { rooms, held: RefCell::default(), on_wait: Box::new(on_wait) }
    }

    /// Waits for a connection to a provider, unless it is held already; one to another is given back first.
    pub async fn enter(&self, provider: &Provider) {
        let (queue, _) = provider.queue();
        if self.held.borrow().as_ref().is_some_and(|(name, _)| *name == queue) {
            return;
        }
        drop(self.held.take());
        if let Some((_, slots)) = self.rooms.0.iter().find(|(name, _)| *name == queue) {
            let slot = slots.take(&self.on_wait).await;
            self.held.replace(Some((queue.to_owned(), slot)));
        }
    }
}

/// As many permits as there are connections. Belongs to one run; nothing is shared between runs.
#[derive(Clone)]
pub struct Slots(Rc<Desk>);

struct Desk {
    free: Cell<usize>,
    line: RefCell<Vec<Rc<Turn>>>,
}

/// One who waits in line.
#[derive(Default)]
struct Turn {
    come: Cue,
    slot: Cell<Option<Slot>>,
}

/// A connection in use; dropping it lets the next in. One that is handed to somebody who has just given up waiting drops too.
pub struct Slot(Slots);

impl Slots {
    /// `count`: `None` is without limit.
    pub fn new(count: Option<usize>) -> Self {
        Self(Rc::new(Desk { free: Cell::new(count.unwrap_or(usize::MAX)), line: RefCell::default() }))
    }

    /// Waits for a connection, in order; calls `on_wait` first if there is none.
    pub async fn take(&self, on_wait: impl FnOnce()) -> Slot {
        if let Some(left) = self.0.free.get().checked_sub(1) {
            self.0.free.set(left);
            return Slot(self.clone());
        }
        on_wait();
        let turn = Rc::new(Turn::default());
        self.0.line.borrow_mut().push(turn.clone());
        loop {
            turn.come.given().await;
            if let Some(slot) = turn.slot.take() {
                return slot;
            }
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let desk = &self.0.0;
        let mut line = desk.line.borrow_mut();
        if line.is_empty() {
            return desk.free.set(desk.free.get().saturating_add(1));
        }
        let next = line.remove(0);
        drop(line);
        next.slot.set(Some(Slot(self.0.clone())));
        next.come.give();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::FutureExt;

    #[test]
    fn whoever_came_first_is_first() {
        let slots = Slots::new(Some(1));
        let mut held = slots.take(|| ()).now_or_never();
        let mut line: Vec<_> = (0..3).map(|_| slots.take(|| ()).boxed_local()).collect();
        assert!(line.iter_mut().all(|waiting| waiting.as_mut().now_or_never().is_none()));
        while !line.is_empty() {
            drop(held.take());
            held = line.remove(0).now_or_never();
            assert!(held.is_some() && line.iter_mut().all(|waiting| waiting.as_mut().now_or_never().is_none()));
        }
    }

    #[test]
    fn a_slot_given_to_one_who_has_left_goes_to_the_next() {
        let slots = Slots::new(Some(1));
        let first = slots.take(|| ()).now_or_never().unwrap();
        let (mut second, mut third) = (slots.take(|| ()).boxed_local(), slots.take(|| ()).boxed_local());
        assert!(second.as_mut().now_or_never().is_none() && third.as_mut().now_or_never().is_none());
        drop(first);
        drop(second);
        assert!(third.now_or_never().is_some());
        assert!(slots.take(|| ()).now_or_never().is_some());
    }
}

//! Queues events: events and deltas in, numbered batches out.

use crate::event::{Event, SequencedEvent};
use crate::role::{Role, Round};

/// Events that JavaScript has not read yet. Consecutive deltas of one role are merged, so the queue
/// needs little more memory than the text of the deltas.
#[derive(Debug, Default)]
pub(super) struct EventQueue {
    pending: Vec<Pending>,
    /// The position of each role's latest event in `pending`. A new delta is merged with that
    /// event, if the event is a delta too.
    latest: Vec<(Role, usize)>,
    last_seq: u64,
    /// The current round, if the request has `escalate`.
    pub round: Option<Round>,
}

/// An event that JavaScript has not read yet.
#[derive(Debug)]
struct Pending {
    elapsed_ms: u64,
    event: Event,
    round: Option<Round>,
}

impl EventQueue {
    /// Adds an event. `elapsed_ms` is a function because reading the clock calls JavaScript, and a
    /// merged delta needs no time.
    pub(super) fn push(&mut self, event: Event, elapsed_ms: impl FnOnce() -> u64) {
        let role = event.role();
        if let Some(role) = role {
            let at = self.pending.len();
            match self.latest.iter_mut().find(|(owner, _)| *owner == role) {
                Some((_, latest)) => *latest = at,
                None => self.latest.push((role, at)),
            }
        }
        let elapsed_ms = elapsed_ms();
        self.pending.push(Pending {
            elapsed_ms,
            event,
            round: self.round.filter(|_| role == Some(Role::Analyst)),
        });
    }

    /// Adds a delta. If the role's latest pending event is a delta of the same kind, appends the
    /// text to that event. This function is on the hot path.
    pub(super) fn push_delta(
        &mut self,
        role: Role,
        reasoning: bool,
        delta: &str,
        elapsed_ms: impl FnOnce() -> u64,
    ) {
        let latest = self
            .latest
            .iter()
            .find(|(owner, _)| *owner == role)
            .map(|(_, at)| *at);
        match latest
            .and_then(|at| self.pending.get_mut(at))
            .and_then(|pending| pending.event.delta_mut())
        {
            Some((kind, text)) if kind == reasoning => text.push_str(delta),
            _ => self.push(Event::delta(role, reasoning, delta.to_owned()), elapsed_ms),
        }
    }

    /// Takes all pending events and numbers them.
    pub(super) fn drain(&mut self) -> Vec<SequencedEvent> {
        self.latest.clear();
        let first = self.last_seq;
        let taken = std::mem::take(&mut self.pending);
        self.last_seq += taken.len() as u64;
        (first + 1..)
            .zip(taken)
            .map(|(seq, pending)| SequencedEvent {
                seq,
                elapsed_ms: pending.elapsed_ms,
                event: pending.event,
                round: pending.round.map(Round::number),
            })
            .collect::<Vec<_>>()
    }

    /// Returns whether no events are pending.
    pub(super) fn is_empty(&self) -> bool {
        self.pending.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::WarningCode;
    use crate::json::to_json;

    fn texts(batch: &[SequencedEvent]) -> Vec<String> {
        batch
            .iter()
            .map(|numbered| to_json(&numbered.event))
            .collect()
    }

    #[test]
    fn pending_deltas_merge_across_other_roles_but_not_across_events_of_their_own() {
        let mut queue = EventQueue::default();
        let (zero, one) = (Role::Panelist(0), Role::Panelist(1));
        queue.push_delta(zero, false, "a", || 1);
        queue.push_delta(one, false, "x", || 2);
        queue.push_delta(zero, false, "b", || 3);
        queue.push_delta(zero, true, "hm", || 4);
        queue.push_delta(zero, false, "c", || 5);
        assert_eq!(
            texts(&queue.drain()),
            [
                r#"{"type":"panelist.delta","index":0,"delta":"ab"}"#,
                r#"{"type":"panelist.delta","index":1,"delta":"x"}"#,
                r#"{"type":"panelist.reasoning","index":0,"delta":"hm"}"#,
                r#"{"type":"panelist.delta","index":0,"delta":"c"}"#,
            ]
        );
    }

    #[test]
    fn deltas_do_not_merge_into_drained_events_and_seq_has_no_gaps() {
        let mut queue = EventQueue::default();
        queue.push_delta(Role::Writer, false, "a", || 1);
        let first = queue.drain();
        queue.push_delta(Role::Writer, false, "b", || 2);
        queue.push(
            Event::Warning {
                code: WarningCode::OneResponse,
                message: String::new(),
            },
            || 3,
        );
        let second = queue.drain();
        assert_eq!(
            first
                .iter()
                .chain(&second)
                .map(|numbered| numbered.seq)
                .collect::<Vec<_>>(),
            [1, 2, 3]
        );
        assert_eq!(
            to_json(&first),
            r#"[{"seq":1,"elapsed_ms":1,"type":"answer.delta","delta":"a"}]"#
        );
        assert!(queue.is_empty());
    }
}

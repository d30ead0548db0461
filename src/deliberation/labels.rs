//! Hides model names behind labels: responses in, letters out. The analyst and the writer see
//! "Response A" and no model name.

use super::context::rng;
use crate::plan::Plan;
use crate::result::Response;
use crate::role::Role;

/// The labels of the answers of one comparison.
#[derive(Clone, Debug)]
pub(crate) struct Labels {
    /// The panelist for each label: `order[0]` has the label "A".
    pub order: Vec<usize>,
}

impl Labels {
    /// Labels the answers in a shuffled order, because models favour answers at certain positions
    /// (arXiv 2306.05685). The run's seed determines the order.
    pub(crate) fn shuffled(plan: &Plan, responses: &[Response]) -> Self {
        let mut order: Vec<usize> = responses.iter().map(|response| response.index).collect();
        rng(plan, Role::Analyst).shuffle(&mut order);
        Self { order }
    }

    /// Returns the label of a position: "A" for 0, "B" for 1, and so on.
    pub(crate) fn name(position: usize) -> char {
        u8::try_from(position)
            .ok()
            .and_then(|position| b'A'.checked_add(position))
            .map_or('?', char::from)
    }

    /// Returns the label of a panelist.
    pub(crate) fn label_of(&self, index: usize) -> Option<char> {
        self.order
            .iter()
            .position(|other| *other == index)
            .map(Self::name)
    }

    /// Returns the panelist with a label.
    pub(crate) fn panelist(&self, label: char) -> Option<usize> {
        let position = (label.to_ascii_uppercase() as usize).checked_sub('A' as usize)?;
        self.order.get(position).copied()
    }
}

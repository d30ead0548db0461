//! The three roles of a run, and the stages in which they work.

use serde::{Deserialize, Serialize};

/// Owner of an event, a call or a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A panelist, by index.
    Panelist(usize),
    /// Compares the answers.
    Analyst,
    /// Writes the final answer.
    Writer,
}

impl Role {
    /// Returns the stage in which the role works.
    pub fn stage(self) -> Stage {
        match self {
            Role::Panelist(_) => Stage::Panel,
            Role::Analyst => Stage::Analysis,
            Role::Writer => Stage::Answer,
        }
    }

    /// Returns the index of a panelist, `None` for the others.
    pub fn index(self) -> Option<usize> {
        match self {
            Role::Panelist(index) => Some(index),
            Role::Analyst | Role::Writer => None,
        }
    }
}

/// The stages of a run, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[allow(missing_docs)]
pub enum Stage {
    Panel,
    Analysis,
    Answer,
}

//! Defines the roles of a run, and the stage in which each role works.
//!
//! In: a role. Out: the stage and the index that `index.d.ts` uses for this role.

use serde::{Deserialize, Serialize};

/// The role that an event, a call or a text belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// The panelist with this index.
    Panelist(usize),
    /// The analyst, which compares the responses.
    Analyst,
    /// The analyst's model while it checks the contradiction with this index.
    Verifier(usize),
    /// The writer, which writes the final answer.
    Writer,
}

impl Role {
    /// Returns the stage in which the role works.
    pub(crate) fn stage(self) -> Stage {
        match self {
            Role::Panelist(_) => Stage::Panel,
            Role::Analyst => Stage::Analysis,
            Role::Verifier(_) => Stage::Verification,
            Role::Writer => Stage::Answer,
        }
    }

    /// Returns the index of a panelist. For the other roles, returns `None`.
    pub(crate) fn index(self) -> Option<usize> {
        match self {
            Role::Panelist(index) => Some(index),
            Role::Analyst | Role::Verifier(_) | Role::Writer => None,
        }
    }

    /// Returns the index that identifies the role's calls: the panelist's index, or the
    /// contradiction's index. For the analyst and the writer, returns `None`.
    pub(crate) fn call_index(self) -> Option<usize> {
        match self {
            Role::Panelist(index) | Role::Verifier(index) => Some(index),
            Role::Analyst | Role::Writer => None,
        }
    }
}

/// A round of a run: a panel and the comparison of its answers. Only a run with `escalate` has a
/// second round.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Round {
    /// The panel of `escalate`, which answers only if the first panel disagrees.
    #[default]
    First,
    /// The further panelists.
    Second,
}

impl Round {
    /// Returns 1 or 2.
    pub(crate) fn number(self) -> u32 {
        match self {
            Round::First => 1,
            Round::Second => 2,
        }
    }
}

/// The stages of a run, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Stage {
    Panel,
    Analysis,
    Verification,
    Answer,
}

//! Defines how later requests must change after a server has refused a request.

use crate::json::Map;
use crate::provider::refusal::{LIMIT_FIELDS, LimitFault, Refusal};

/// The changes to the requests for one model, after its server has refused fields of a request.
/// Each run has its own changes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Adaptation {
    /// The name of the field that limits the answer's tokens.
    pub limit: LimitField,
    /// The role of the messages that contain instructions.
    pub system: SystemRole,
    /// Whether an array of text parts in a message is joined to one string.
    pub joins_text: bool,
    /// The fields that requests omit from messages.
    pub message_fields: Vec<String>,
}

/// How a request sends the limit of the answer's tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum LimitField {
    /// The limit is sent in the vendor's usual field.
    #[default]
    Usual,
    /// The limit is sent in the other of the two fields `max_tokens` and `max_completion_tokens`.
    Renamed,
    /// The limit is not sent, because the server accepts neither field.
    Omitted,
}

/// The role of messages that contain instructions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum SystemRole {
    /// Instructions keep the role that the caller wrote.
    #[default]
    Usual,
    /// The role `developer` is replaced by `system`.
    System,
    /// No message has a role for instructions. The user's next message contains the instructions.
    User,
}

impl Adaptation {
    /// No changes, because the server has refused nothing yet.
    pub(crate) const NONE: &'static Self = &Self {
        limit: LimitField::Usual,
        system: SystemRole::Usual,
        joins_text: false,
        message_fields: Vec::new(),
    };

    /// Adapts to a refusal. Returns whether the next request will differ.
    ///
    /// `is_own` is true if the token limit is this library's default. Only such a limit can be
    /// omitted. The field of a caller's limit can only be renamed.
    pub(crate) fn learn(&mut self, refusal: &Refusal, is_own: bool, is_chat: bool) -> bool {
        let before = self.clone();
        match refusal {
            Refusal::Limit(_, LimitFault::TooLarge(_)) if is_own => {
                self.limit = LimitField::Omitted
            }
            Refusal::Limit(_, LimitFault::TooLarge(_)) => {}
            Refusal::Limit(_, LimitFault::Name) => {
                self.limit = match self.limit {
                    LimitField::Usual if is_chat => LimitField::Renamed,
                    _ if is_own => LimitField::Omitted,
                    same => same,
                }
            }
            Refusal::DeveloperRole if self.system == SystemRole::Usual => {
                self.system = SystemRole::System
            }
            Refusal::DeveloperRole | Refusal::SystemRole => self.system = SystemRole::User,
            Refusal::TextParts => self.joins_text = true,
            Refusal::MessageFields(fields) => {
                for field in fields {
                    if !self.message_fields.contains(field) {
                        self.message_fields.push(field.clone());
                    }
                }
            }
        }
        *self != before
    }

    /// Returns whether requests omit the limit of the answer's tokens.
    pub(crate) fn omits_limit(&self) -> bool {
        self.limit == LimitField::Omitted
    }

    /// Renames or removes the field that limits the answer's tokens in the body of a request.
    pub(super) fn set_limit(&self, body: &mut Map) {
        let Some(field) = LIMIT_FIELDS.iter().find(|name| body.contains_key(name)) else {
            return;
        };
        let other = match *field {
            "max_tokens" => "max_completion_tokens",
            "max_completion_tokens" => "max_tokens",
            _ => field,
        };
        match self.limit {
            LimitField::Usual => {}
            LimitField::Renamed => {
                let value = body.remove(field).unwrap_or_default();
                body.insert(other, value);
            }
            LimitField::Omitted => {
                body.remove(field);
            }
        }
    }
}

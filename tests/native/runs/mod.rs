//! Tests of whole runs against a scripted provider.

mod analysis_items;
mod analyst_and_writer;
mod analyst_replies;
mod bad_answers;
mod budget;
mod control;
mod cost;
mod escalation;
mod escalation_commands;
mod escalation_resume;
pub(crate) mod harness;
mod keys;
mod panel;
mod planning;
mod prompt_injection;
mod random_replies;
mod random_runs;
mod refused_parameters;
mod resume;
mod resume_errors;
mod scripted_provider;
mod second_pass;
mod tool_loop;

//! Tests which panelists count in `kinship`.

use super::harness::{analysis, answer_after, request, run};
use super::scripted_provider::ScriptStep;
use crate::json::{json, value_of};

#[test]
fn only_panelists_that_answered_are_kin() {
    let models = ["openai/gpt-1", "openai/gpt-2", "mistralai/m"];
    for (second, expected) in [
        (
            answer_after(1, "two"),
            json!({"analyst": [0, 1], "writer": [0, 1], "panel": [[0, 1]]}),
        ),
        (
            vec![ScriptStep::Status(400)],
            json!({"analyst": [0], "writer": [0], "panel": []}),
        ),
    ] {
        let fields =
            json!({"analysis_models": models, "analyst": "openai/o", "writer": "openai/w"});
        let scripts = [
            (models[0], vec![answer_after(1, "one")]),
            (models[1], vec![second]),
            (models[2], vec![answer_after(1, "three")]),
            ("openai/o", vec![analysis()]),
            ("openai/w", vec![answer_after(1, "final")]),
        ];
        let outcome = run(request(fields), &scripts, None);
        outcome.check();
        assert_eq!(value_of(&outcome.result.unwrap().kinship), expected);
    }
}

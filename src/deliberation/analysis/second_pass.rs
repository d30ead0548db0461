//! Runs the second pass. Takes an [`Analysis`]. Returns the same analysis with the field `survived`
//! in each item.
//!
//! In the second pass, the same model reads the responses in reversed order. For each statement of
//! the first pass, the model says again which panelists make the statement. The model does not see
//! which panelists the first pass named. An item survives only if the second pass also names the
//! panelists of the first pass. The order is reversed because models favour certain positions.
//!
//! The second pass only sets `survived`. If it fails, the run continues.

use crate::json::{Map, Value};

use crate::deliberation::analysis::lists::{self, MAX_WRAPPERS};
use crate::deliberation::context::RunContext;
use crate::deliberation::labels::Labels;
use crate::deliberation::model_call::{RoleRequest, attempts};
use crate::deliberation::prompt::{self, Material};
use crate::deliberation::round_panel::PanelOutcome;
use crate::error::{Code, Error, Result};
use crate::json::lenient;
use crate::plan::{ModelTarget, RoleConfig};
use crate::result::Analysis;

/// The statements of a reply and who makes them, in the reply's order. Each pair contains a
/// statement's number and the labels that the reply gives to the statement. If a statement has two
/// pairs, the last pair counts.
pub(crate) type Attributions = Vec<(usize, Value)>;

/// Runs the second pass and sets `survived` in the analysis. `attempt` is the number of the
/// analyst's attempts in the first pass.
pub(in crate::deliberation) async fn run(
    run: RunContext<'_>,
    (config, model): (&RoleConfig, &ModelTarget),
    panel: &PanelOutcome,
    first_pass: &Analysis,
    mut attempt: u32,
) -> Result<Analysis> {
    let RunContext { plan, .. } = run;
    let mut analysis = first_pass.clone();
    let statements = statements(&mut analysis);
    if statements.is_empty() {
        return Ok(analysis);
    }
    let mut labels = Labels::shuffled(plan, &panel.responses);
    labels.order.reverse();
    let material = Material::new(plan, panel, &labels);
    let messages = prompt::for_second_look(material, &statements);
    let response_format = response_format(statements.len(), &labels);
    let role_request = RoleRequest {
        config,
        // The second pass needs only the answers, so it has no tools.
        models: &[ModelTarget {
            tool_set: Default::default(),
            ..model.clone()
        }],
        system: Some(prompt::ANALYST),
        messages: &messages,
        response_format: response_format.as_ref(),
        order: &labels.order,
        pass: Some(2),
        on_text: None,
        permit: None,
        web_access: None,
    };
    let reply = attempts::call_with_retries(run, role_request, &mut attempt).await?;
    let unreadable = || {
        Error::new(
            Code::ProviderError,
            "the reply holds no JSON object that names answers by the statements' numbers",
        )
    };
    let attributions = read(&reply.output.text, statements.len()).ok_or_else(unreadable)?;
    mark(&mut analysis, &attributions, &labels);
    Ok(analysis)
}

/// Which panelists make a statement, according to the first pass.
enum Claim<'a> {
    /// At least these panelists say the statement. If the list is empty, at least one panelist says
    /// it.
    SaidBy(&'a [usize]),
    /// Only this panelist says the statement.
    SaidOnlyBy(usize),
    Missing,
}

/// Calls `survives` for each statement, in the order of their numbers.
fn for_each_statement(
    analysis: &mut Analysis,
    survives: &mut dyn FnMut(String, Claim<'_>) -> bool,
) {
    for item in analysis
        .consensus
        .iter_mut()
        .chain(&mut analysis.partial_coverage)
    {
        item.survived = Some(survives(item.point.clone(), Claim::SaidBy(&item.panelists)));
    }
    for item in &mut analysis.contradictions {
        let mut all = true;
        for stance in &item.stances {
            all &= survives(
                format!("{}: {}", item.topic, stance.stance),
                Claim::SaidBy(&[stance.panelist]),
            );
        }
        if item.stances.is_empty() {
            all = survives(item.topic.clone(), Claim::SaidBy(&[]));
        }
        item.survived = Some(all);
    }
    for item in &mut analysis.unique_insights {
        item.survived = Some(survives(
            item.insight.clone(),
            Claim::SaidOnlyBy(item.panelist),
        ));
    }
    for item in &mut analysis.blind_spots {
        item.survived = Some(survives(
            format!("{} {}", item.point, prompt::MISSING),
            Claim::Missing,
        ));
    }
}

pub(crate) fn statements(analysis: &mut Analysis) -> Vec<String> {
    let mut statements = Vec::new();
    for_each_statement(analysis, &mut |statement, _| {
        statements.push(statement);
        false
    });
    statements
}

pub(crate) fn mark(analysis: &mut Analysis, attributions: &Attributions, labels: &Labels) {
    // Searching the list for each number would take quadratic time for a long malicious reply.
    let mut by_number = vec![
        None;
        attributions
            .iter()
            .map(|(number, _)| number + 1)
            .max()
            .unwrap_or_default()
    ];
    for (number, names) in attributions {
        if let Some(place) = by_number.get_mut(*number) {
            *place = Some(names);
        }
    }
    let mut number = 0;
    for_each_statement(analysis, &mut |_, claim| {
        number += 1;
        let attributions = by_number
            .get(number)
            .copied()
            .flatten()
            .and_then(|names| lists::panelists(names, labels));
        attributions.is_some_and(|attributions| match claim {
            Claim::SaidBy([]) => !attributions.is_empty(),
            Claim::SaidBy(panelists) => panelists
                .iter()
                .all(|panelist| attributions.contains(panelist)),
            Claim::SaidOnlyBy(panelist) => attributions.as_slice() == [panelist],
            Claim::Missing => attributions.is_empty(),
        })
    });
}

pub(crate) fn read(text: &str, count: usize) -> Option<Attributions> {
    lenient::last(text, |object, _| {
        find_attributions(object, count, MAX_WRAPPERS)
    })
}

fn find_attributions(object: Map, count: usize, wrappers: usize) -> Option<Attributions> {
    let (mut found, mut inner) = (Attributions::new(), None);
    for (key, value) in object {
        let number = key
            .trim_matches(|c: char| !c.is_ascii_digit())
            .parse()
            .ok()
            .filter(|number| (1..=count).contains(number));
        let names = lists::field(&value, &["responses", "response", "answers"]).unwrap_or(&value);
        match (number, names, value.as_object()) {
            (Some(number), Value::String(_) | Value::Array(_), _) => {
                found.push((number, names.clone()))
            }
            (None, _, Some(object)) if wrappers > 0 => {
                inner = find_attributions(object.clone(), count, wrappers - 1).or(inner)
            }
            _ => {}
        }
    }
    if found.is_empty() { inner } else { Some(found) }
}

fn response_format(count: usize, labels: &Labels) -> Option<Value> {
    let quoted = |names: Vec<String>| {
        names
            .iter()
            .map(|name| format!("\"{name}\""))
            .collect::<Vec<_>>()
    };
    let letters = quoted(
        (0..labels.order.len())
            .map(|position| Labels::name(position).to_string())
            .collect::<Vec<_>>(),
    )
    .join(",");
    let numbers = quoted(
        (1..=count)
            .map(|number| number.to_string())
            .collect::<Vec<_>>(),
    );
    let names = format!(r#"{{"type":"array","items":{{"type":"string","enum":[{letters}]}}}}"#);
    let properties: Vec<_> = numbers
        .iter()
        .map(|number| format!("{number}:{names}"))
        .collect();
    let schema = format!(
        r#"{{"type":"object","additionalProperties":false,"required":[{}],"properties":{{{}}}}}"#,
        numbers.join(","),
        properties.join(",")
    );
    let format = format!(
        r#"{{"type":"json_schema","json_schema":{{"name":"attribution","strict":true,"schema":{schema}}}}}"#
    );
    format.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::{BlindSpot, Contradiction, Insight, Point, Stance};

    fn analysis() -> Analysis {
        let point = |panelists: &[usize]| Point {
            point: "p".into(),
            panelists: panelists.to_vec(),
            models: Vec::new(),
            quotes: Vec::new(),
            survived: None,
        };
        let stance = |panelist| Stance {
            stance: "s".into(),
            panelist,
            model: String::new(),
            quotes: Vec::new(),
        };
        let contradiction = |stances: &[usize]| Contradiction {
            topic: "t".into(),
            stances: stances.iter().map(|at| stance(*at)).collect(),
            survived: None,
            checked: None,
        };
        Analysis {
            consensus: vec![point(&[0, 2])],
            partial_coverage: vec![point(&[])],
            contradictions: vec![contradiction(&[0, 2]), contradiction(&[])],
            unique_insights: vec![Insight {
                insight: "i".into(),
                panelist: 2,
                model: String::new(),
                quotes: Vec::new(),
                survived: None,
            }],
            blind_spots: vec![BlindSpot {
                point: "b".into(),
                survived: None,
            }],
        }
    }

    /// Panelist 2 is "A", panelist 0 is "B".
    fn labels() -> Labels {
        Labels { order: vec![2, 0] }
    }

    /// Returns, for each of the six items of [`analysis`], whether `reply` confirms the item: `+`
    /// if it does, `-` if it does not.
    fn survivors(reply: &str) -> Option<String> {
        let mut analysis = analysis();
        mark(&mut analysis, &read(reply, 7)?, &labels());
        let mut marks = analysis
            .consensus
            .iter()
            .chain(&analysis.partial_coverage)
            .map(|item| item.survived)
            .collect::<Vec<_>>();
        marks.extend(analysis.contradictions.iter().map(|item| item.survived));
        marks.extend([
            analysis.unique_insights[0].survived,
            analysis.blind_spots[0].survived,
        ]);
        Some(
            marks
                .into_iter()
                .map(|mark| if mark.unwrap() { '+' } else { '-' })
                .collect(),
        )
    }

    #[test]
    fn statements_have_a_fixed_order_and_contain_no_labels() {
        assert_eq!(
            statements(&mut analysis()),
            ["p", "p", "t: s", "t: s", "t", "i", "b [missing?]"]
        );
    }

    #[test]
    fn an_item_survives_if_the_second_reply_agrees() {
        let all = r#"{"1":["A","B"],"2":["A"],"3":["A","B"],"4":["A"],"5":["B"],"6":["A"],"7":[]}"#;
        assert_eq!(survivors(all).as_deref(), Some("++++++"));
        let changed = |from: &str, to: &str| survivors(&all.replacen(from, to, 1)).unwrap();
        assert_eq!(
            changed(r#""1":["A","B"]"#, r#""1":["A"]"#),
            "-+++++",
            "one panelist does not say it"
        );
        assert_eq!(
            changed(r#""2":["A"]"#, r#""2":[]"#),
            "+-++++",
            "no answer says it"
        );
        assert_eq!(
            changed(r#""3":["A","B"]"#, r#""3":["A"]"#),
            "++-+++",
            "another panelist has the stance"
        );
        assert_eq!(changed(r#""5":["B"]"#, r#""5":[]"#), "+++-++");
        assert_eq!(
            changed(r#""6":["A"]"#, r#""6":["A","B"]"#),
            "++++-+",
            "not unique after all"
        );
        assert_eq!(changed(r#""6":["A"]"#, r#""6":["B"]"#), "++++-+");
        assert_eq!(
            changed(r#""7":[]"#, r#""7":["B"]"#),
            "+++++-",
            "one answer addresses it"
        );
        assert_eq!(changed(r#","7":[]"#, ""), "+++++-", "left out");
        assert_eq!(changed(r#""7":[]"#, r#""7":null"#), "+++++-");
    }

    #[test]
    fn the_reply_is_read_tolerantly_and_the_last_object_counts() {
        let plain = r#"{"1":["A","B"],"7":[]}"#;
        let expected = survivors(plain);
        for other in [
            "Sure: {\"Statement 1\": \"Response A, Response B\", \"7.\": \"none\",}",
            "{\"statements\": {\"#1\": {\"responses\": [\"a\", \"b\"]}, \"7\": []}}",
            "Response A says {\"1\":[],\"7\":[\"A\"]} but {\"1\":[\"B\",\"A\",\"Z\"],\"7\":[],\"8\":[\"A\"],\"0\":[]} {\"x\": 1}",
        ] {
            assert_eq!(survivors(other), expected, "{other}");
        }
        for nothing in [
            "",
            "[]",
            "{}",
            "{\"x\":[\"A\"]}",
            "{\"8\":[\"A\"]}",
            "{\"1\":3}",
            "{\"99999999999999999999\":[]}",
        ] {
            assert_eq!(survivors(nothing), None, "{nothing}");
        }
    }
}

//! The run as OpenRouter's API shows it. Knows the core; the core does not know it.
//!
//! So far the projection of the analysis; the three endpoints of the handler grow here.

use serde_json::{Value, json};

use crate::result::Analysis;

/// OpenRouter's strict `FusionAnalysisResult`: bare strings and model names instead of panelists and quotes.
pub fn strict_analysis(analysis: &Analysis) -> Value {
    let coverage = |point: &crate::result::Point| json!({"models": point.models, "point": point.point});
    let stance = |stance: &crate::result::Stance| json!({"model": stance.model, "stance": stance.stance});
    json!({
        "consensus": analysis.consensus.iter().map(|item| item.point.as_str()).collect::<Vec<_>>(),
        "contradictions": analysis.contradictions.iter().map(|item| {
            json!({"topic": item.topic, "stances": item.stances.iter().map(stance).collect::<Vec<_>>()})
        }).collect::<Vec<_>>(),
        "partial_coverage": analysis.partial_coverage.iter().map(coverage).collect::<Vec<_>>(),
        "unique_insights": analysis.unique_insights.iter().map(|item| json!({"model": item.model, "insight": item.insight})).collect::<Vec<_>>(),
        "blind_spots": analysis.blind_spots.iter().map(|item| item.point.as_str()).collect::<Vec<_>>(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::result::{BlindSpot, Contradiction, Insight, Point, Stance};

    #[test]
    fn the_projection_has_exactly_the_contracts_keys() {
        let point = Point { point: "p".into(), panelists: vec![0], models: vec!["m".into()], quotes: Vec::new(), survived: Some(true) };
        let stance = Stance { stance: "s".into(), panelist: 0, model: "m".into(), quotes: Vec::new() };
        let analysis = Analysis {
            consensus: vec![point.clone()],
            contradictions: vec![Contradiction { topic: "t".into(), stances: vec![stance], survived: Some(true) }],
            partial_coverage: vec![point],
            unique_insights: vec![Insight {
                insight: "i".into(),
                panelist: 0,
                model: "m".into(),
                quotes: Vec::new(),
                survived: Some(false),
            }],
            blind_spots: vec![BlindSpot { point: "b".into(), survived: Some(true) }],
        };
        let expected = json!({
            "consensus": ["p"],
            "contradictions": [{"topic": "t", "stances": [{"model": "m", "stance": "s"}]}],
            "partial_coverage": [{"models": ["m"], "point": "p"}],
            "unique_insights": [{"model": "m", "insight": "i"}],
            "blind_spots": ["b"],
        });
        assert_eq!(strict_analysis(&analysis), expected);
    }
}

//! Writes the analysis as text for the writer.

use crate::deliberation::labels::Labels;
use crate::result::{Analysis, Contradiction, Insight, Point};

/// Returns the analysis as text with labels. Model names stay hidden, because the writer may favour
/// models of its own family.
pub(super) fn outline(analysis: &Analysis, labels: &Labels) -> String {
    let point = |item: &Point| {
        finding(
            &item.point,
            &letters(&item.panelists, labels),
            item.survived,
        )
    };
    let contradiction = |item: &Contradiction| {
        let stances: Vec<_> = item
            .stances
            .iter()
            .map(|stance| format!("{}{}", stance.stance, letters(&[stance.panelist], labels)))
            .collect();
        finding(
            &item.topic,
            &format!(": {}", stances.join("; ")),
            item.survived,
        )
    };
    let insight = |item: &Insight| {
        finding(
            &item.insight,
            &letters(&[item.panelist], labels),
            item.survived,
        )
    };
    let mut lines = Vec::new();
    let mut section = |title: &str, items: Vec<String>| {
        if !items.is_empty() {
            lines.push(format!("{title}:"));
            lines.extend(items.into_iter().map(|item| format!("- {item}")));
        }
    };
    section("Agreed", analysis.consensus.iter().map(point).collect());
    section(
        "Disagreed",
        analysis.contradictions.iter().map(contradiction).collect(),
    );
    section(
        "Said by some",
        analysis.partial_coverage.iter().map(point).collect(),
    );
    section(
        "Said by one",
        analysis.unique_insights.iter().map(insight).collect(),
    );
    let blind_spots = analysis.blind_spots.iter();
    section(
        "Said by nobody",
        blind_spots
            .map(|item| finding(&item.point, "", item.survived))
            .collect(),
    );
    lines.join("\n")
}

/// Returns one finding with its details. Adds the verdict of the second pass.
fn finding(text: &str, detail: &str, survived: Option<bool>) -> String {
    let verdict = if survived == Some(false) {
        " [did not hold in a second pass]"
    } else {
        ""
    };
    format!("{text}{detail}{verdict}")
}

/// Returns the labels of the panelists, such as " (A, C)".
fn letters(panelists: &[usize], labels: &Labels) -> String {
    let letters: Vec<_> = panelists
        .iter()
        .filter_map(|index| labels.label_of(*index))
        .map(String::from)
        .collect();
    if letters.is_empty() {
        String::new()
    } else {
        format!(" ({})", letters.join(", "))
    }
}

//! Writes the analysis as text for the writer.

use crate::deliberation::labels::Labels;
use crate::deliberation::prompt::fence::one_line;
use crate::result::{Analysis, Contradiction, Evidence, Insight, Point, StanceCheck, Verdict};

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
        analysis
            .contradictions
            .iter()
            .map(|item| contradiction(item, labels))
            .collect(),
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

/// Returns one finding with its details. If the second pass did not confirm the finding, adds a
/// note.
fn finding(text: &str, detail: &str, survived: Option<bool>) -> String {
    let verdict = if survived == Some(false) {
        " [did not hold in a second pass]"
    } else {
        ""
    };
    format!("{text}{detail}{verdict}")
}

/// Returns a contradiction with its stances, and with the outcome of its check.
fn contradiction(item: &Contradiction, labels: &Labels) -> String {
    let checks = item.checked.iter().flat_map(|checked| &checked.stances);
    let mut checks = checks.map(check);
    let stances: Vec<_> = item
        .stances
        .iter()
        .map(|stance| {
            let letters = letters(&[stance.panelist], labels);
            let check = checks.next().unwrap_or_default();
            format!("{}{letters}{check}", stance.stance)
        })
        .collect();
    finding(
        &item.topic,
        &format!(": {}", stances.join("; ")),
        item.survived,
    )
}

/// Returns the outcome of a check, with its evidence.
fn check(check: &StanceCheck) -> String {
    let verdict = match check.verdict {
        Verdict::Supported => "supported",
        Verdict::Refuted => "refuted",
        Verdict::Unresolved => "unresolved",
    };
    let evidence = |item: &Evidence| {
        let note = match item.verified {
            Some(true) => "",
            Some(false) => " (the page does not contain this quote)",
            None => " (not compared with the page)",
        };
        one_line(&format!("{} \"{}\"{note}", item.url, item.quote))
    };
    let evidence: Vec<_> = check.evidence.iter().map(evidence).collect();
    if evidence.is_empty() {
        format!(" [checked: {verdict}]")
    } else {
        format!(" [checked: {verdict}; {}]", evidence.join("; "))
    }
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

// The real analyst sees the replies under blind labels. The recorded one must find out which label each of its
// own replies got in this run, and then speaks in labels like any other.

/** @returns the text the analyst answers with: the five lists as JSON. */
export function analystText(analysis, voices, messages) {
  const prompt = messages.map((message) => plainText(message.content)).join("\n");
  const label = labelsOf(voices, prompt);
  const known = (byVoice) => Object.entries(byVoice).filter(([voice]) => label[voice]);
  const quotes = (byVoice) => known(byVoice).map(([voice, quote]) => ({ response: label[voice], quote }));
  const shared = ({ point, quotes: byVoice }) => ({ point, responses: known(byVoice).map(([voice]) => label[voice]), quotes: quotes(byVoice) });

  return JSON.stringify({
    consensus: analysis.consensus.map(shared).filter(({ responses }) => responses.length > 1),
    contradictions: analysis.contradictions
      .map(({ topic, stances }) => ({ topic, stances: known(stances).map(([voice, said]) => ({ response: label[voice], ...said })) }))
      .filter(({ stances }) => stances.length > 1),
    partial_coverage: analysis.partial_coverage.map(shared).filter(({ responses }) => responses.length > 1),
    unique_insights: analysis.unique_insights
      .filter(({ voice }) => label[voice])
      .map(({ voice, insight, quote }) => ({ response: label[voice], insight, quote })),
    blind_spots: analysis.blind_spots.map((point) => ({ point })),
  });
}

// Looks for the reply itself and takes the last label before it, so that the fence may change its shape.
function labelsOf(voices, prompt) {
  const labels = {};
  for (const [voice, { text }] of Object.entries(voices)) {
    const at = text ? prompt.lastIndexOf(text.slice(0, 60)) : -1;
    if (at < 0) continue;
    const before = [...prompt.slice(Math.max(0, at - 300), at).matchAll(/label\s*[=:]\s*["']?([A-H])\b|\bresponse\s+([A-H])\b/gi)].at(-1);
    if (before) labels[voice] = (before[1] ?? before[2]).toUpperCase();
  }
  return labels;
}

const plainText = (content) => (Array.isArray(content) ? content.map((part) => part.text ?? "").join("\n") : String(content ?? ""));

// Events arrive far faster than a screen shows them: each view draws at most once per frame, and only if it changed. A frame that has no time
// left hands the rest on to the next one, so that eight streams cost no more than the screen can take.

const BUDGET_MS = 9;
const waiting = new Set();
const afterwards = new Set();
let asked = false;

export function nextFrame(draw) {
  waiting.add(draw);
  if (asked) return;
  asked = true;
  requestAnimationFrame(drawAll);
}

/** Runs in the same frame after all drawing: what measures the page does so once it stands, not between two changes. */
export function afterDrawing(measure) {
  afterwards.add(measure);
}

function drawAll() {
  asked = false;
  const began = performance.now();
  for (const draw of waiting) {
    waiting.delete(draw);
    draw();
    if (performance.now() - began > BUDGET_MS) break;
  }
  for (const measure of afterwards) measure();
  afterwards.clear();
  if (waiting.size > 0) {
    asked = true;
    requestAnimationFrame(drawAll);
  }
}

// Events arrive far faster than a screen shows them: each view draws at most once per frame, and only if it changed. A frame that has no time
// left hands the rest on to the next one, where it comes first: eight streams take turns, and cost no more than the screen can take. Layout and
// paint of what was drawn want the greater part of a frame, so that drawings are also counted: beyond four cards, each is as smooth at half the pace.
// Where frames are rare anyway, each draws all: turns would leave most of the page behind.

const BUDGET_MS = 8;
const MOST = 4;
const RARE_MS = 150;
const waiting = new Set();
const afterwards = new Set();
let asked = false;
let asked_ms = 0;

export function nextFrame(draw) {
  waiting.add(draw);
  if (asked) return;
  ask();
}

function ask() {
  asked = true;
  asked_ms = performance.now();
  requestAnimationFrame(drawAll);
}

/** Runs in the same frame after all drawing: what measures the page does so once it stands, not between two changes. */
export function afterDrawing(measure) {
  afterwards.add(measure);
}

function drawAll() {
  const began = performance.now();
  const takesTurns = began - asked_ms < RARE_MS;
  const drawn = new Set();
  try {
    // What a drawing asks for may still come in this frame, but nothing twice.
    for (const draw of waiting) {
      if (drawn.has(draw)) continue;
      waiting.delete(draw);
      drawn.add(draw);
      draw();
      if (takesTurns && (drawn.size === MOST || performance.now() - began > BUDGET_MS)) break;
    }
    for (const measure of afterwards) measure();
  } finally {
    // One that throws is heard of, and stops no other.
    afterwards.clear();
    asked = false;
    if (waiting.size > 0) ask();
  }
}

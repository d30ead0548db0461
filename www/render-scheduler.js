// Events arrive faster than the screen refreshes. Each view draws at most once per frame, and only
// if it has changed. A frame stops drawing after 8 ms or four views; the rest is drawn first in the
// next frame. Layout and paint of what was drawn take most of a frame, hence the second limit.
// If frames are more than 150 ms apart, a frame draws everything, or most views would fall behind.

const BUDGET_MS = 8;
const MAX_DRAWINGS = 4;
const RARE_FRAME_MS = 150;
const waiting = new Set();
const measurements = new Set();
let requested = false;
let requestedAt = 0;

export function nextFrame(draw) {
  waiting.add(draw);
  if (!requested) requestFrame();
}

/** Runs `measure` in the same frame after all drawing, so that it forces one layout only. */
export function afterDrawing(measure) {
  measurements.add(measure);
}

function requestFrame() {
  requested = true;
  requestedAt = performance.now();
  requestAnimationFrame(drawAll);
}

function drawAll() {
  const began = performance.now();
  const isLimited = began - requestedAt < RARE_FRAME_MS;
  const drawn = new Set();
  try {
    // A drawing that is requested during this loop joins the frame, unless it was drawn already.
    for (const draw of waiting) {
      if (drawn.has(draw)) continue;
      waiting.delete(draw);
      drawn.add(draw);
      draw();
      const isOver = drawn.size === MAX_DRAWINGS || performance.now() - began > BUDGET_MS;
      if (isLimited && isOver) break;
    }
    for (const measure of measurements) measure();
  } finally {
    // If a drawing throws, the others are drawn in the next frame.
    measurements.clear();
    requested = false;
    if (waiting.size > 0) requestFrame();
  }
}

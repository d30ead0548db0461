// Draws views. Events arrive faster than the screen refreshes. Therefore each view draws at most
// once per frame, and only if it has changed.
//
// A frame stops drawing after 8 ms or four views, because layout and paint need most of a frame.
// The next frame begins with the views that were not drawn. If frames are more than 150 ms apart, a
// frame draws all views. Otherwise most views would fall behind.

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

/**
 * Runs `measure` in the same frame, after all drawings. All measurements then cause only one
 * layout.
 */
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
    // If a drawing is requested during this loop, this frame includes it. A view that was already
    // drawn waits for the next frame.
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

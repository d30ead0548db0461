// Draws views. Events arrive faster than the screen refreshes, so each view draws at most once per
// frame, and only if it has changed. A frame stops drawing after 8 ms or four views, because layout
// and paint need most of a frame. The next frame begins with the views that are left. If frames are
// more than 150 ms apart, a frame draws for up to 50 ms. Otherwise most views would fall behind.

const BUDGET_MS = 8;
const MAX_DRAWINGS = 4;
const RARE_FRAME_MS = 150;
/** A slow phone has rare frames too, and must still answer a touch within 200 ms. */
const RARE_BUDGET_MS = 50;
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
  const isRare = began - requestedAt >= RARE_FRAME_MS;
  const budget = isRare ? RARE_BUDGET_MS : BUDGET_MS;
  const most = isRare ? Number.POSITIVE_INFINITY : MAX_DRAWINGS;
  const drawn = new Set();
  try {
    // If a drawing is requested during this loop, this frame includes it. A view that was already
    // drawn waits for the next frame.
    for (const draw of waiting) {
      if (drawn.has(draw)) continue;
      waiting.delete(draw);
      drawn.add(draw);
      draw();
      if (drawn.size === most || performance.now() - began > budget) break;
    }
    for (const measure of measurements) measure();
  } finally {
    // If a drawing throws, the others are drawn in the next frame.
    measurements.clear();
    requested = false;
    if (waiting.size > 0) requestFrame();
  }
}

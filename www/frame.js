// Events arrive far faster than a screen shows them: each view draws at most once per frame, and only if it changed.

const waiting = new Set();
let asked = false;

export function nextFrame(draw) {
  waiting.add(draw);
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    const now = [...waiting];
    waiting.clear();
    for (const one of now) one();
  });
}

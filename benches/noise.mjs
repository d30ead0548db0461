// Says whether the machine is too busy to compare clients.

import { median } from "./bench.mjs";

/** Above this ratio, other processes take so much of the CPU that ratios of clients vary too. */
const TOO_NOISY = 1.25;

/**
 * Measures how much longer the same computation takes than the CPU time that it needs. The ratio is
 * 1 on an idle machine, and 2 if the process gets half of a CPU.
 */
export function measureNoise({ samples = 40, ms = 5 } = {}) {
  const ratios = [];
  for (let i = 0; i < samples; i++) {
    const before = process.cpuUsage();
    const began_ms = performance.now();
    let cpu_ms = 0;
    while (cpu_ms < ms) {
      const { user, system } = process.cpuUsage(before);
      cpu_ms = (user + system) / 1000;
    }
    ratios.push((performance.now() - began_ms) / cpu_ms);
  }
  return median(ratios.toSorted((a, b) => a - b).slice(samples / 2));
}

/** @param {number[]} noises the noise before each part and at the end */
export function describeNoise(noises) {
  const most = Math.max(...noises);
  const measured = `a computation takes up to ${most.toFixed(2)} times its CPU time`;
  return most < TOO_NOISY
    ? `the machine was quiet: ${measured}`
    : `THE MACHINE WAS TOO BUSY TO COMPARE: ${measured}, more than ${TOO_NOISY}. Repeat the bench.`;
}

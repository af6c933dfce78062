import { ConfigError } from "@ssl-vit/core";

const normalQuantile = 1.959964;

/**
 * 95 % interval of a share that was measured on `count` cases (Wilson, 1927): what chance alone makes of an accuracy on so many images. It stays in
 * [0, 1], and is right for few images and for shares near 0 and 1, where ± √(p(1 − p)/n) is not.
 *
 * @throws ConfigError when there is no case, or more successes than cases
 */
export function shareInterval(successes: number, count: number): readonly [low: number, high: number] {
  if (!(count >= 1 && successes >= 0 && successes <= count)) {
    throw new ConfigError({ package: "eval", what: "successes", expected: "from 0 to the number of cases, at least 1", received: `${successes} of ${count}` });
  }
  const share = successes / count;
  const square = normalQuantile ** 2;
  const center = (share + square / (2 * count)) / (1 + square / count);
  const half = (normalQuantile / (1 + square / count)) * Math.sqrt((share * (1 - share)) / count + square / (4 * count ** 2));
  return [center - half, center + half];
}

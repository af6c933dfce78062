/**
 * How a training step grows shorter with hosts, on paper: computing shared by the hosts, plus what does not shrink, plus the sum of the gradients. Sums are
 * taken to begin when the backward pass has ended; where they go on beside it (a large model's do) the truth is better.
 *
 * @typedef {{ secondsAnImage: number, secondsFixed: number, gradientBytes: number }} Host what a step takes on one host
 * @typedef {{ name: string, bytesASecond: number, latency: number }} Link between hosts; latency in seconds
 */

/** Bytes of a part of a sum, and parts under way (mpi.ts and call-queue.ts of @ssl-vit/distributed). */
const PART_BYTES = 2 ** 18;
const UNDER_WAY = 3;

/**
 * Seconds of an all-reduce by reduce-scatter and all-gather (Rabenseifner 2004, https://doi.org/10.1007/978-3-540-24685-5_1; MPICH's choice for parts of this size, and the one that
 * @ssl-vit/distributed asks Open MPI for): every host sends and receives 2 (W - 1) / W of the bytes, each part in 2 log2 W messages.
 *
 * @param {number} hosts
 * @param {number} bytes
 * @param {Pick<Link, "bytesASecond" | "latency">} link
 */
export function allReduceSeconds(hosts, bytes, { bytesASecond, latency }) {
  if (hosts === 1) return 0;
  const rounds = Math.ceil(Math.ceil(bytes / PART_BYTES) / UNDER_WAY);
  return rounds * 2 * Math.ceil(Math.log2(hosts)) * latency + ((2 * (hosts - 1)) / hosts) * (bytes / bytesASecond);
}

/**
 * Seconds of a step.
 *
 * @param {number} hosts
 * @param {number} images of the whole batch
 * @param {Host} host
 * @param {Link} link
 */
export const stepSeconds = (hosts, images, { secondsAnImage, secondsFixed, gradientBytes }, link) =>
  secondsFixed + (images / hosts) * secondsAnImage + allReduceSeconds(hosts, gradientBytes, link);

/** Twice as many hosts must make a step at least so many times as fast, or they do not pay. */
export const WORTH = 1.5;

/**
 * The number of hosts, a power of two, from which on twice as many do not pay, when the batch stays the same.
 *
 * @param {number} images
 * @param {Host} host
 * @param {Link} link
 * @param {number} most
 */
export function lastThatPays(images, host, link, most) {
  let hosts = 1;
  while (2 * hosts <= Math.min(most, images) && stepSeconds(hosts, images, host, link) / stepSeconds(2 * hosts, images, host, link) >= WORTH) hosts *= 2;
  return hosts;
}

/**
 * What a step takes beside its images, and what an image takes, by a line through two batches.
 *
 * @param {readonly [small: { images: number, seconds: number }, large: { images: number, seconds: number }]} steps
 */
export function lineThrough([small, large]) {
  const secondsAnImage = (large.seconds - small.seconds) / (large.images - small.images);
  // Noise can put the line below zero.
  return { secondsAnImage, secondsFixed: Math.max(0, small.seconds - small.images * secondsAnImage) };
}

/** Anchors of matplotlib's "inferno" at 0, 1/8 … 1 (CC0), between which colors are mixed. Perceptually even, dark to bright. */
const INFERNO = [
  [0, 0, 4],
  [31, 12, 72],
  [85, 15, 109],
  [136, 34, 106],
  [186, 54, 85],
  [227, 89, 51],
  [249, 140, 10],
  [249, 201, 50],
  [252, 255, 164],
] as const;

/** The color of a share in [0, 1], RGB bytes. */
export function colorOf(share: number): [number, number, number] {
  const place = Math.min(1, Math.max(0, share)) * (INFERNO.length - 1);
  const index = Math.min(INFERNO.length - 2, Math.floor(place));
  const [from, to] = [INFERNO[index]!, INFERNO[index + 1]!];
  const mix = (channel: 0 | 1 | 2): number => Math.round(from[channel] + (to[channel] - from[channel]) * (place - index));
  return [mix(0), mix(1), mix(2)];
}

/** The map as an SVG gradient from left to right. */
export function colorGradient(id: string): string {
  const stops = INFERNO.map((color, index) => `<stop offset="${index / (INFERNO.length - 1)}" stop-color="rgb(${color.join(",")})"/>`);
  return `<linearGradient id="${id}">${stops.join("")}</linearGradient>`;
}

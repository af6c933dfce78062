/**
 * Colors of Okabe and Ito ("Color Universal Design", 2008), which people of every color vision tell apart; in an order whose neighbours differ in
 * lightness too. Yellow, hard to see on white, comes last.
 */
const OKABE_ITO = ["#0072B2", "#E69F00", "#009E73", "#D55E00", "#56B4E9", "#CC79A7", "#000000", "#F0E442"] as const;

/** A star with five points within the unit circle, as an SVG path. */
const STAR = `M${Array.from({ length: 10 }, (_, corner) => {
  const [radius, angle] = [corner % 2 === 0 ? 1 : 0.45, (Math.PI * corner) / 5];
  return `${(radius * Math.sin(angle)).toFixed(3)},${(-radius * Math.cos(angle)).toFixed(3)}`;
}).join("L")}Z`;

/** Vega's symbols, and one more, that are told apart when small. */
const SHAPES = ["circle", "square", "triangle-up", "diamond", "cross", "triangle-down", STAR] as const;

/** How many categories differ from each other: 8 colors and 7 shapes, each pair once. */
export const DISTINCT_CATEGORIES: number = OKABE_ITO.length * SHAPES.length;

/** The color and shape of the nth category. The first seven differ in both; no two of the first 56 agree in both. */
export function categoryStyle(index: number): { readonly color: string; readonly shape: string } {
  return { color: OKABE_ITO[index % OKABE_ITO.length]!, shape: SHAPES[index % SHAPES.length]! };
}

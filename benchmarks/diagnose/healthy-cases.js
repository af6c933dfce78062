import { imagesOf } from "./broken-images.js";
import { methods } from "./methods.js";

/** @typedef {import("./case.js").Case} Case */

/** Some are judged in another domain while they train, as some that are broken are. */
const JUDGED = ["dino", "mae", "simclr"];

/**
 * Presets that were written for photographs, on images that are grey, much alike, and mostly of one color.
 *
 * @type {readonly (readonly [method: string, domain: import("./domain-images.js").DomainName])[]}
 */
const ELSEWHERE = [["mae", "digits"], ["simclr", "digits"], ["dino", "x-rays"]];

/**
 * Presets `small`, unchanged: every method's on photographs, some on other images. Nothing is wrong, and nothing may be named.
 *
 * @type {readonly Case[]}
 */
export const healthyCases = [
  ...Object.keys(methods).map((method) => /** @type {Case} */ ({ name: `healthy-${method}`, method, half: "healthy", ...(JUDGED.includes(method) ? { evaluation: { other: "x-rays" } } : {}) })),
  ...ELSEWHERE.map(([method, domain]) => /** @type {Case} */ ({ name: `healthy-${method}-${domain}`, method, half: "healthy", trainedOn: domain, data: imagesOf(domain) })),
];

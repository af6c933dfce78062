import { InvalidArgumentError } from "commander";

/**
 * A parser of an option's value.
 *
 * @param {number} minimum
 */
export const wholeNumber = (minimum) => (/** @type {string} */ text) => {
  const value = Number(text);
  if (text.trim() !== "" && Number.isInteger(value) && value >= minimum) return value;
  throw new InvalidArgumentError(`Expected a whole number of at least ${minimum}, received "${text}".`);
};

import type { OptionChange } from "@ssl-vit/core";
import type { RunView } from "./run-view.js";

/** A number as a sentence shows it: whole ones as they are, others with three digits and no trailing zeros. */
export const shown = (value: number, digits = 3): string => String(Number.isInteger(value) && Math.abs(value) < 1e6 ? value : Number(value.toPrecision(digits)));

/** A share as a sentence shows it: `"12 %"`. */
export const percent = (share: number): string => `${Number((share * 100).toPrecision(2))} %`;

/** Advice, in a sentence and for programs. */
export interface Advice {
  readonly advice: string;
  readonly change?: OptionChange;
}

/** In quotes where a shell would read it otherwise. */
const quoted = (text: string): string => (/^[\w.,:+/-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`);

const written = (value: unknown): string => quoted(typeof value === "string" ? value : JSON.stringify(value));

/** An option without a section has a flag of its own: `learningRate` → `--learning-rate`. */
const flagOf = (option: string): string => `--${option.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;

/** A change as `ssl-vit pretrain` takes it: `"--learning-rate 0.0005"`, `"--set method.teacherTemperature=0.04"`. */
export const changeAsFlags = ({ option, to }: OptionChange): string =>
  option.includes(".") ? `--set ${option}=${written(to)}` : `${flagOf(option)} ${written(to)}`;

/** Advice to give one option another value. */
export function change(option: string, from: unknown, to: unknown, why = ""): Advice {
  const made = { option, from, to };
  return { advice: `Use ${changeAsFlags(made)}${why}.`, change: made };
}

/** The first of some options of the method that the run's method has, with its value. */
export function optionOf(view: RunView, ...names: readonly string[]): { readonly option: string; readonly value: unknown } | undefined {
  const name = names.find((one) => view.option(one) !== undefined);
  return name === undefined ? undefined : { option: `method.${name}`, value: view.option(name) };
}

/** One digit is as much as advice is worth. */
const rounded = (value: number): number => Number(value.toPrecision(1));

/** Advice to multiply the learning rate. */
export function learningRateTimes(view: RunView, factor: number): Advice {
  const from = view.run.facts.optimizer.learningRate;
  if (!Number.isFinite(from) || from <= 0) return { advice: `Multiply the learning rate (--learning-rate) by ${shown(rounded(factor))}.` };
  return change("learningRate", from, rounded(from * factor), ` in place of ${shown(from)}`);
}

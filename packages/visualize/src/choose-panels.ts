import { type PanelLine, type SignalPanel, signalPanels } from "./signal-panels.js";
import type { StepValue } from "./thinned-points.js";

/** Series by the names of their signals. */
export type SignalSeries = Readonly<Record<string, readonly StepValue[]>>;

/** A panel with the lines that have points. */
export interface ChosenPanel extends SignalPanel {
  readonly isHighlighted: boolean;
}

/** Lines of a family, at the most. */
const FAMILY_LINES = 5;

/** `patch_embed`, then blocks by their number, then the rest as it came. */
function placeOf(part: string): number {
  if (part === "patch_embed") return -1;
  const number = /(\d+)$/.exec(part)?.[1];
  return number === undefined ? Number.MAX_SAFE_INTEGER : Number(number);
}

/** So many at even distances, the first and the last among them. */
function evenly<T>(all: readonly T[], count: number): readonly T[] {
  if (all.length <= count) return all;
  return Array.from({ length: count }, (_, place) => all[count === 1 ? 0 : Math.round((place * (all.length - 1)) / (count - 1))]!);
}

/** The parts of a family that have room: those that are asked for, then blocks at even distances and what is no block. */
function familyLines(family: string, series: SignalSeries, highlighted: readonly string[]): readonly PanelLine[] {
  const prefix = `${family}/`;
  const parts = Object.keys(series).filter((name) => name.startsWith(prefix) && series[name]!.length > 0).map((name) => name.slice(prefix.length)).sort((a, b) => placeOf(a) - placeOf(b));
  const [asked, others] = [parts.filter((part) => highlighted.includes(prefix + part)), parts.filter((part) => !highlighted.includes(prefix + part))];
  const room = Math.max(0, FAMILY_LINES - asked.length);
  const kept = new Set([...asked.slice(0, FAMILY_LINES), ...evenly(others, room)]);
  return parts.filter((part) => kept.has(part)).map((part) => ({ signal: prefix + part, name: part }));
}

/** Whether a signal is one that a panel shows. */
function shows({ lines, family, about = [] }: SignalPanel, signal: string): boolean {
  return lines.some((line) => line.signal === signal) || about.includes(signal) || (family !== undefined && (signal === family || signal.startsWith(`${family}/`)));
}

/**
 * The panels of a picture, in their usual order: those that show a highlighted signal, then from the first on, `most` in all. A panel without points is left out.
 */
export function choosePanels(series: SignalSeries, highlighted: readonly string[], most: number): readonly ChosenPanel[] {
  // What was never measured is in no panel, though it may have a place in one.
  const measured = highlighted.filter((signal) => (series[signal]?.length ?? 0) > 0);
  const there = signalPanels
    .map((panel): ChosenPanel => ({
      ...panel,
      lines: [
        ...panel.lines.filter(({ signal }) => (series[signal]?.length ?? 0) > 0),
        ...(panel.family === undefined ? [] : familyLines(panel.family, series, measured)),
      ],
      isHighlighted: measured.some((signal) => shows(panel, signal)),
    }))
    .filter(({ lines }) => lines.some(({ isReference }) => isReference !== true));
  const kept = new Set([...there.filter(({ isHighlighted }) => isHighlighted), ...there.filter(({ isHighlighted }) => !isHighlighted)].slice(0, most));
  return there.filter((panel) => kept.has(panel));
}

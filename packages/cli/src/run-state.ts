import type { ReadRun } from "@ssl-vit/diagnose";
import { runningProcess } from "@ssl-vit/trainer";

/** How far a run is. */
export interface RunState {
  readonly name: "running" | "failed" | ReadRun["state"];
  /** For a person. */
  readonly text: string;
  /** Last step that was logged. */
  readonly step: number;
}

/** How far the run of a folder is, by what it logged and by whether a process is at it. */
export async function runState(folder: string, { run: { logged }, state }: ReadRun): Promise<RunState> {
  const step = logged.reduce((last, line) => Math.max(last, line.step), 0);
  const owner = await runningProcess(folder);
  if (owner !== undefined) return { name: "running", step, text: `still running (process ${owner.pid} on ${owner.host}): what follows is of its first ${step} steps` };
  const failure = logged.at(-1)?.failure;
  if (failure !== undefined) return { name: "failed", step, text: `ended by an error: ${failure.message}` };
  const texts = { finished: "finished", "ended early": "stopped early", unknown: "its log does not say how it ended, and no process is at it: it was killed, it seems" };
  return { name: state, step, text: texts[state] };
}

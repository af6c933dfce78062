import pc from "picocolors";

/** Colors where a person reads: on standard error. picocolors itself looks at standard output, which may go elsewhere, or be a terminal that mpirun has made. */
export const colors = pc.createColors(pc.isColorSupported && process.stderr.isTTY);

let isSilent = false;

/** Says nothing from now on: another process says the same. */
export function silence(): void {
  isSilent = true;
}

/** What a person reads goes to standard error; standard output is for results. */
export function say(message: string): void {
  if (!isSilent) process.stderr.write(`${message}\n`);
}

/** A warning that must not be missed. */
export function warn(message: string): void {
  say(colors.yellow(message));
}

/** One object, and nothing else, on standard output. */
export function printJson(value: unknown): void {
  if (!isSilent) process.stdout.write(`${JSON.stringify(value)}\n`);
}

/** A line of a command's result on standard output. */
export function print(message: string): void {
  process.stdout.write(`${message}\n`);
}

/** `1 h 02 min`, `3 min 20 s`, `12 s`. */
export function duration(seconds: number): string {
  const whole = Math.round(seconds);
  const two = (value: number): string => String(value).padStart(2, "0");
  if (whole >= 3600) return `${Math.floor(whole / 3600)} h ${two(Math.floor((whole % 3600) / 60))} min`;
  return whole >= 60 ? `${Math.floor(whole / 60)} min ${two(whole % 60)} s` : `${whole} s`;
}

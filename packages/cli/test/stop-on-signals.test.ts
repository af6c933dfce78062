import { afterEach, expect, it, vi } from "vitest";
import { stopOnSignals } from "../src/stop-on-signals.js";

let time = 0;
const start = () => {
  const told: string[] = [];
  const exit = vi.spyOn(process, "exit").mockImplementation((() => undefined) as never);
  return { told, exit, request: stopOnSignals((name) => told.push(name), () => time) };
};
afterEach(() => {
  vi.restoreAllMocks();
});

it.each([["SIGINT", 130], ["SIGTERM", 143]] as const)("%s asks to stop; the same again leaves at once with %i", (name, code) => {
  const { told, exit, request } = start();
  expect([request.signal.aborted, request.exitCode()]).toEqual([false, undefined]);
  process.emit(name);
  expect([request.signal.aborted, request.exitCode(), told]).toEqual([true, code, [name]]);
  expect(exit).not.toHaveBeenCalled();
  process.emit(name);
  expect(exit).toHaveBeenCalledExactlyOnceWith(code);
  request.release();
});

it("takes the SIGTERM that a package manager makes of Ctrl-C for the same wish", () => {
  const { told, exit, request } = start();
  process.emit("SIGINT");
  time += 2;
  process.emit("SIGTERM");
  expect(exit).not.toHaveBeenCalled();
  expect([request.exitCode(), told]).toEqual([130, ["SIGINT"]]);
  request.release();
});

it("leaves at once at another signal that comes a second later", () => {
  const { exit, request } = start();
  process.emit("SIGINT");
  time += 1000;
  process.emit("SIGTERM");
  expect(exit).toHaveBeenCalledExactlyOnceWith(143);
  request.release();
});

it("leaves signals alone when released", () => {
  const before = process.listenerCount("SIGINT");
  const { request } = start();
  expect(process.listenerCount("SIGINT")).toBe(before + 1);
  request.release();
  expect(process.listenerCount("SIGINT")).toBe(before);
});

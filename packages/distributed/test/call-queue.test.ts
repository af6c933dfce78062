import { expect, it } from "vitest";
import { callQueue } from "../src/call-queue.js";

it("begins calls in the order in which they are asked for, three at a time", () => {
  const begun: string[] = [];
  const done = new Set<string>();
  const queue = callQueue();
  const ask = (name: string) => queue.add(() => {
    begun.push(name);
    return { test: () => done.has(name) };
  });
  const [, second, third, last] = ["first", "second", "third", "last"].map(ask);
  expect(begun).toEqual(["first", "second", "third"]);
  expect(last!.test()).toBe(false);
  expect(begun).toEqual(["first", "second", "third"]);
  done.add("second");
  expect([third!.test(), second!.test()]).toEqual([false, true]);
  expect(begun).toEqual(["first", "second", "third", "last"]);
  done.add("first").add("third").add("last");
  expect(third!.test()).toBe(true);
  expect(last!.test()).toBe(true);
  expect(begun).toEqual(["first", "second", "third", "last"]);
});

import { expect, test } from "vitest";
import { commandOf } from "../command-of.js";

test("a command has the options that its sitting kept, lists with commas, one of nothing in quotes", () => {
  const circumstances = { cpu: "some CPU", workloads: ["mae", "dino"], paths: [], rounds: 3 };
  expect(commandOf("speed", ["workloads", "paths", "rounds", "steps"], circumstances)).toBe('`npx --yes pnpm@10 run bench speed --workloads mae,dino --paths "" --rounds 3`');
  expect(commandOf("speed --memory", [], circumstances)).toBe("`npx --yes pnpm@10 run bench speed --memory`");
  expect(commandOf("speed", ["workers"], { workers: 0 })).toBe("`npx --yes pnpm@10 run bench speed --workers 0`");
});

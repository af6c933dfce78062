import { expect, test } from "vitest";
import { lackingOf } from "../lacking.js";

const keys = ["mae", "dino"].flatMap((method) => [1, 2, 3].map((round) => ({ round, method })));
const sitting = (commit: string, count: number) => ({ date: "2026-01-02T03:04:05Z", circumstances: { commit }, measurements: keys.slice(0, count).map((key) => ({ ...key, ms: 1 })) });

test("a whole sitting of committed code lacks nothing", () => {
  expect(lackingOf(sitting("abc1234", keys.length), keys)).toEqual([]);
});

test("what is missing is counted, and named up to three", () => {
  expect(lackingOf(sitting("abc1234", 5), keys)).toEqual(["1 of 6 measurements are missing (round 3, dino)"]);
  expect(lackingOf(sitting("abc1234", 1), keys)).toEqual(["5 of 6 measurements are missing (round 2, mae; round 3, mae; round 1, dino; …)"]);
});

test.each(["abc1234-dirty", "unknown"])("code that is %s is not that of a commit", (commit) => {
  expect(lackingOf(sitting(commit, keys.length), keys)).toEqual(["it was measured on code that is not committed"]);
});

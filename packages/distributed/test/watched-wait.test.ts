import { describe, expect, it } from "vitest";
import { PeerFailure, watchCalls } from "../src/watched-wait.js";

/** What the other ranks send, once they are asked where they are unless they tell of a failure; a clock that goes on with each look. */
function rankZero(notices: readonly (readonly [from: number, notice: object])[], size = 3) {
  const left = [...notices];
  const sent: { to: number; notice: unknown }[] = [];
  let time = 0;
  const watch = watchCalls(
    {
      rank: 0,
      size,
      send: (bytes, to) => {
        sent.push({ to, notice: JSON.parse(new TextDecoder().decode(bytes)) });
        return { test: () => true };
      },
      receive: (into) => {
        const next = left[0];
        const isAsked = sent.some(({ notice }) => "asks" in (notice as object));
        if (next === undefined || (!isAsked && "waits" in next[1])) return undefined;
        left.shift();
        into.set(new TextEncoder().encode(JSON.stringify(next[1])));
        return next[0];
      },
    },
    { timeout: 1000, nameOf: (rank) => `rank ${rank} (node)`, now: () => (time += 50) },
  );
  return { watch, sent };
}

const never = { test: () => false };

describe("watchCalls", () => {
  it("names the ranks that have not come to a call, and asks the others where they are", () => {
    const { watch, sent } = rankZero([[2, { waits: "sum of 5 numbers", call: 7 }]]);
    expect(() => { watch.wait(never, "sum of 5 numbers", 7); }).toThrow(/rank 1 \(node\): expected to come to a sum of 5 numbers within 1 s, received nothing/);
    expect(sent).toEqual([1, 2].map((to) => ({ to, notice: { asks: true } })));
  });

  it("does not blame a rank that waits for an earlier call", () => {
    const { watch } = rankZero([[1, { waits: "sum of 5 numbers", call: 6 }]]);
    expect(() => { watch.wait(never, "sum of 5 numbers", 7); }).toThrow(/^\[@ssl-vit\/distributed\] rank 2 \(node\): expected/);
  });

  it("answers a rank that asks", () => {
    const { watch, sent } = rankZero([[2, { asks: true }]]);
    expect(() => { watch.wait(never, "sum of 5 numbers", 7); }).toThrow();
    expect(sent).toContainEqual({ to: 2, notice: { waits: "sum of 5 numbers", call: 7 } });
  });

  it("tells of ranks that wait for each other", () => {
    const { watch } = rankZero([[1, { waits: "gather of 4 bytes", call: 7 }], [2, { waits: "sum of 5 numbers", call: 7 }]]);
    expect(() => { watch.wait(never, "sum of 5 numbers", 7); }).toThrow(
      "ranks that wait for each other for 1 s: rank 0 in call 7, sum of 5 numbers; rank 1 in call 7, gather of 4 bytes; rank 2 in call 7, sum of 5 numbers. Either the network between them fails, or their code differs.",
    );
  });

  it("ends a wait when another rank has failed", () => {
    const { watch } = rankZero([[2, { failed: "no more memory" }]]);
    expect(() => { watch.wait(never, "sum of 5 numbers", 7); }).toThrow(new PeerFailure("rank 2 (node) failed: no more memory"));
  });

  it("returns when the call is done, however late, within the timeout", () => {
    let tests = 0;
    const { watch, sent } = rankZero([]);
    watch.wait({ test: () => ++tests > 400 }, "sum of 5 numbers", 7);
    expect(sent.length).toBeLessThanOrEqual(2);
  });
});

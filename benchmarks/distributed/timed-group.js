import { differentiableCollective } from "@ssl-vit/core";

/**
 * Milliseconds that a rank has spent in the calls of its group. Waiting contains the other ranks' being late, and the sums that are still under way.
 *
 * @typedef {object} Spent
 * @property {number} starting sums of gradients and of the step's numbers
 * @property {number} looking after the sums during the backward pass
 * @property {number} waiting for sums
 * @property {number} collective `allReduce` and `allGather` of the method, and of their gradients, with copies from and to the engine
 * @property {number} agreeing `exchange`, `broadcast`, `agree`
 */

/**
 * A group that counts the time spent in its calls.
 *
 * @param {import("@ssl-vit/distributed").MpiGroup} group
 * @returns {{ group: import("@ssl-vit/distributed").MpiGroup, take: () => Spent }} `take`: what was spent since the last time
 */
export function timedGroup(group) {
  const nothing = () => ({ starting: 0, looking: 0, waiting: 0, collective: 0, agreeing: 0 });
  let spent = nothing();
  /** @template T @param {keyof Spent} where @param {() => T} call @returns {T} */
  const timed = (where, call) => {
    const started = performance.now();
    try {
      return call();
    } finally {
      spent[where] += performance.now() - started;
    }
  };
  return {
    group: {
      ...group,
      // Built anew, so that the gradients go through the clock as well.
      ...differentiableCollective({
        rank: group.rank,
        size: group.size,
        reduce: (given, operation) => timed("collective", () => group.allReduce(given, operation)),
        gather: (given) => timed("collective", () => group.allGather(given)),
      }),
      startSum: (values) => {
        const sum = timed("starting", () => group.startSum(values));
        return {
          isDone: () => timed("looking", () => sum.isDone()),
          wait: () => {
            timed("waiting", () => {
              sum.wait();
            });
          },
        };
      },
      exchange: (text) => timed("agreeing", () => group.exchange(text)),
      broadcast: (bytes) => {
        timed("agreeing", () => {
          group.broadcast(bytes);
        });
      },
      agree: (problem) => {
        timed("agreeing", () => {
          group.agree(problem);
        });
      },
    },
    take: () => {
      const taken = spent;
      spent = nothing();
      return taken;
    },
  };
}

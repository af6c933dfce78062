import type { MpiRequest } from "./mpi-calls.js";

/** Calls in the order in which they were asked for, which is the same on every rank as MPI wants it; a few of them under way at a time. */
export interface CallQueue {
  /** Asks for a call: begins it at once or when those before it are done. Testing it moves all on. */
  add(begin: () => MpiRequest): MpiRequest;
}

/**
 * Parts of a quarter of a megabyte under way (tried: 32 KB to 1 MB, one to eight, over two processes of a host). Two megabytes and more under way are half as
 * fast with Open MPI, whose buffers for each call are then given back to the system and faulted in anew. Measured in benchmarks/distributed.
 */
const UNDER_WAY = 3;

export function callQueue(): CallQueue {
  const waiting: (() => void)[] = [];
  let underWay: MpiRequest[] = [];

  const advance = (): void => {
    underWay = underWay.filter((request) => !request.test());
    while (underWay.length < UNDER_WAY) {
      const begin = waiting.shift();
      if (begin === undefined) return;
      begin();
    }
  };

  return {
    add: (begin) => {
      let own: MpiRequest | undefined;
      waiting.push(() => {
        own = begin();
        underWay.push(own);
      });
      advance();
      return {
        test: () => {
          advance();
          return own?.test() === true;
        },
      };
    },
  };
}

import type { MpiCalls, MpiRequest } from "./mpi-calls.js";

/** What a rank tells the others beside the collective calls. */
type Notice = { readonly waits: string; readonly call: number } | { readonly asks: true } | { readonly failed: string };

/** Thrown where another rank has failed, which has told so itself. */
export class PeerFailure extends Error {
  override readonly name = "PeerFailure";
}

/** Waits for collective calls, and for the words of ranks that fail. */
export interface Watch {
  /**
   * Returns when the call is done.
   *
   * @param what the call, for people: `"sum of 1000 numbers"`
   * @param call its number among all calls, which are the same on every rank
   * @throws PeerFailure when another rank has failed; Error naming the ranks that have not come within the timeout
   */
  wait(request: MpiRequest, what: string, call: number): void;
  /** Tells the other ranks that this one has failed. */
  announceFailure(text: string): void;
  /** Waits so long for a rank below this one that has failed too. */
  lowerFailureWithin(milliseconds: number): boolean;
  /** Goes on with what is under way, for so long. */
  linger(milliseconds: number): void;
}

/** Milliseconds for which a wait takes a whole core, and after which it sleeps in between: the others may compute for long, and may need the core. */
const SPIN_MS = 2;
const TESTS_BETWEEN_SLEEPS = 32;
const SLEEP_MS = 0.05;
/** Between looks at the notices. */
const LOOK_MS = 20;
const NOTICE_BYTES = 4096;
/** Characters of an error that the others are told; JSON makes at most six bytes of one. */
const MOST_CHARACTERS = 600;
/** For ranks that wait as well to say so, before those that say nothing are named. */
const ANSWER_MS = 1000;

const sleeping = new Int32Array(new SharedArrayBuffer(4));
function sleep(milliseconds: number): void {
  Atomics.wait(sleeping, 0, 0, milliseconds);
}

/**
 * @param timeout milliseconds that a rank may be late for a call
 * @param nameOf a rank, for people: `"rank 1 (node-2, process 1234)"`
 * @param now milliseconds
 */
export function watchCalls(mpi: Pick<MpiCalls, "rank" | "size" | "send" | "receive">, { timeout, nameOf, now = () => performance.now() }: { timeout: number; nameOf: (rank: number) => string; now?: () => number }): Watch {
  /** Ranks that answered that they wait, and for what. */
  const waiting = new Map<number, { readonly what: string; readonly call: number }>();
  /** What this rank waits for. */
  let own: { readonly what: string; readonly call: number } | undefined;
  /** Of ranks that have failed, the lowest first to be known. */
  const failures = new Map<number, string>();
  let sending: MpiRequest[] = [];

  const others = Array.from({ length: mpi.size }, (_, rank) => rank).filter((rank) => rank !== mpi.rank);

  const tell = (notice: Notice, ranks: readonly number[]): void => {
    const text = new TextEncoder().encode(JSON.stringify(notice));
    for (const rank of ranks) {
      const bytes = new Uint8Array(new ArrayBuffer(text.length));
      bytes.set(text);
      sending.push(mpi.send(bytes, rank));
    }
  };

  const look = (): void => {
    sending = sending.filter((request) => !request.test());
    for (;;) {
      const bytes = new Uint8Array(new ArrayBuffer(NOTICE_BYTES));
      const from = mpi.receive(bytes);
      if (from === undefined) return;
      const end = bytes.indexOf(0);
      const notice = JSON.parse(new TextDecoder().decode(end < 0 ? bytes : bytes.subarray(0, end))) as Notice;
      if ("failed" in notice) failures.set(from, notice.failed);
      else if ("waits" in notice) waiting.set(from, { what: notice.waits, call: notice.call });
      else if (own !== undefined) tell({ waits: own.what, call: own.call }, [from]);
    }
  };

  /** Why a call is not done in time: who has not come, or that all wait for different calls. */
  const late = (what: string, call: number): Error => {
    const missing = others.filter((rank) => !waiting.has(rank));
    const seconds = `${timeout / 1000} s`;
    if (missing.length > 0) {
      const names = `${missing.slice(0, 4).map(nameOf).join(", ")}${missing.length > 4 ? `, and ${missing.length - 4} more` : ""}`;
      return new Error(`[@ssl-vit/distributed] ${names}: expected to come to a ${what} within ${seconds}, received nothing. It hangs, has died, or is slower than the timeout allows (--distributed-timeout; mpi({ timeout })).`);
    }
    const places = [`rank ${mpi.rank} in call ${call}, ${what}`, ...others.slice(0, 4).map((rank) => `rank ${rank} in call ${waiting.get(rank)!.call}, ${waiting.get(rank)!.what}`)];
    return new Error(`[@ssl-vit/distributed] ranks: expected to make the same calls, received ranks that wait for each other for ${seconds}: ${places.join("; ")}. Either the network between them fails, or their code differs.`);
  };

  return {
    wait(request, what, call) {
      if (request.test()) return;
      const started = now();
      let looked = started;
      let asked: number | undefined;
      own = { what, call };
      for (;;) {
        for (let tests = 0; tests < TESTS_BETWEEN_SLEEPS; tests++) if (request.test()) return;
        const time = now();
        if (time - started < SPIN_MS) continue;
        sleep(SLEEP_MS);
        if (time - looked < LOOK_MS) continue;
        looked = time;
        look();
        for (const [rank, text] of failures) throw new PeerFailure(`${nameOf(rank)} failed: ${text}`);
        if (time - started <= timeout) continue;
        if (asked === undefined) {
          asked = time;
          waiting.clear();
          tell({ asks: true }, others);
        } else if (waiting.size === others.length || time - asked > ANSWER_MS) throw late(what, call);
      }
    },
    announceFailure: (text) => {
      tell({ failed: text.slice(0, MOST_CHARACTERS) }, others);
    },
    lowerFailureWithin(milliseconds) {
      const end = now() + milliseconds;
      while (now() < end) {
        look();
        for (const rank of failures.keys()) if (rank < mpi.rank) return true;
        sleep(1);
      }
      return false;
    },
    linger(milliseconds) {
      const end = now() + milliseconds;
      while (now() < end) {
        look();
        sleep(1);
      }
    },
  };
}

import { expect, it } from "vitest";
import { describeOnMpi, runRanks } from "./launchers.js";

interface Result {
  readonly message: string;
  readonly name: string;
}

describeOnMpi("two ranks of", (mpi) => {
  const { family } = mpi;

  it("sums, averages, joins, broadcasts and exchanges, with gradients", async () => {
    const { code, said, results } = await runRanks(mpi, 2, "operations");
    expect({ code, said }).toMatchObject({ code: 0 });
    for (const [rank, result] of results.entries()) {
      expect(result).toMatchObject({
        rank,
        size: 2,
        sum: [[1, 10]],
        mean: [[0.5, 5]],
        all: [[0, 0], [1, 10]],
        integers: [0, 0, 1, -1],
        gradient: rank === 0 ? [6 * 4 + 4 * 1 * 1, 6 * 6 + 4 * 2 * 2] : [6 * 4 + 4 * 3 * 3, 6 * 6 + 4 * 4 * 4],
        large: [3, 3, 10],
        isDone: true,
        bytes: [5, 5, 5],
        exchanged: ["rank 0: ", "rank 1: ä"],
        single: ["", ""],
      });
      expect((result as { transport: string }).transport).toMatch(new RegExp(`^${family} \\d+\\.\\d+`));
    }
  });

  it("ends all when one fails, and names it once", async () => {
    const { code, said, results } = await runRanks(mpi, 2, "fail", ["one"]);
    expect(code).toBe(1);
    expect(said.match(/^error: rank 1 of 2 \(.*, process \d+\): this rank is broken$/gm)).toHaveLength(1);
    expect(said).not.toContain("error: rank 0");
    expect((results[0] as Result).name).toBe("PeerFailure");
    expect((results[0] as Result).message).toMatch(/^rank 1 of 2 \(.*\) failed: this rank is broken$/);
  });

  it("tells once of what all ranks meet", async () => {
    const { code, said } = await runRanks(mpi, 2, "fail", ["all"]);
    expect(code).toBe(1);
    expect(said.match(/every rank is broken/g)).toHaveLength(1);
    expect(said).toContain("error: rank 0 of 2");
  });

  it("throws in all ranks what went wrong in one", async () => {
    const { code, said, results } = await runRanks(mpi, 2, "fail", ["agree"]);
    expect(code).toBe(1);
    expect(said.match(/error: /g)).toHaveLength(1);
    expect(said).toContain("error: rank 1 of 2");
    expect((results as Result[]).map(({ message }) => message.replace(/\(.*\) /, ""))).toEqual(["rank 1 of 2 failed: this rank does not agree", "this rank does not agree"]);
  });

  it("ends all when one hangs, and names it", async () => {
    const { code, said, seconds } = await runRanks(mpi, 2, "fail", ["hang"]);
    expect(code).not.toBe(0);
    expect(said).toMatch(/error: rank 0 of 2 .*rank 1 of 2 \(.*, process \d+\): expected to come to a gather of 4 bytes within 6 s, received nothing/);
    // The timeout, and what starting and ending takes; a bound, not a speed.
    expect(seconds).toBeLessThan(60);
  });

  it("tells of ranks that make different calls", async () => {
    const { code, said } = await runRanks(mpi, 2, "fail", ["other calls"]);
    expect(code).toBe(1);
    expect(said).toMatch(/ranks that wait for each other for 6 s: rank . in call \d+, (sum of 1000000 numbers; rank 1 in call \d+, gather of 4 bytes|gather of 4 bytes; rank 0 in call \d+, sum of 1000000 numbers)/);
  });

  it("refuses to join rows of different lengths", async () => {
    const { code, said } = await runRanks(mpi, 2, "fail", ["other rows"]);
    expect(code).toBe(2);
    expect(said).toMatch(/error: rank 0 of 2 .*allGather: expected 8 bytes from every rank, as from rank 0, received 12 from rank 1 of 2/);
  });

  it("ends all when one dies", async () => {
    const { code, said } = await runRanks(mpi, 2, "fail", ["dead"]);
    expect(code).not.toBe(0);
    expect(said).toMatch(family === "Open MPI" ? /process rank 1 .*exited on signal 9/ : /BAD TERMINATION[^]*EXIT CODE: 9/);
  });

  it("refuses the other family's library", async () => {
    const other = family === "MPICH" ? "libmpi.so.40" : "libmpich.so.12";
    const { code, said } = await runRanks(mpi, 2, "fail", ["none"], { SSL_VIT_MPI: other });
    if (said.includes("cannot open shared object file")) {
      process.stderr.write(`SKIPPED another library than the launcher's: ${other} is not here.\n`);
      return;
    }
    expect(code).not.toBe(0);
    expect(said).toMatch(/ranks of .*: expected 2, as mp.* started, received 1/);
  });
});

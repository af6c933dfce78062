import { expect, test } from "vitest";
import { bandwidthProblem, bandwidthTable } from "../bandwidth.js";
import { mpiName } from "../find-mpi.js";
import { methodsProblem, methodsTable } from "../methods.js";
import { range } from "../ratios.js";
import { callsTable, scalingTable } from "../scaling.js";

test("ratios: the middle, and from where to where", () => {
  expect([range([]), range([1]), range([3, 1, 2])]).toEqual(["–", "1.00", "2.00 (1.00–3.00)"]);
});

test("only an MPI that is known can be asked for", () => {
  expect(mpiName("mpich")).toBe("mpich");
  expect(() => mpiName("lam")).toThrow('Expected one of openmpi, mpich, received "lam".');
});

test("methods: more than was asked for with most seeds is a failure, but for a loss that is another one", () => {
  const part = (relative: number) => ({ relative, ofUpdate: relative * 10, worst: { name: "norm.bias", relative: relative === 0 ? 0 : null } });
  const measured = (method: string, changed: string, loss: number, relative: number, seed = 0) => ({
    method, changed, seed, loss, weights: part(1e-3), others: part(relative), buffers: part(0), alone: ["norm.bias"], tensors: 9, rounding: { loss: 1e-7, weights: part(2e-6), buffers: part(0) },
  });
  const near = [measured("mae", "", 2e-7, 1e-6), measured("mae", "", 2e-7, 1e-6, 1), measured("mae", "", 4e-4, 2e-2, 2)];
  expect(methodsTable(near)).toContain("| mae | 2.0e-7 (1.0e-7; 4.0e-4) | 1.0e-3 (2.0e-6) | 1.0e-2 (2.0e-5) | ∞ norm.bias | 1 of 9 | 1.0e-6 (2.0e-2) | 1.0e-5 (2.0e-1) | ∞ norm.bias | 0 (0) | – |");
  expect(methodsProblem([...near, measured("dinov2", "", 0.1, 0.1)])).toBeUndefined();
  expect(methodsProblem([...near, measured("dinov2", "koleoWeight 0", 0.1, 0), measured("dino", "", 0, 2e-4)])).toMatch(/dinov2, koleoWeight 0; dino$/);
});

test("bandwidth: rounds of both sides are compared", () => {
  const sizes = (numbers: object) => [4096, 1e6, 1e7, 1e8].map((bytes) => ({ bytes, ...numbers }));
  const turns = [1, 2].flatMap((round) => [
    { mpi: "MPICH 4", round, side: "ours", sizes: sizes({ ours: 0.1 }) },
    { mpi: "MPICH 4", round, side: "c", sizes: sizes({ blocking: 0.1 * round, nonblocking: 0.2 }) },
  ]);
  const table = bandwidthTable(turns);
  expect(table).toContain("| MPICH 4 | 100 MB | 2 | 1.00 | 0.67 | 0.50 | 1.50 (1.00–2.00) | 2.00 (2.00–2.00) |");
  expect(table).toContain("| MPICH 4 | 4 KB | 2 | 100000.0 µs |");
  expect(bandwidthProblem(turns)).toBeUndefined();
  expect(bandwidthProblem([...turns.slice(0, 1), { mpi: "MPICH 4", round: 1, side: "c", sizes: sizes({ blocking: 0.08, nonblocking: 0.2 }) }])).toMatch(/received 0\.80 with MPICH 4$/);
});

test("scaling: efficiencies round by round, and where the time goes", () => {
  const one = [{ share: 0, spent: {} }];
  const two = [{ share: 0.1, spent: { waiting: 4 } }, { share: 0.3, spent: { waiting: 12 } }];
  const turns = ([["one thread", 100, one], ["two threads", 60, one], ["two ranks", 55, two], ["two ranks, twice the batch", 110, two]] as const).map(([setup, ms, ranks]) => ({ round: 1, method: "mae", setup, ms, least: ms - 5, ranks }));
  expect(scalingTable(turns)).toContain("| mae | 100 (95) | 60 (55) | 55 (50) | 110 (105) | 0.83 | 0.91 | 0.91 | 0.92 | 0.91 | 20.0 %, 10.0 % | 20.0 %, 10.0 % |");
  expect(callsTable(turns)).toContain("| mae | two ranks | 0.0 | 0.0 | 8.0 | 0.0 | 0.0 |");
});

import { describe, expect, it } from "vitest";
import { findLauncher } from "../src/launcher.js";
import { openLibmpi } from "../src/open-libmpi.js";
import { fairThreads, placeOfThisProcess } from "../src/places.js";
import { mpi } from "../src/index.js";

describe("findLauncher", () => {
  it.each([
    ["Open MPI", { OMPI_COMM_WORLD_RANK: "1", OMPI_COMM_WORLD_SIZE: "4", PMIX_RANK: "1" }, { name: "mpirun of Open MPI", families: ["Open MPI"], size: 4, rank: 1 }],
    ["MPICH's Hydra", { PMI_RANK: "0", PMI_SIZE: "2" }, { name: "mpiexec of MPICH", families: ["MPICH"], size: 2, rank: 0 }],
    ["Hydra at a port", { PMI_ID: "1", PMI_PORT: "node:4000" }, { name: "mpiexec of MPICH", families: ["MPICH"], size: undefined, rank: 1 }],
    ["Hydra in a job of Slurm, whose proxies srun has started", { SLURM_STEP_ID: "0", SLURM_PROCID: "0", SLURM_STEP_NUM_TASKS: "1", PMI_RANK: "1", PMI_SIZE: "2" }, { name: "mpiexec of MPICH", families: ["MPICH"], size: 2, rank: 1 }],
    ["srun with PMI-2", { SLURM_STEP_ID: "0", SLURM_PROCID: "3", SLURM_NTASKS: "8", SLURM_STEP_NUM_TASKS: "4", PMI_RANK: "3", PMI_SIZE: "4" }, { name: "srun", families: ["MPICH", "Open MPI"], size: 4, rank: 3 }],
    ["srun with PMIx", { SLURM_STEP_ID: "0", SLURM_PROCID: "3", SLURM_NTASKS: "8", PMIX_RANK: "3" }, { name: "srun", families: ["Open MPI", "MPICH"], size: 8, rank: 3 }],
    ["a shell", {}, undefined],
    ["a batch script of Slurm", { SLURM_PROCID: "0", SLURM_NTASKS: "8" }, undefined],
  ])("knows %s by its environment", (_, environment, expected) => {
    expect(findLauncher(environment)).toEqual(expected);
  });
});

describe("openLibmpi", () => {
  it("refuses a path that is no libmpi", () => {
    expect(() => openLibmpi(["MPICH"], "/nowhere/libmpi.so")).toThrow(/SSL_VIT_MPI: expected the path of a libmpi, received \/nowhere\/libmpi\.so/);
    expect(() => openLibmpi(["MPICH"], "libc.so.6")).toThrow(/SSL_VIT_MPI: expected the path of a libmpi, received libc\.so\.6/);
  });
});

describe("mpi", () => {
  it("refuses a process that nothing started as one of several, and a timeout that cannot be", async () => {
    await expect(mpi()).rejects.toThrow(/mpi: expected a process started by mpirun or srun, received one started by itself\. Put mpirun -n 4/);
    await expect(mpi({ timeout: 0 })).rejects.toThrow("timeout: expected seconds above 0, received 0");
  });
});

describe("a group of one", () => {
  it("needs no MPI", async () => {
    const group = await mpi({ single: true });
    expect([group.rank, group.size, group.exchange("a")]).toEqual([0, 1, ["a"]]);
    const values = Float32Array.of(1, 2);
    group.startSum(values).wait();
    expect([...values]).toEqual([1, 2]);
    expect(() => { group.agree(new Error("broken")); }).toThrow("broken");
    group.agree(undefined);
    group.close();
  });
});

describe("fairThreads", () => {
  const place = (host: string, processors: string, parallelism: number) => ({ host, processors, parallelism, process: 1 });
  it("shares processors among the ranks that have the same ones", () => {
    const places = [place("a", "0-7", 8), place("a", "0-7", 8), place("b", "0-7", 8), place("c", "0", 1), place("c", "1", 1), place("d", "0", 1), place("d", "0", 1)];
    expect(places.map((_, rank) => fairThreads(places, rank))).toEqual([4, 4, 8, 1, 1, 1, 1]);
  });
  it("knows this process", () => {
    expect(placeOfThisProcess()).toMatchObject({ process: process.pid });
    expect(placeOfThisProcess().parallelism).toBeGreaterThan(0);
  });
});

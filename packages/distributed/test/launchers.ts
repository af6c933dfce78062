import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** An mpirun of this machine. */
export interface InstalledMpi {
  readonly family: "Open MPI" | "MPICH";
  readonly command: string;
}

function familyOf(command: string): InstalledMpi["family"] | undefined {
  const { stdout } = spawnSync(command, ["--version"], { encoding: "utf8" });
  return /Open MPI|OpenRTE/.test(stdout) ? "Open MPI" : /HYDRA/.test(stdout) ? "MPICH" : undefined;
}

/** One mpirun of each family. Debian has both under names of their own. */
export function installedMpis(): readonly InstalledMpi[] {
  const found: InstalledMpi[] = [];
  for (const command of ["mpirun.openmpi", "mpirun.mpich", "mpirun", "mpiexec.hydra"]) {
    const family = familyOf(command);
    if (family !== undefined && !found.some((other) => other.family === family)) found.push({ family, command });
  }
  for (const family of ["Open MPI", "MPICH"]) {
    if (!found.some((other) => other.family === family)) process.stderr.write(`SKIPPED: two ranks of ${family}, which has no mpirun here (apt install ${family === "MPICH" ? "mpich" : "openmpi-bin"}).\n`);
  }
  return found;
}

export const isBuilt = existsSync(new URL("../dist/index.js", import.meta.url));
if (!isBuilt) process.stderr.write("SKIPPED: two ranks, since packages/distributed/dist is missing. `pnpm run build` makes it.\n");

/** What a job has ended with. */
export interface JobOutcome {
  readonly code: number | null;
  /** Of the ranks and of the launcher: Hydra's own words go to its standard output. */
  readonly said: string;
  readonly seconds: number;
  /** What each rank wrote, by rank; undefined for one that came to nothing. */
  readonly results: readonly unknown[];
}

/** As root, and with more ranks than cores; Hydra does so by itself. */
const openMpiSettings = { OMPI_ALLOW_RUN_AS_ROOT: "1", OMPI_ALLOW_RUN_AS_ROOT_CONFIRM: "1", OMPI_MCA_rmaps_base_oversubscribe: "1" };

/** Milliseconds after which a job counts as hanging. */
const HANGS = 50_000;

/** Runs `test/ranks/<script>.js` on some ranks. Each is given the path of the JSON file that its result goes to, and the arguments. */
export async function runRanks({ command }: InstalledMpi, ranks: number, script: string, given: readonly string[] = [], environment: Readonly<Record<string, string>> = {}): Promise<JobOutcome> {
  const folder = mkdtempSync(join(tmpdir(), "ssl-vit-ranks-"));
  const path = fileURLToPath(new URL(`ranks/${script}.js`, import.meta.url));
  const started = performance.now();
  try {
    const job = spawn(command, ["-n", String(ranks), process.execPath, path, folder, ...given], { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...openMpiSettings, ...environment }, timeout: HANGS });
    let said = "";
    for (const stream of [job.stdout, job.stderr]) {
      stream.on("data", (text) => {
        said += String(text);
      });
    }
    const code = await new Promise<number | null>((resolve, reject) => job.on("close", resolve).on("error", reject));
    const results = Array.from({ length: ranks }, (_, rank): unknown => {
      const file = join(folder, `${rank}.json`);
      return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")) : undefined;
    });
    return { code, said, seconds: (performance.now() - started) / 1000, results };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

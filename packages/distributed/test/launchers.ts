import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe } from "vitest";

/** An mpirun of this machine. */
export interface InstalledMpi {
  readonly family: "Open MPI" | "MPICH";
  readonly command: string;
}

function familyOf(command: string): InstalledMpi["family"] | undefined {
  const { stdout } = spawnSync(command, ["--version"], { encoding: "utf8" });
  return /Open MPI|OpenRTE/.test(stdout) ? "Open MPI" : /HYDRA/.test(stdout) ? "MPICH" : undefined;
}

const isBuilt = existsSync(new URL("../dist/index.js", import.meta.url));

/** Tests on the mpirun of each family; of one that cannot be had here they are skipped, saying why. Debian has both under names of their own. */
export function describeOnMpi(what: string, tests: (mpi: InstalledMpi) => void): void {
  if (!isBuilt) process.stderr.write(`SKIPPED: ${what} any MPI, since packages/distributed/dist is missing. \`pnpm run build\` makes it.\n`);
  const commands = ["mpirun.openmpi", "mpirun.mpich", "mpirun", "mpiexec.hydra"].map((command) => ({ command, family: familyOf(command) }));
  for (const [family, debian] of [["Open MPI", "openmpi-bin"], ["MPICH", "mpich"]] as const) {
    const command = commands.find((one) => one.family === family)?.command;
    if (command === undefined) process.stderr.write(`SKIPPED: ${what} ${family}, which has no mpirun here (apt install ${debian}).\n`);
    describe.runIf(isBuilt && command !== undefined)(`${what} ${family}`, () => {
      tests({ family, command: command ?? "" });
    });
  }
}

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
const HANGS = 100_000;

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

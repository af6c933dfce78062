import { spawnSync } from "node:child_process";
import { ConfigError } from "@ssl-vit/core";
import { InvalidArgumentError } from "commander";

/**
 * @typedef {"openmpi" | "mpich"} MpiName
 *
 * A launcher that is installed, and the compiler that belongs to it.
 *
 * @typedef {object} InstalledMpi
 * @property {MpiName} name
 * @property {string} version `"Open MPI 4.1.4"`
 * @property {string} launcher
 * @property {readonly string[]} options so that as many ranks as asked for start, also as root, and no rank is bound to a processor of its own
 * @property {string | undefined} compiler
 */

/** @type {Record<MpiName, { title: string, launchers: string[], compilers: string[], says: RegExp, options: string[] }>} */
const known = {
  openmpi: { title: "Open MPI", launchers: ["mpirun.openmpi", "mpirun"], compilers: ["mpicc.openmpi", "mpicc"], says: /Open ?MPI|OpenRTE|PRRTE/i, options: ["--allow-run-as-root", "--oversubscribe", "--bind-to", "none"] },
  mpich: { title: "MPICH", launchers: ["mpirun.mpich", "mpiexec.hydra", "mpirun"], compilers: ["mpicc.mpich", "mpicc"], says: /HYDRA|MPICH/i, options: [] },
};

export const mpiNames = /** @type {MpiName[]} */ (Object.keys(known));

/** A parser of `--mpi`. @param {string} text @returns {MpiName} */
export function mpiName(text) {
  const name = mpiNames.find((one) => one === text);
  if (name === undefined) throw new InvalidArgumentError(`Expected one of ${mpiNames.join(", ")}, received "${text}".`);
  return name;
}

/** What a program says when it is asked; undefined when there is none. @param {string} command @param {string} parameter */
function answer(command, parameter) {
  const { status, stdout } = spawnSync(command, [parameter], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  return status === 0 ? stdout : undefined;
}

/** @param {MpiName} name @returns {InstalledMpi | undefined} */
function findMpi(name) {
  const { title, launchers, compilers, says, options } = known[name];
  for (const launcher of launchers) {
    const said = answer(launcher, "--version");
    if (said === undefined || !says.test(said)) continue;
    const version = `${title} ${/\d+\.\d+(\.\d+)?/.exec(said)?.[0] ?? ""}`.trim();
    // The compiler's command line names the library's folder.
    const compiler = compilers.find((one) => (answer(one, "-show") ?? "").toLowerCase().includes(name));
    return { name, version, launcher, options, compiler };
  }
  return undefined;
}

/**
 * The MPI that was asked for, or every one that is installed, Open MPI first.
 *
 * @param {MpiName | undefined} wanted
 * @returns {[InstalledMpi, ...InstalledMpi[]]}
 * @throws ConfigError when there is none
 */
export function installedMpis(wanted) {
  const [first, ...more] = (wanted === undefined ? mpiNames : [wanted]).flatMap((name) => findMpi(name) ?? []);
  if (first !== undefined) return [first, ...more];
  throw new ConfigError({
    package: "distributed-bench",
    what: "MPI",
    expected: wanted === undefined ? "Open MPI or MPICH" : known[wanted].title,
    received: "no launcher of it",
    fix: "Install one: apt install openmpi-bin libopenmpi-dev (or mpich libmpich-dev), dnf install openmpi-devel, brew install open-mpi; on a cluster: module load openmpi.",
  });
}

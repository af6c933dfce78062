/** The two families of MPI libraries, by their ABI. */
export type MpiFamily = "Open MPI" | "MPICH";

/** What started this process as one of several, as far as the environment tells. */
export interface Launcher {
  readonly name: "mpirun of Open MPI" | "mpiexec of MPICH" | "srun";
  /** Whose libmpi understands the launcher, the likeliest first. */
  readonly families: readonly MpiFamily[];
  /** Processes that it started, and which this is; unknown where it does not tell. */
  readonly size: number | undefined;
  readonly rank: number | undefined;
}

/**
 * What started this process, by the variables that launchers set; undefined where nothing did.
 *
 * @param environment `process.env`
 */
export function findLauncher(environment: Readonly<Record<string, string | undefined>>): Launcher | undefined {
  const number = (name: string): number | undefined => {
    const value = Number(environment[name] ?? NaN);
    return Number.isInteger(value) ? value : undefined;
  };
  if (environment["OMPI_COMM_WORLD_RANK"] !== undefined) return { name: "mpirun of Open MPI", families: ["Open MPI"], size: number("OMPI_COMM_WORLD_SIZE"), rank: number("OMPI_COMM_WORLD_RANK") };
  const [pmiRank, pmiSize] = [number("PMI_RANK"), number("PMI_SIZE")];
  // Hydra starts its own proxies by srun, so Slurm's numbers may be of these. srun's PMI-2 gives its step's.
  const isHydra = pmiSize !== undefined && pmiSize !== number("SLURM_STEP_NUM_TASKS");
  // SLURM_STEP_ID: of what srun starts, not of the batch script around it.
  if (!isHydra && environment["SLURM_STEP_ID"] !== undefined && environment["SLURM_PROCID"] !== undefined) {
    const hasPmi2Alone = pmiRank !== undefined && environment["PMIX_RANK"] === undefined;
    return { name: "srun", families: hasPmi2Alone ? ["MPICH", "Open MPI"] : ["Open MPI", "MPICH"], size: pmiSize ?? number("SLURM_STEP_NUM_TASKS") ?? number("SLURM_NTASKS"), rank: pmiRank ?? number("SLURM_PROCID") };
  }
  // Hydra sets PMI_RANK; PMI_ID when it is told to listen at a port; with PMIx, PMIX_RANK. Open MPI's PMIX_RANK comes with OMPI_COMM_WORLD_RANK.
  const rank = pmiRank ?? number("PMI_ID") ?? number("PMIX_RANK");
  return rank === undefined ? undefined : { name: "mpiexec of MPICH", families: ["MPICH"], size: pmiSize, rank };
}

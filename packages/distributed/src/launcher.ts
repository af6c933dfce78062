/** What started this process as one of several, as far as the environment tells. */
export interface Launcher {
  readonly name: "mpirun of Open MPI" | "mpiexec of MPICH" | "srun";
  /** Whose libmpi the launcher talks to; unknown for Slurm, which starts both. */
  readonly library: "Open MPI" | "MPICH" | undefined;
  /** Processes that it started; unknown where it does not tell. */
  readonly size: number | undefined;
}

/** @param environment `process.env` */
export function findLauncher(environment: Readonly<Record<string, string | undefined>>): Launcher | undefined {
  const number = (name: string): number | undefined => {
    const value = Number(environment[name] ?? NaN);
    return Number.isInteger(value) ? value : undefined;
  };
  if (environment["OMPI_COMM_WORLD_RANK"] !== undefined) return { name: "mpirun of Open MPI", library: "Open MPI", size: number("OMPI_COMM_WORLD_SIZE") };
  // SLURM_STEP_ID: of what srun starts, not of the batch script around it.
  if (environment["SLURM_STEP_ID"] !== undefined && environment["SLURM_PROCID"] !== undefined) {
    return { name: "srun", library: undefined, size: number("SLURM_STEP_NUM_TASKS") ?? number("SLURM_NTASKS") };
  }
  // Hydra sets PMI_RANK, or, with PMIx, PMIX_RANK. Open MPI's PMIX_RANK comes with OMPI_COMM_WORLD_RANK.
  if (environment["PMI_RANK"] !== undefined || environment["PMIX_RANK"] !== undefined) return { name: "mpiexec of MPICH", library: "MPICH", size: number("PMI_SIZE") };
  return undefined;
}

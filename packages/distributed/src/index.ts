export { mpi, type MpiGroup, type MpiOptions } from "./mpi.js";

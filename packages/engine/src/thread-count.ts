import { availableParallelism } from "node:os";
import { ConfigError } from "@ssl-vit/core";

/**
 * Threads that an engine may use: the environment variable `SSL_VIT_THREADS`, or as many as run in parallel here.
 *
 * @throws ConfigError if the variable is not a positive integer
 */
export function threadCount(): number {
  const given = process.env["SSL_VIT_THREADS"];
  if (given === undefined || given === "") return availableParallelism();
  const count = Number(given);
  if (Number.isInteger(count) && count > 0) return count;
  throw new ConfigError({ package: "engine", what: "SSL_VIT_THREADS", expected: "a positive integer", received: `"${given}"` });
}

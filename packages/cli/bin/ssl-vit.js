#!/usr/bin/env node
import { run } from "../dist/index.js";

// Who reads the output may leave early (`| head`): the command goes on, a training above all.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error) => {
    if (error.code !== "EPIPE") throw error;
  });
}
process.exitCode = await run(process.argv.slice(2));

// A group in which one rank, or all, come to a bad end, by the name of the case.
import { mpi } from "@ssl-vit/distributed";
import { prepareEngine } from "@ssl-vit/engine";
import { ones } from "@tensorflow/tfjs-core";
import { writeResult } from "./write-result.js";

// Short where the time is what is waited for; elsewhere a busy machine may take its time to start both ranks.
const group = await mpi({ timeout: ["hang", "other calls"].includes(process.argv[3] ?? "") ? 6 : 40 });
await prepareEngine({ engine: "cpu" });
const isCulprit = group.rank === 1;

try {
  switch (process.argv[3]) {
    case "one":
      if (isCulprit) throw new Error("this rank is broken");
      break;
    case "all":
      throw new Error("every rank is broken");
    case "agree":
      group.agree(isCulprit ? new Error("this rank does not agree") : undefined);
      break;
    case "hang":
      if (isCulprit) for (;;);
      break;
    case "dead":
      if (isCulprit) process.kill(process.pid, "SIGKILL");
      break;
    case "other calls":
      if (isCulprit) group.exchange("a text of some length");
      else group.startSum(new Float32Array(new ArrayBuffer(4_000_000))).wait();
      break;
    case "other rows":
      group.allGather(ones([2 + group.rank]));
      break;
  }
  group.exchange("");
  writeResult(group, { size: group.size });
  group.close();
} catch (error) {
  writeResult(group, { message: /** @type {Error} */ (error).message, name: /** @type {Error} */ (error).name });
  group.abort(error);
}

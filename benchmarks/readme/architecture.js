// Writes the graph and the table of layers in ARCHITECTURE.md anew: `node benchmarks/readme/architecture.js`.
import { readFileSync, writeFileSync } from "node:fs";
import { withPackageGraph } from "./package-graph.js";

const page = new URL("../../ARCHITECTURE.md", import.meta.url);
writeFileSync(page, withPackageGraph(readFileSync(page, "utf8")));
process.stderr.write("wrote ARCHITECTURE.md\n");

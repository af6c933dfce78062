// One case in a process of its own: `node train.js NAME FOLDER [STEPS]`. How it went is the last line.
import { createMonitor } from "@ssl-vit/diagnose";
import { cases } from "./cases.js";
import { trainCase } from "./train-case.js";

const [name, out, steps] = process.argv.slice(2);
const broken = cases.find((one) => one.name === name);
if (broken === undefined || out === undefined) throw new Error(`[diagnose] expected a case and a folder, received ${process.argv.slice(2).join(" ")}`);
const outcome = await trainCase(broken, { out, monitor: createMonitor(), ...(steps === undefined ? {} : { steps: Number(steps) }) });
process.stdout.write(`${JSON.stringify(outcome)}\n`);

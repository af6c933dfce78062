// A process of its own (`versions()`): an engine that is loaded would take memory and threads of what measures. Prints one JSON object.
import { arch, release, type } from "node:os";
import { inspectEngines, prepareEngine } from "@ssl-vit/engine";
import { version_core as tfjs } from "@tensorflow/tfjs-core";

const { engines } = await inspectEngines();
const { name: first, instructions } = await prepareEngine();
const installed = engines.flatMap(({ name, available, version }) => (available && version !== undefined ? [[name, name === first && instructions !== undefined ? `${version} ${instructions}` : version]] : []));
process.stdout.write(JSON.stringify({ os: `${type()} ${release()} ${arch()}`, node: process.versions.node, tfjs, engines: Object.fromEntries(installed) }));

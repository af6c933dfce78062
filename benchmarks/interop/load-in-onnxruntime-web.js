// usage: node load-in-onnxruntime-web.js FOLDER-OF-EXPORTS…     The last line is one JSON object, as peer_load.py's.
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { env, InferenceSession, Tensor } from "onnxruntime-web";
import { difference } from "./difference.js";
import { readGolden } from "./golden-file.js";

/** @type {Record<string, object>} */
const results = {};
for (const folder of process.argv.slice(2)) {
  const { images, tokens, pooled } = readGolden(folder);
  const session = await InferenceSession.create(readFileSync(join(folder, "onnx", "onnx", "model.onnx")));
  const given = await session.run({ pixel_values: new Tensor("float32", images.data, images.shape) });
  const apart = (/** @type {string} */ name, /** @type {{ data: Float32Array }} */ ours) => difference(/** @type {Float32Array} */ (given[name].data), ours.data);
  results[basename(folder)] = { model: "model.onnx", tokens: apart("last_hidden_state", tokens), pooled: apart("pooler_output", pooled) };
  await session.release();
}
console.log(JSON.stringify({ version: env.versions.web, results }));

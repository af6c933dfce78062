// usage: node load-in-transformers-js.js FOLDER-WITH-TRANSFORMERS-JS FOLDER-OF-EXPORTS…     The last line is one JSON object, as peer_load.py's.
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { pathToFileURL } from "node:url";
import { difference } from "./difference.js";
import { readGolden } from "./golden-file.js";

const [installed, ...folders] = process.argv.slice(2);
const library = createRequire(join(installed, "package.json")).resolve("@huggingface/transformers");
const { AutoModel, env, pipeline, RawImage, Tensor } = await import(pathToFileURL(library).href);
env.allowRemoteModels = false;

/** @type {Record<string, object>} */
const results = {};
for (const folder of folders) {
  env.localModelPath = folder;
  const { images, tokens, pooled } = readGolden(folder);
  const model = await AutoModel.from_pretrained("onnx", { dtype: "fp32" });
  const given = await model({ pixel_values: new Tensor("float32", images.data, [...images.shape]) });
  const [, channels, height, width] = images.shape;
  // An image through preprocessor_config.json and all, as the model card says. Its readers of images make three channels of each.
  if (channels === 3) {
    const extract = await pipeline("image-feature-extraction", "onnx", { dtype: "fp32" });
    const image = new RawImage(new Uint8ClampedArray(height * width * 3).fill(100), width, height, 3);
    const [all, feature] = [await extract(image), await extract(image, { pool: true })];
    const [received, expected] = [[all.dims, feature.dims], [[1, ...tokens.shape.slice(1)], [1, pooled.shape[1]]]].map((dims) => JSON.stringify(dims));
    if (received !== expected) throw new Error(`[interop] ${folder}: pipeline: expected shapes ${expected}, received ${received}.`);
  }
  results[basename(folder)] = { model: model.constructor.name, tokens: difference(given.last_hidden_state.data, tokens.data), pooled: difference(given.pooler_output.data, pooled.data) };
}
console.log(JSON.stringify({ version: env.version, results }));

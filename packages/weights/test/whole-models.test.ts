import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ParameterMap } from "@ssl-vit/core";
import { nativeWhereBuilt } from "@ssl-vit/testing";
import { dispose, getBackend, mul, type Rank, type Scalar, setBackend, sum, type Tensor, tensor, type Tensor4D, tidy, transpose, variableGrads } from "@tensorflow/tfjs-core";
import { afterAll, describe, expect, test } from "vitest";
import { dinov2Keys, transformersVitKeys } from "../src/key-map-transformers.js";
import { timmKeys } from "../src/key-map-timm.js";
import { loadEncoder } from "../src/load-encoder.js";
import { loadMaskedAutoencoder } from "../src/load-masked-autoencoder.js";
import { formulaUnits, formulaWords } from "./formula-values.js";
import { disposeVariables, largestOf } from "./golden.js";
import { type GoldenModel, goldenNumbers, type GoldenTable, wholeModels, writeModelFolder } from "./whole-models.js";

const native = await nativeWhereBuilt(() => import("@ssl-vit/backend-native"));
const before = getBackend();
const engine = native[0] ?? before;
const folder = mkdtempSync(join(tmpdir(), "ssl-vit-whole-models-"));
afterAll(async () => {
  await setBackend(before);
  rmSync(folder, { recursive: true });
});

/** Of the largest. Received: tokens and predictions within 1e-6, gradients within 1.1e-6, the loss within 1e-6. */
const TOLERANCE = 1e-5;

/** The golden image, [1, Y, X, C]. */
const image = (): Tensor4D =>
  tidy(() => transpose(tensor<Rank.R4>(formulaUnits("image", wholeModels.imageShape.reduce((product, size) => product * size)), [...wholeModels.imageShape]), [0, 2, 3, 1]));

function expectTable(received: Tensor, { shape, largest, rows, values, means, meanSquares }: GoldenTable): void {
  expect(received.shape).toEqual(shape);
  const width = shape.at(-1)!;
  const numbers = received.dataSync() as Float32Array;
  const table = Array.from({ length: numbers.length / width }, (_, row) => numbers.subarray(row * width, (row + 1) * width));
  const meanOf = (row: Float32Array, of: (value: number) => number): number => row.reduce((total, value) => total + of(value), 0) / width;
  const absolute = TOLERANCE * largest;
  expect(Float32Array.from(rows.flatMap((row) => [...table[row]!]))).toBeAllClose(goldenNumbers(values), { absolute, relative: 0 });
  expect(table.map((row) => meanOf(row, (value) => value))).toBeAllClose(goldenNumbers(means), { absolute, relative: 0 });
  expect(table.map((row) => meanOf(row, (value) => value ** 2))).toBeAllClose(goldenNumbers(meanSquares), { absolute: 0, relative: 2 * TOLERANCE });
}

/** Compares gradients of ours with those of the tensors that the file calls theirs, parts one below the other. */
function expectGradients(grads: Readonly<Record<string, Tensor>>, parameters: ParameterMap, sourcesOf: (parameter: string) => readonly string[], golden: GoldenModel["gradients"]): void {
  const compared: string[] = [];
  for (const [parameter, variable] of Object.entries(parameters)) {
    const sources = sourcesOf(parameter);
    const gradient = grads[variable.name]!.dataSync() as Float32Array;
    const size = gradient.length / sources.length;
    // A bias of keys has no gradient but for rounding: it is compared on the scale of queries and values.
    const [norm, largest] = [0, 1].map((index) => largestOf(sources.map((source) => goldenNumbers(golden[source]!)[index]!))) as [number, number];
    for (const [part, source] of sources.entries()) {
      const values = gradient.subarray(part * size, (part + 1) * size);
      const [expectedNorm, ...expected] = goldenNumbers(golden[source]!);
      const places = [...formulaWords(`${source} places`, expected.length - 1)].map((word) => word % size);
      expect(Math.sqrt(values.reduce((total, value) => total + value ** 2, 0)), source).toBeAllClose([expectedNorm!], { absolute: TOLERANCE * norm, relative: 0 });
      expect([largestOf(values), ...places.map((place) => values[place]!)], source).toBeAllClose(expected, { absolute: TOLERANCE * largest, relative: 0 });
      compared.push(source);
    }
  }
  expect(compared.sort()).toEqual(Object.keys(golden).sort());
}

const keys = { timm: timmKeys, ViTModel: transformersVitKeys, Dinov2Model: dinov2Keys("gelu") };
const names = Object.keys(keys) as (keyof typeof keys)[];

/** The folder of a model, written when first asked for. */
function folderOf(name: string, model: GoldenModel): string {
  const path = join(folder, name);
  if (!existsSync(path)) writeModelFolder(path, model);
  return path;
}

// In plain JavaScript a forward takes 16 s and a backward 45 s.
const isSlow = engine === "cpu";
if (isSlow) process.stderr.write("SKIPPED on cpu: all of the whole models but the tokens of one, which plain JavaScript takes minutes for.\n");

describe(`ViT-S/16 at 224 pixels, on ${engine}`, () => {
  test.each(names.filter((name) => !isSlow || name === "ViTModel"))("has the tokens of %s", async (name) => {
    await setBackend(engine);
    const golden = wholeModels.encoders[name]!;
    const encoder = await loadEncoder(folderOf(name, golden));
    const images = image();
    const tokens = encoder.encode(images);
    expectTable(tokens, golden.tokens);
    dispose([images, tokens]);
    disposeVariables(encoder);
  });

  test.skipIf(isSlow).each(names)("has the gradients of %s", async (name) => {
    await setBackend(engine);
    const golden = wholeModels.encoders[name]!;
    const encoder = await loadEncoder(folderOf(name, golden));
    const images = image();
    const { shape } = golden.tokens;
    const lossWeight = tensor(formulaUnits("loss_weight", shape[1]! * shape[2]!), [...shape]);
    const { value, grads } = variableGrads(() => sum<Scalar>(mul(encoder.encode(images), lossWeight)), Object.values(encoder.parameters));
    expectGradients(grads, encoder.parameters, (parameter) => keys[name].toTheirs(parameter), golden.gradients);
    dispose([images, lossWeight, value, grads]);
    disposeVariables(encoder);
  });

  test.skipIf(isSlow)("has the prediction, mask, loss and gradients of ViTMAEForPreTraining", async () => {
    await setBackend(engine);
    const golden = wholeModels.maskedAutoencoder;
    const model = await loadMaskedAutoencoder(folderOf("ViTMAEForPreTraining", golden));
    expect(model.normalizeTarget).toBe(true);
    const images = image();
    const noise = { values: formulaUnits("noise", golden.mask.length), shape: [1, golden.mask.length] as const };
    const { prediction, mask, loss } = model.forward(images, { noise });
    expect([...mask.dataSync()].join("")).toBe(golden.mask);
    expectTable(prediction, golden.prediction);
    expect(loss).toBeAllClose([golden.loss], { absolute: 0, relative: TOLERANCE });

    const { value, grads } = variableGrads(() => model.forward(images, { noise }).loss, Object.values(model.parameters));
    expectGradients(grads, model.parameters, (parameter) => model.sourceNames(parameter), golden.gradients);
    dispose([images, prediction, mask, loss, value, grads]);
    disposeVariables(model);
  });
});

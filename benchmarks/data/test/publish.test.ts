import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadingFigures } from "../loading-figures.js";
import { lacking, publishResults, resultsPage } from "../publish.js";
import { sittingKeys } from "../sitting-keys.js";

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), "utf8");
const where = { cpu: "a processor", cores: 2, memory_gb: 8, node: "20.0.0", commit: "abc", sharp: "0.34", libvips: "8.17", threads: 2, libuvThreads: 4 };
const date = "2026-01-02T03:04:05Z";

const loadingOptions = { workloads: ["simclr"], workers: [0, 1], rounds: 2, protocol: { simclr: { batchSize: 256, warmup: 8, batches: 40 } } };
const loading = {
  date,
  circumstances: { ...where, ...loadingOptions },
  measurements: sittingKeys.loading(loadingOptions).map((key) => ({ ...key, images_per_second: (key.side === "ours" ? 300 : 100) * (1 + key.workers) * key.round, processor_ms: key.side === "ours" ? 2 : 5, shapes: [[256, 32, 32, 3]], versions: "torch 1" })),
};
const waiting = {
  date,
  circumstances: { ...where, methods: ["mae"], workers: [1], rounds: 1, steps: 12, protocol: { batchSize: 64, warmup: 6 } },
  measurements: [{ round: 1, method: "mae", share: 0.01, largest_share: 0.02, ms: 100 }],
};
const million = {
  date,
  circumstances: { ...where, images: 1_000_000, workers: [1] },
  measurements: ["flat", "nested"].map((layout) => ({ layout, images: 1_000_000, classes: 0, open_s: 2, first_batch_s: 3, index_mb: 100, peak_mb: 120 })),
};
const epochs = {
  date,
  circumstances: { ...where, images: 512, workers: [0], protocol: { epochs: [5, 25, 50] } },
  measurements: [{ workers: 0, after: [5, 25, 50].map((epoch) => ({ epoch, resident_mb: 100, array_buffers_mb: 5, heap_mb: 10 })) }],
};

test("each round takes both sides in turn, and the other first", () => {
  expect(sittingKeys.loading({ workloads: ["simclr", "dino"], workers: [1], rounds: 2 }).map(({ round, side, workload }) => `${round} ${side} ${workload}`)).toEqual([
    ...["1 pytorch simclr", "1 ours simclr", "1 pytorch dino", "1 ours dino"],
    ...["2 ours simclr", "2 pytorch simclr", "2 ours dino", "2 pytorch dino"],
  ]);
});

test("the page has of each part its command, its date, what it was measured with and its table", () => {
  const page = resultsPage({ loading, waiting, million, epochs }, ["ratios.svg", "images-per-second-simclr.svg"]);
  for (const text of [
    "`npx --yes pnpm@10 run bench data --workloads simclr --workers 0,1 --rounds 2`, 2026-01-02. Of each turn count: simclr 40 batches of 256 images after 8 to warm up.",
    "sharp 0.34 with libvips 8.17 in libuv's 4 threads",
    "(ratios.svg)\n\n![Images a second of both sides by number of workers, simclr's views](images-per-second-simclr.svg)\n\na processor, 2 cores, 8 GB; Node 20.0.0, commit abc; torch 1.",
    "| simclr | 0 | 150 | 450 | 3.00 | 3.00 3.00 | 5.00, 2.00 | 2.50 |",
    "bench data --waiting --methods mae --workers 1 --rounds 1 --steps 12`",
    "| mae | 100 | 1.00 % | 1.00 % | 2.00 % |",
    "bench data --million --images 1000000 --workers 1`",
    "| flat | 1000000 | 0 | 2.0 | 3.0 | 100 | 120 |",
    "bench data --epochs --images 512 --workers 0`",
    "| 0 | 50 | 100.0 | 5.0 | 10.0 |",
  ]) expect(page).toContain(text);
  const other = { ...waiting, circumstances: { ...waiting.circumstances, protocol: { batchSize: 32, warmup: 6, data: "photos", model: "small", patchSize: 8, imageSize: 64 } } };
  const otherPage = resultsPage({ loading, waiting: other }, []);
  for (const text of ["ViT-small/8 at 64 px on photos, 32 images a batch", "| ViT-small/8 at 64 px, batch 32 |"]) expect(otherPage).toContain(text);
  // Of a sitting that did not keep it.
  for (const text of ["ViT-Ti/4 at 32 px on CIFAR-10 (JPEG), 64 images a batch", "| ViT-Ti/4 at 32 px, batch 64 |"]) expect(page).toContain(text);
  expect(resultsPage({ loading, million }, [])).not.toMatch(/--waiting|--epochs/);
});

test("a chart of the ratios, and one of images a second for each policy of views", async () => {
  const figures = await loadingFigures(loading);
  expect(Object.keys(figures)).toEqual(["ratios.svg", "images-per-second-simclr.svg"]);
  for (const text of ["simclr, 0 workers", "simclr, 1 worker", "images a second", "processor time", "2 cores; medians of 2 rounds, bars from the least to the largest"]) expect(figures["ratios.svg"]).toContain(text);
  for (const text of [">0 workers<", ">1 worker<", ">PyTorch<", ">ours<", "batches of 256"]) expect(figures["images-per-second-simclr.svg"]).toContain(text);
  const once = { circumstances: { ...loading.circumstances, rounds: 1 }, measurements: loading.measurements.filter(({ round }) => round === 1), date };
  expect((await loadingFigures(once))["ratios.svg"]).toContain("2 cores; one round");
});

test("a sitting is not published that is of uncommitted or earlier code, is not whole, or is of fewer images than its heading says; what to do is told", () => {
  expect(lacking({ loading, waiting, million, epochs })).toEqual([]);
  const changed = <Sitting extends { circumstances: object }>(sitting: Sitting, circumstances: object): Sitting => ({ ...sitting, circumstances: { ...sitting.circumstances, ...circumstances } });
  expect(lacking({ loading: changed(loading, { commit: "abc-dirty" }) })).toEqual(["loading: it was measured on code that is not committed"]);
  expect(lacking({ loading: changed(loading, { sharp: undefined }) })).toEqual(["loading: it does not say with which libraries, as that of earlier code"]);
  expect(lacking({ loading, million: changed(million, { images: 200 }) })).toEqual(["million: it has 200 images and not 1000000"]);
  expect(lacking({ loading: { ...loading, measurements: loading.measurements.slice(0, 6) }, epochs: { ...epochs, measurements: [] } })).toEqual([
    "loading: 2 of 8 measurements are missing (round 2, ours, simclr, workers 1; round 2, pytorch, simclr, workers 1)",
    "epochs: 1 of 1 measurements are missing (workers 0)",
  ]);
});

test("what was not measured, or not to its end, changes no file of the repository", async () => {
  const out = mkdtempSync(join(tmpdir(), "ssl-vit-data-publish-"));
  const page = read("RESULTS.md");
  try {
    await expect(publishResults(out, () => undefined)).rejects.toThrow(`--publish: expected ${join(out, "loading.json")}, received no such file. Measure first.`);
    writeFileSync(join(out, "loading.json"), JSON.stringify({ ...loading, measurements: [] }));
    await expect(publishResults(out, () => undefined)).rejects.toThrow(`[data] --publish: expected whole sittings of committed code in ${out}, received: loading: 8 of 8 measurements are missing (round 1, pytorch, simclr, workers 0; round 1, ours, simclr, workers 0; round 1, pytorch, simclr, workers 1; …). --resume goes on with one, by the options that it began with; of other code or images, begin it anew with --overwrite.`);
    expect(read("RESULTS.md")).toBe(page);
  } finally {
    rmSync(out, { recursive: true });
  }
});

test("whole sittings are written as they are, with their page and charts; what was not measured is told", async () => {
  const folder = mkdtempSync(join(tmpdir(), "ssl-vit-data-publish-"));
  const [out, into] = [join(folder, "out"), join(folder, "into")];
  mkdirSync(out);
  mkdirSync(into);
  const said: string[] = [];
  try {
    writeFileSync(join(out, "loading.json"), JSON.stringify(loading));
    writeFileSync(join(out, "epochs.json"), JSON.stringify(epochs));
    const written = await publishResults(out, (text) => said.push(text), into);
    const figures = await loadingFigures(loading);
    expect(written).toEqual(["results.json", "RESULTS.md", ...Object.keys(figures)].map((name) => join(into, name)));
    expect(readdirSync(into).sort()).toEqual(["RESULTS.md", "images-per-second-simclr.svg", "ratios.svg", "results.json"]);
    expect(JSON.parse(readFileSync(join(into, "results.json"), "utf8"))).toEqual({ loading, epochs });
    expect(readFileSync(join(into, "RESULTS.md"), "utf8")).toBe(resultsPage({ loading, epochs }, Object.keys(figures)));
    for (const [name, svg] of Object.entries(figures)) expect(readFileSync(join(into, name), "utf8")).toBe(svg);
    expect(said).toEqual(["waiting", "million"].map((part) => `left out: ${part}, of which ${out} has no sitting (bench data --${part})`));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

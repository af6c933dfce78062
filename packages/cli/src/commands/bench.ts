import { measureStep, type StepResult, type WorkloadName, workloadNames } from "@ssl-vit/bench";
import { Command, Option } from "commander";
import { positiveNumber, wholeNumber } from "../argument-parsers.js";
import { print, printJson, say } from "../console-output.js";
import { runBenchmarkSuite } from "../run-benchmark-suite.js";
import { type EngineFlags, engineOptions, startEngine } from "../start-engine.js";
import { costCommand } from "./bench-cost.js";

interface StepFlags extends EngineFlags {
  readonly workload: WorkloadName;
  readonly images?: number;
  readonly microBatch?: number;
  readonly maskRatio?: number;
  readonly steps: number;
  readonly warmup: number;
  readonly tiny?: boolean;
  readonly profile?: boolean;
  readonly json?: boolean;
}

function profileTable(profile: NonNullable<StepResult["profile"]>): string {
  const shown = profile.filter(({ share }) => share >= 0.001);
  const rest = 1 - profile.reduce((sum, { share }) => sum + share, 0);
  const row = (kernel: string, calls: string, ms: string, share: number): string =>
    `${kernel.padEnd(24)} ${calls.padStart(8)} ${ms.padStart(10)} ${(share * 100).toFixed(1).padStart(7)} %`;
  return [
    `${"kernel".padEnd(24)} ${"calls".padStart(8)} ${"ms a step".padStart(10)}     share`,
    ...shown.map(({ kernel, calls, ms, share }) => row(kernel, calls.toFixed(0), ms.toFixed(1), share)),
    row("outside kernels", "", "", rest),
  ].join("\n");
}

/** `ssl-vit bench step` */
function stepCommand(): Command {
  const command = new Command("step")
    .description("Time one training step (or the features of one batch) on random images of a fixed size.")
    .addOption(new Option("--workload <name>", "what to time").choices([...workloadNames]).makeOptionMandatory())
    .option("--steps <n>", "steps that count", wholeNumber(1), 6)
    .option("--warmup <n>", "steps before them, in which memory is first touched and code compiled", wholeNumber(0), 2)
    .option("--images <n>", "images a step, in place of the workload's", wholeNumber(2))
    .option("--micro-batch <n>", "views through the encoder at a time", wholeNumber(1))
    .option("--mask-ratio <share>", "masked patches of the workload mae, in place of 0.75", positiveNumber);
  for (const option of engineOptions()) command.addOption(option);
  return command
    .option("--tiny", "the same step of a very small ViT, for a first look or a slow engine")
    .option("--profile", "also the time by kernel")
    .option("--json", "one JSON object on standard output")
    .addHelpText("after", "\nExample:\n  $ ssl-vit bench step --workload simclr --profile")
    .action(async ({ workload, images, microBatch, maskRatio, steps, warmup, tiny, profile, json, ...flags }: StepFlags) => {
      const engine = await startEngine(flags);
      let done = 0;
      const onStep = (ms: number): void => { say(`step ${++done} of ${steps}: ${ms.toFixed(1)} ms`); };
      const sizes = { ...(images === undefined ? {} : { images }), ...(microBatch === undefined ? {} : { microBatch }), ...(maskRatio === undefined ? {} : { maskRatio }) };
      const result = measureStep({ workload, ...sizes, steps, warmup, scale: tiny === true ? "tiny" : "reference", profile: profile === true, onStep });
      if (json === true) {
        printJson({
          workload,
          scale: result.scale,
          engine: engine.name,
          precision: engine.precision,
          precision_asked: flags.precision,
          threads: engine.threads,
          ...(engine.instructions === undefined ? {} : { instructions: engine.instructions }),
          steps,
          warmup,
          images: result.images,
          ...(microBatch === undefined ? {} : { micro_batch: microBatch }),
          ...(maskRatio === undefined ? {} : { mask_ratio: maskRatio }),
          ms: result.ms,
          ms_min: result.msMin,
          images_per_second: result.imagesPerSecond,
          peak_rss_mb: result.peakRssMb,
          ...(result.profile === undefined ? {} : { profile: result.profile }),
        });
        return;
      }
      print(`${workload} ${result.ms.toFixed(1)} ms a step (least ${result.msMin.toFixed(1)}), ${result.imagesPerSecond.toFixed(1)} images/s, peak memory ${result.peakRssMb} MB`);
      if (result.profile !== undefined) print(profileTable(result.profile));
    });
}

/** `ssl-vit bench` */
export function benchCommand(): Command {
  const bench = new Command("bench");
  return bench
    .description("Measure speed and memory on this machine, and count what training costs; in a clone of the repository also any suite of its benchmarks.")
    .enablePositionalOptions()
    .addCommand(stepCommand())
    .addCommand(costCommand())
    .argument("[suite]", "in a clone: quality, parity, speed, … with their options, as pnpm bench there")
    .argument("[options...]")
    .passThroughOptions()
    .allowUnknownOption()
    .addHelpText("after", "\nExamples:\n  $ ssl-vit bench step --workload simclr --profile\n  $ ssl-vit bench cost --methods dino --models small,base\n  $ ssl-vit bench quality --budget tiny")
    .action(async (suite: string | undefined, options: readonly string[]) => {
      if (suite === undefined) bench.help({ error: true });
      else await runBenchmarkSuite(suite, options);
    });
}

import { nearest } from "@ssl-vit/core";

/**
 * A suite of benchmarks.
 *
 * @typedef {object} Suite
 * @property {string} script
 * @property {string} what it measures
 * @property {string} takes by its defaults, on two cores
 * @property {string} [needs] besides Node
 * @property {string} [notTiny] why it has no least
 * @property {readonly string[]} [tiny] options for the least that it can do without Python: to try it out
 * @property {string} [tinyCommand] a command that this takes
 * @property {boolean} [tinyNative] whether this takes the native engine, on Linux
 */

/** Every suite, by the name that it is called by. @type {Readonly<Record<string, Suite>>} */
export const suites = {
  quality: {
    script: "quality/quality.js",
    what: "every method after a short real training: k-NN and linear accuracy beside untrained, pixels and labels",
    takes: "an hour",
    tiny: ["--budget", "tiny", "--methods", "mae", "--images-seen", "128", "--train-images", "40", "--test-images", "20"],
  },
  speed: {
    script: "speed/speed.js",
    what: "training steps, matrix products and memory beside PyTorch; the same bytes again",
    takes: "20 minutes",
    needs: "Python",
    tiny: ["--same-bytes", "--workloads", "mae", "--precisions", "float32", "--steps", "2"],
    tinyNative: true,
  },
  cost: {
    script: "cost/cost.js",
    what: "parameters, FLOPs and memory of every method from ViT-Ti to ViT-H, beside torch's counters",
    takes: "an hour",
    needs: "Python",
    tiny: ["--only", "memory", "--methods", "mae", "--steps", "1"],
    tinyNative: true,
  },
  scaling: {
    script: "scaling/scaling.js",
    what: "a training step over ViT sizes, batches, threads and processes",
    takes: "15 minutes",
    tiny: ["--methods", "mae", "--sizes", "tiny", "--batches", "4", "--threads", "1", "--ranks", "1", "--rounds", "1", "--steps", "1"],
    tinyNative: true,
  },
  data: {
    script: "data/data.js",
    what: "images a second of the loader beside PyTorch's, waiting, a million files, memory over epochs",
    takes: "20 minutes",
    needs: "Python",
    tiny: ["--million", "--images", "200"],
  },
  evaluation: {
    script: "evaluation/evaluation.js",
    what: "accuracies beside Python's, features across domains, k-NN search",
    takes: "half an hour",
    needs: "Python",
    tiny: ["knn", "--only", "native", "--bank", "1000", "--queries", "1000", "--k", "20", "--rounds", "1", "--repeats", "1"],
    tinyNative: true,
  },
  diagnose: {
    script: "diagnose/diagnose.js",
    what: "trainings broken on purpose: which failures are named, how early",
    takes: "half an hour",
    tiny: ["run", "--only", "healthy-mae-digits", "--steps", "3"],
    tinyNative: true,
  },
  endurance: {
    script: "endurance/endurance.js",
    what: "kills, full disks, hours of training",
    takes: "hours",
    tiny: ["kills", "--methods", "mae", "--kills", "1", "--in-starts", "0", "--in-saves", "0", "--steps", "6"],
  },
  distributed: {
    script: "distributed/distributed.js",
    what: "several processes over MPI: same results, bandwidth, scaling",
    takes: "half an hour",
    needs: "MPI",
    tiny: ["methods", "--methods", "mae", "--batch", "4", "--steps", "1", "--seeds", "1"],
    tinyCommand: "mpirun",
    tinyNative: true,
  },
  interop: {
    script: "interop/interop.js",
    what: "exported encoders in transformers, timm, ONNX Runtime and transformers.js; loading beside Python",
    takes: "10 minutes",
    needs: "Python",
    tiny: ["--kinds", "plain", "--methods", "none", "--libraries", "onnxruntime-web"],
  },
  install: {
    script: "install/install.js",
    what: "every package published to a registry of this machine and installed from there: size, time, types, a training, a stranger's method",
    takes: "10 minutes",
    needs: "the npm registry",
    notTiny: "whose least takes minutes: CI runs it by itself",
  },
  parity: {
    script: "parity/parity.js",
    what: "the same recipes here and in PyTorch: are the features worth the same?",
    takes: "an hour",
    needs: "Python",
    tiny: ["--budget", "tiny", "--methods", "mae", "--sides", "ours,untrained", "--images-seen", "128", "--train-images", "40", "--test-images", "20"],
  },
};

/** What is wrong with a suite's name, with the nearest that there is; nothing of one of those that are known. @param {string} name @param {readonly string[]} known */
export function suiteProblem(name, known) {
  if (known.includes(name)) return undefined;
  const hint = nearest(name, known);
  return `[bench] suite: expected one of ${known.join(", ")}, received "${name}".${hint === undefined ? "" : ` Did you mean "${hint}"?`}`;
}

import { colorCorruptions, ConfigError, corruptionNames, type ImageOperation, nearest, type ViewPolicy } from "@ssl-vit/core";

type OperationOptions<Kind extends ImageOperation["kind"]> = Extract<ImageOperation, { kind: Kind }>;

/** What an option may be: words for the message, and a test. */
interface Rule {
  readonly expected: string;
  readonly accepts: (value: unknown) => boolean;
  readonly required?: boolean;
}

const isNumber = (value: unknown): value is number => typeof value === "number" && Number.isFinite(value);
const isByteValue = (value: unknown): boolean => isNumber(value) && value >= 0 && value <= 255;
const isPositiveInteger = (value: number): boolean => Number.isInteger(value) && value > 0;
const isRange = (value: unknown, minimum: number, maximum: number): boolean =>
  Array.isArray(value) && value.length === 2 && value.every(isNumber) && value[0]! > minimum && value[0]! <= value[1]! && value[1]! <= maximum;

const probability: Rule = { expected: "a number from 0 to 1", accepts: (value) => isNumber(value) && value >= 0 && value <= 1 };
const interpolation: Rule = { expected: '"bicubic" or "bilinear"', accepts: (value) => value === "bicubic" || value === "bilinear" };
const shared: Rule = { expected: "true or false", accepts: (value) => typeof value === "boolean" };
const strength: Rule = { expected: "a number ≥ 0", accepts: (value) => isNumber(value) && value >= 0, required: true };

type Rules = { readonly [Kind in ImageOperation["kind"]]: { readonly [Option in Exclude<keyof OperationOptions<Kind>, "kind">]-?: Rule } };

const rules: Rules = {
  randomResizedCrop: {
    scale: { expected: "[minimum, maximum] with 0 < minimum ≤ maximum ≤ 1", accepts: (value) => isRange(value, 0, 1), required: true },
    ratio: { expected: "[minimum, maximum] with 0 < minimum ≤ maximum", accepts: (value) => isRange(value, 0, Infinity) },
    interpolation,
    size: { expected: "an integer above 0", accepts: (value) => isNumber(value) && isPositiveInteger(value) },
    shared,
  },
  shiftedCrop: { maxShift: { expected: "an integer ≥ 0", accepts: (value) => Number.isInteger(value) && (value as number) >= 0, required: true } },
  resize: { interpolation },
  centerCrop: {
    cropRatio: { expected: "a number above 0 and at most 1", accepts: (value) => isNumber(value) && value > 0 && value <= 1 },
    interpolation,
  },
  horizontalFlip: { probability, shared },
  colorJitter: {
    brightness: strength,
    contrast: strength,
    saturation: strength,
    hue: { expected: "a number from 0 to 0.5", accepts: (value) => isNumber(value) && value >= 0 && value <= 0.5, required: true },
    probability,
  },
  grayscale: { probability },
  gaussianBlur: {
    sigma: { expected: "[minimum, maximum] with 0 < minimum ≤ maximum", accepts: (value) => isRange(value, 0, Infinity), required: true },
    probability,
  },
  solarize: { threshold: { expected: "a number from 0 to 255", accepts: isByteValue }, probability },
  randomErasing: {
    scale: { expected: "[minimum, maximum] with 0 < minimum ≤ maximum ≤ 1", accepts: (value) => isRange(value, 0, 1) },
    ratio: { expected: "[minimum, maximum] with 0 < minimum ≤ maximum", accepts: (value) => isRange(value, 0, Infinity) },
    fill: {
      expected: 'a number from 0 to 255, a list of them, or "noise"',
      accepts: (value) => value === "noise" || isByteValue(value) || (Array.isArray(value) && value.length > 0 && value.every(isByteValue)),
    },
    probability,
  },
  corruption: {
    name: { expected: `one of ${corruptionNames.join(", ")}`, accepts: (value) => (corruptionNames as readonly unknown[]).includes(value), required: true },
    severity: { expected: "a whole number from 1 to 5", accepts: (value) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 5, required: true },
    scale: { expected: '"imagenet" or "cifar"', accepts: (value) => value === "imagenet" || value === "cifar", required: true },
  },
};

function fail(what: string, expected: string, received: unknown, fix?: string): never {
  const shown = received === undefined ? "nothing" : JSON.stringify(received);
  throw new ConfigError({ package: "augment", what, expected, received: shown, ...(fix === undefined ? {} : { fix }) });
}

function didYouMean(name: string, candidates: readonly string[]): string | undefined {
  const meant = nearest(name, candidates);
  return meant === undefined ? undefined : `Did you mean "${meant}"?`;
}

function checkOperation(where: string, operation: ImageOperation): void {
  const kinds = Object.keys(rules);
  if (!kinds.includes(operation.kind)) fail(`${where}.kind`, `one of ${kinds.join(", ")}`, operation.kind, didYouMean(operation.kind, kinds));
  const known: Readonly<Record<string, Rule>> = rules[operation.kind];
  const { kind, ...options } = operation;
  for (const option of Object.keys(options)) {
    if (!(option in known)) fail(`${where}.${option}`, `an option of ${kind}`, option, didYouMean(option, Object.keys(known)));
  }
  for (const [option, rule] of Object.entries(known)) {
    const value = (options as Readonly<Record<string, unknown>>)[option];
    if (value === undefined ? rule.required === true : !rule.accepts(value)) fail(`${where}.${option}`, rule.expected, value);
  }
}

/**
 * Checks a view policy that may come from outside (a file, a command line).
 *
 * @param channels of the images it is for. Default 3
 * @throws ConfigError naming the option, what it may be, and the nearest name for one that does not exist
 */
export function checkViewPolicy(policy: ViewPolicy, channels = 3): void {
  if (policy.groups.length === 0) fail("views.groups", "at least one group", policy.groups);
  policy.groups.forEach((group, index) => {
    const where = `views.groups[${index}]`;
    if (!isPositiveInteger(group.count)) fail(`${where}.count`, "an integer above 0", group.count);
    if (!isPositiveInteger(group.size)) fail(`${where}.size`, "an integer above 0", group.size);
    group.operations.forEach((operation, position) => {
      checkOperation(`${where}.operations[${position}]`, operation);
      if (operation.kind === "randomErasing" && Array.isArray(operation.fill) && operation.fill.length !== channels) {
        fail(`${where}.operations[${position}].fill`, `one number, or ${channels}, one a channel`, operation.fill);
      }
      if (operation.kind === "corruption" && channels !== 3 && colorCorruptions.includes(operation.name)) {
        fail(`${where}.operations[${position}].name`, `a corruption of images with ${channels} channels`, operation.name, "Only RGB has it.");
      }
    });
  });
  const { mean, std } = policy.normalize;
  for (const [name, values] of [["mean", mean], ["std", std]] as const) {
    const counts = channels === 1 || channels === 3 ? [1, 3] : [1, channels];
    if (counts.includes(values.length) && values.every(isNumber)) continue;
    fail(`views.normalize.${name}`, `${counts.join(" or ")} numbers`, values, "ssl-vit data inspect PATH prints them (--set views.mean=[…] views.std=[…]).");
  }
  if (std.some((value) => value <= 0)) fail("views.normalize.std", "numbers above 0", std);
}

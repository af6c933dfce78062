import type { OptimizerRecipe, ParameterGroup, RunFacts, ViewPolicy } from "@ssl-vit/core";

/** What JSON may be where an object is expected. */
export const recordOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Record<string, unknown>) : {};

const numberOf = (value: unknown): number => (typeof value === "number" ? value : NaN);

const numbersOf = (value: unknown): readonly number[] => (Array.isArray(value) ? value.filter((one) => typeof one === "number") : []);

function viewsOf(value: unknown): ViewPolicy {
  const { groups, normalize } = recordOf(value);
  const { mean, std } = recordOf(normalize);
  const isGroup = (group: unknown): boolean => {
    const { operations } = recordOf(group);
    return Array.isArray(operations) && operations.every((operation) => typeof recordOf(operation)["kind"] === "string");
  };
  return { groups: Array.isArray(groups) ? (groups.filter(isGroup) as ViewPolicy["groups"]) : [], normalize: { mean: numbersOf(mean), std: numbersOf(std) } };
}

function optimizerOf(value: unknown): OptimizerRecipe {
  const { name, groups, learningRate, weightDecay, warmupEpochs, clipNorm, clipMode, ...rest } = recordOf(value);
  const known = {
    ...(typeof warmupEpochs === "number" ? { warmupEpochs } : {}),
    ...(typeof clipNorm === "number" ? { clipNorm } : {}),
    ...(typeof clipMode === "string" ? { clipMode } : {}),
    ...(Array.isArray(groups) ? { groups: groups.filter((group) => typeof recordOf(group)["match"] === "string") as ParameterGroup[] } : {}),
  };
  return { ...rest, ...known, name: typeof name === "string" ? name : "unknown", learningRate: numberOf(learningRate), weightDecay: numberOf(weightDecay) } as OptimizerRecipe;
}

/** What a configuration says of a run. Numbers that it does not say are NaN, of which no rule makes anything. */
export function factsOf(run: unknown): RunFacts {
  const { method, encoder, views, optimizer, data, batchSize, accumulate, subset } = recordOf(run);
  const { name, options } = recordOf(method);
  const { images } = recordOf(subset);
  return {
    method: { name: typeof name === "string" ? name : "unknown", options: recordOf(options) },
    encoder: recordOf(encoder),
    views: viewsOf(views),
    optimizer: optimizerOf(optimizer),
    // Of a part of the images the part is what is trained on.
    data: { images: typeof images === "number" ? images : numberOf(recordOf(data)["images"]) },
    batchSize: numberOf(batchSize),
    accumulate: typeof accumulate === "number" ? accumulate : 1,
  };
}

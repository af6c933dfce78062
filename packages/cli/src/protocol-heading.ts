import { dataName } from "./data-name.js";
import { percent } from "./percent.js";

/** What a person tells two protocols of a kind apart by, in a line: `knn, k 20, temperature 0.07, cls, on cifar10-test-000000.tar`. */
export function protocolHeading(protocol: Readonly<Record<string, unknown>>): string {
  const { kind, k, temperature, labelled, classifier, layer, block, test, trainImages } = protocol;
  const name = typeof classifier === "object" && classifier !== null && "name" in classifier ? classifier.name : classifier;
  const { shots, share } = (labelled ?? {}) as { readonly shots?: number; readonly share?: number };
  const parts = [
    kind ?? "result",
    k === undefined ? undefined : `k ${JSON.stringify(k)}`,
    temperature === undefined ? undefined : `temperature ${JSON.stringify(temperature)}`,
    shots === undefined ? undefined : `${shots} a class`,
    share === undefined ? undefined : `${percent(share)} %`,
    name,
    layer,
    block === undefined ? undefined : `after ${JSON.stringify(block)} blocks`,
    cropOf(protocol),
    typeof test === "string" ? `${JSON.stringify(trainImages)} labelled images, judged on ${dataName(test)}` : undefined,
  ];
  return parts.filter((part) => typeof part === "string").join(", ");
}

/** The share of images that is kept, where that is not all. */
function cropOf({ views }: Readonly<Record<string, unknown>>): string | undefined {
  const { groups = [] } = (views ?? {}) as { readonly groups?: readonly { readonly operations: readonly { readonly kind: string; readonly cropRatio?: number }[] }[] };
  const ratio = groups[0]?.operations.find(({ kind }) => kind === "centerCrop")?.cropRatio ?? 1;
  return ratio === 1 ? undefined : `crop ${ratio}`;
}

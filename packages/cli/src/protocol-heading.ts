import { dataName } from "./data-name.js";
import { percent } from "./percent.js";

/** What a person tells two protocols of a kind apart by, in a line: `knn, k 20, temperature 0.07, cls, on cifar10-test-000000.tar`. */
export function protocolHeading(protocol: Readonly<Record<string, unknown>>): string {
  const { kind, k, temperature, labelled, classifier, layer, test, trainImages } = protocol;
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
    typeof test === "string" ? `${JSON.stringify(trainImages)} labelled images, judged on ${dataName(test)}` : undefined,
  ];
  return parts.filter((part) => typeof part === "string").join(", ");
}

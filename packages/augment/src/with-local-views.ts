import { ConfigError, type EncoderLayout, localSide, type ViewPolicy } from "@ssl-vit/core";

/** Small views beside a policy's global ones. */
export interface LocalViewOptions {
  /** Local views of an image, at least 1. */
  readonly localViews: number;
  /** Side of a local view ÷ side of a global one, rounded to whole patches. Default 96 / 224: SwAV's. */
  readonly localSizeRatio?: number;
  /** Share of the image's area in a local view. Default [0.05, 0.14]: SwAV's. */
  readonly localScale?: readonly [number, number];
  /** Share of the image's area in a global view, in place of the policy's. SwAV's is [0.14, 1]. */
  readonly globalScale?: readonly [number, number];
}

/**
 * Multi-crop for any method of two global views (Caron et al., https://arxiv.org/abs/2006.09882, Section 3.2): a policy with local views, small
 * crops that go through the operations of the last global view.
 *
 * @param policy the method's own: `method.views`
 * @param layout of the encoder: sides are whole patches
 * @throws ConfigError for a policy that has local views already, or no `global` view that is a random crop, and for less than 1 view
 */
export function withLocalViews(
  policy: ViewPolicy,
  layout: EncoderLayout,
  { localViews, localSizeRatio = 96 / 224, localScale = [0.05, 0.14], globalScale }: LocalViewOptions,
): ViewPolicy {
  const refuse = (what: string, expected: string, received: string, fix?: string): never => {
    throw new ConfigError({ package: "augment", what, expected, received, ...(fix === undefined ? {} : { fix }) });
  };
  if (!(Number.isInteger(localViews) && localViews >= 1)) refuse("localViews", "a whole number of at least 1", String(localViews));
  const names = policy.groups.map(({ name }) => name);
  if (names.includes("local")) refuse("localViews", "a method without local views of its own", names.join(", "), "Set the method's own localViews.");
  const last = policy.groups.filter(({ name }) => name === "global").at(-1);
  if (last?.operations.some(({ kind }) => kind === "randomResizedCrop") !== true) {
    return refuse("localViews", "a method with global views that are random crops", names.join(", ") || "no view");
  }
  const cropped = (group: typeof last, scale: readonly [number, number]): typeof last => ({
    ...group,
    operations: group.operations.map((operation) => (operation.kind === "randomResizedCrop" ? { ...operation, scale } : operation)),
  });
  const globals = policy.groups.map((group) => (globalScale === undefined || group.name !== "global" ? group : cropped(group, globalScale)));
  const locals = { ...cropped(last, localScale), name: "local", count: localViews, size: localSide(layout, last.size, localSizeRatio) };
  return { ...policy, groups: [...globals, locals] };
}

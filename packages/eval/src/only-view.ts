import { ConfigError } from "@ssl-vit/core";
import type { HostView } from "@ssl-vit/data";

/**
 * The one view of each image that features are of.
 *
 * @throws ConfigError for several
 */
export function onlyView(views: readonly HostView[]): HostView {
  const [view] = views;
  if (view !== undefined && views.length === 1) return view;
  throw new ConfigError({
    package: "eval",
    what: "loader",
    expected: "one view of each image",
    received: `${views.length}`,
    fix: "Give createLoader the policy of evaluationViews().",
  });
}

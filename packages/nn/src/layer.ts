import type { Float, ParameterMap } from "@ssl-vit/core";

/** Variables, and the function they define, over the last axis of [B, D] or [B, N, D]. The result is the caller's. */
export interface Layer {
  readonly parameters: ParameterMap;
  /** The result has the shape of the input but for the last axis. */
  apply<T extends Float<"B D"> | Float<"B N D">>(input: T): T;
}

import type { Float, ParameterMap } from "@ssl-vit/core";

/** Variables, and the function they define, over the last axis of [B, D] or [B, N, D]. The result is the caller's. */
export interface Layer {
  readonly parameters: ParameterMap;
  apply<T extends Float<"B D"> | Float<"B N D">>(input: T): T;
}

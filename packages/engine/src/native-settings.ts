import type * as BackendNative from "@ssl-vit/backend-native";
import type { FoundPackage } from "./find-package.js";

/** Has the native engine multiply in a precision; resolves to what holds, since not every processor gains by bfloat16. */
export async function setNativePrecision(found: FoundPackage, precision: BackendNative.Precision): Promise<BackendNative.Precision> {
  const { setPrecision } = (await import(found.entry)) as typeof BackendNative;
  return setPrecision(precision);
}

/** The processor's instructions that the native engine uses. */
export async function nativeInstructions(found: FoundPackage): Promise<string> {
  const { nativeInfo } = (await import(found.entry)) as typeof BackendNative;
  return nativeInfo().instructions;
}

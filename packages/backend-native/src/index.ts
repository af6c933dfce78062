import { copyRegisteredKernels, registerBackend } from "@tensorflow/tfjs-core";
import { backendName } from "./kernel.js";
import { registerKernels } from "./kernels/register-kernels.js";
import { NativeBackend } from "./native-backend.js";

copyRegisteredKernels("cpu", backendName);
registerKernels();
registerBackend(backendName, () => new NativeBackend(), 3);

export type { PoolState } from "./buffer-pool.js";
export { NativeBackend };
export { nativeInfo, type NativeInfo, setPrecision, type Precision } from "./precision.js";

import { cpSync } from "node:fs";
import preset from "@ssl-vit/config/tsup";

/** The ViT of the golden steps goes along: outside the repository a method has a copy beside its script. */
const onSuccess = async () => { cpSync("../../benchmarks/reference/methods/tiny_vit.py", "dist/tiny_vit.py"); };

export default { ...preset, platform: "node", onSuccess };

import preset from "@ssl-vit/config/tsup";

export default { ...preset, entry: ["src/index.ts", "src/setup.ts"], platform: "node" };

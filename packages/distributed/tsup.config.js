import preset from "@ssl-vit/config/tsup";

/** The package, and what tells of the launcher: without koffi, so that whoever only asks loads no native code. */
export default { ...preset, entry: ["src/index.ts", "src/launcher.ts"] };

import preset from "@ssl-vit/config/tsup";

const node = { ...preset, platform: "node" };

/** The package, and what its worker threads run: with our own packages in it, so that a thread does not load tfjs, which it never uses. */
export default [
  node,
  { ...node, entry: ["src/worker.ts"], clean: false, noExternal: [/^@ssl-vit\//], treeshake: { moduleSideEffects: "no-external" } },
];

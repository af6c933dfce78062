import preset from "@ssl-vit/config/tsup";

/** The package, and how it reads and writes files in a browser and in Node: package.json's "#files" and "#folder" pick one of two when the package is loaded. */
export default { ...preset, platform: "node", entry: ["src/index.ts", "src/fetched-files.ts", "src/local-files.ts", "src/no-folder.ts", "src/write-folder.ts"], external: ["#files", "#folder"] };

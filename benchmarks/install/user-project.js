import { mkdirSync, writeFileSync } from "node:fs";

/** The folder of a user who begins. @param {string} folder */
export function makeProject(folder) {
  mkdirSync(folder, { recursive: true });
  writeFileSync(`${folder}/package.json`, JSON.stringify({ private: true, type: "module" }));
}

/** What has to compute there: the native engine where its binary was published. @param {string | undefined} platform of the binary */
export const expectedEngine = (platform) => (platform === undefined ? "wasm" : "native");

// For the release workflow, before `changeset publish`: publishes the platforms' packages that the registry does not have in this version,
// then names them in this package's manifest, in place, so that it is published with them. All binaries must be there (npm/); to try it out,
// `node scripts/publish-platforms.js linux-x64-gnu` publishes and names those alone that are given.
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { packageFolder, packageName, path, platforms, publishedManifest, writePlatformPackage } from "./platforms.js";

const npm = (parameters, options) => spawnSync("npm", parameters, { encoding: "utf8", shell: process.platform === "win32", ...options });
const given = process.argv.slice(2);
const unknown = given.find((name) => platforms[name] === undefined);
if (unknown !== undefined) throw new Error(`[backend-native] platform: expected ${Object.keys(platforms).join(", ")}, received ${unknown}`);
const names = given.length === 0 ? Object.keys(platforms) : given;
const manifest = publishedManifest(names);
for (const platform of names) writePlatformPackage(platform);

for (const platform of names) {
  const release = `${packageName(platform)}@${manifest.version}`;
  // npm view answers for a version that is not there with nothing, or with an error where the package itself is new.
  if (npm(["view", release, "version"]).stdout.trim() === manifest.version) {
    process.stdout.write(`${release} is published already\n`);
  } else if (npm(["publish"], { cwd: packageFolder(platform), stdio: "inherit" }).status !== 0) {
    throw new Error(`${release} was not published; nothing that needs it is published either`);
  }
}
writeFileSync(path("package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);

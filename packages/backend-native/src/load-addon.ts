import { problemMessage } from "@ssl-vit/core";

/** The end of the name of a platform's package: system and processor, and on Linux and Windows what the C library is. */
export function platformName(os: string, cpu: string, libc: "glibc" | "musl" | undefined): string {
  if (os === "linux") return `linux-${cpu}-${libc === "musl" ? "musl" : "gnu"}`;
  return os === "win32" ? `win32-${cpu}-msvc` : `${os}-${cpu}`;
}

/** The C library of this process: Node's report names glibc's version where it is glibc. */
function libc(): "glibc" | "musl" {
  // Without this, a report looks up the names of all connected hosts. Node 20 does not know it.
  const report: NodeJS.ProcessReport & { excludeNetwork?: boolean } = process.report;
  const { excludeNetwork } = report;
  report.excludeNetwork = true;
  const { header } = report.getReport() as { header: { glibcVersionRuntime?: string } };
  if (excludeNetwork !== undefined) report.excludeNetwork = excludeNetwork;
  return header.glibcVersionRuntime === undefined ? "musl" : "glibc";
}

/** `platformName` of this process. */
export function thisPlatform(): string {
  return platformName(process.platform, process.arch, process.platform === "linux" ? libc() : undefined);
}

const isMissing = (error: unknown): boolean => error instanceof Error && "code" in error && error.code === "MODULE_NOT_FOUND";
const firstLine = (error: unknown): string => (error instanceof Error ? error.message : String(error)).split("\n", 1)[0] ?? "";

/** What to do, given the packages that this package's manifest names: none in the repository, all of them where it was published. */
function advice(packageName: string, failure: unknown, published: Readonly<Record<string, string>>): string {
  const version = published[packageName];
  if (!isMissing(failure)) return "This system lacks what the binary needs: take a newer one, or another backend.";
  if (version !== undefined) {
    return `Run npm install ${packageName}@${version} (an install with --omit=optional, or from a lockfile made on another system, leaves it out), or use another backend.`;
  }
  const others = Object.keys(published);
  const elsewhere = others.length === 0 ? "" : `There are packages for ${others.map((name) => name.replace("@ssl-vit/backend-native-", "")).join(", ")}. `;
  return `${elsewhere}Install Rust (https://rustup.rs) and run the script build:addon in the repository, or use another backend.`;
}

/**
 * The addon: the one built beside this package, or the one in the package of the platform.
 *
 * @param platform what `platformName` gives
 * @param load requires a path relative to this folder, or a package
 * @throws Error naming what was tried, why each failed, and what to do
 */
export function loadAddon(platform: string, load: (place: string) => unknown): unknown {
  const packageName = `@ssl-vit/backend-native-${platform}`;
  const tried: string[] = [];
  let failure: unknown;
  for (const [place, name, missing] of [
    ["../addon/backend-native.node", "addon/backend-native.node", "not built"],
    [packageName, packageName, "not installed"],
  ] as const) {
    try {
      return load(place);
    } catch (error) {
      failure = error;
      tried.push(`${name}: ${isMissing(error) ? missing : firstLine(error)}`);
    }
  }
  const { optionalDependencies = {} } = load("../package.json") as { optionalDependencies?: Record<string, string> };
  throw new Error(
    problemMessage({
      package: "backend-native",
      what: "addon",
      expected: `a binary for ${platform}`,
      received: tried.join("; "),
      fix: advice(packageName, failure, optionalDependencies),
    }),
  );
}

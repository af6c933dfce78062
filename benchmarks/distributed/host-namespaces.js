// Two network namespaces as two hosts: an address, a host name and shared memory of their own each, and a cable (veth) between them.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readlinkSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";

/**
 * @typedef {object} Hosts
 * @property {readonly string[]} addresses of the two
 * @property {string} cable the network interface's name on both
 * @property {string} shell a program that starts a command on a host, in place of ssh: `shell ADDRESS COMMAND…`
 * @property {(host: number, command: readonly string[]) => string[]} on the command that runs another one on a host; the process stays the same
 * @property {() => { fromFirst: number, fromSecond: number }} bytesAcross that have gone over the cable so far
 * @property {(isUp: boolean) => void} setCable
 * @property {() => number[]} processes on both
 * @property {() => void} endProcesses at once
 * @property {() => void} remove
 */

const CABLE = "eth0";
const addresses = ["10.77.0.1", "10.77.0.2"];
const names = ["host-a", "host-b"];

const ip = (/** @type {string[]} */ ...parameters) => execFileSync("ip", parameters, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });

/** Enters a namespace with a host name and shared memory of its own, then does what follows. */
const enter = (/** @type {string} */ namespace) => ["ip", "netns", "exec", namespace, "unshare", "--uts", "--ipc"];

/** The launcher's ssh. An address is followed by a command for the host's shell. @param {readonly string[]} namespaces */
const shellScript = (namespaces) => `#!/bin/sh
while case "$1" in -*) true ;; *) false ;; esac; do shift; done
case "$1" in
${namespaces.map((namespace, host) => `  ${addresses[host]}) shift; exec ${enter(namespace).join(" ")} sh -c "hostname ${names[host]}; $*" ;;`).join("\n")}
  *) echo "no such host: $1" >&2; exit 255 ;;
esac
`;

/** Here nothing may go on meanwhile, as this also runs when the process ends. @param {number} ms */
const sleep = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

let made = 0;

/**
 * Makes two hosts. They are gone, with all of their processes, after `remove`, and when this process ends.
 *
 * @returns {Hosts}
 */
export function makeHosts() {
  const namespaces = names.map((name) => `ssl-vit-${process.pid}-${made}-${name}`);
  made++;
  const folder = mkdtempSync(join(tmpdir(), "ssl-vit-hosts-"));
  const shell = join(folder, "shell");

  const processes = () => namespaces.flatMap((namespace) => (spawnSync("ip", ["netns", "pids", namespace], { encoding: "utf8" }).stdout ?? "").split("\n").filter((line) => line !== "").map(Number));
  const endProcesses = () => {
    // One that is just being started is not in the list yet.
    for (let left = processes(); left.length > 0; left = processes()) {
      for (const one of left) {
        try {
          process.kill(one, "SIGKILL");
        } catch (error) {
          if (/** @type {NodeJS.ErrnoException} */ (error).code !== "ESRCH") throw error;
        }
      }
      sleep(20);
    }
  };
  const remove = () => {
    process.off("exit", remove);
    endProcesses();
    for (const namespace of namespaces) spawnSync("ip", ["netns", "del", namespace]);
    rmSync(folder, { recursive: true, force: true });
  };
  process.on("exit", remove);

  try {
    for (const namespace of namespaces) ip("netns", "add", namespace);
    ip("link", "add", CABLE, "netns", namespaces[0] ?? "", "type", "veth", "peer", "name", CABLE, "netns", namespaces[1] ?? "");
    for (const [host, namespace] of namespaces.entries()) {
      ip("-n", namespace, "addr", "add", `${addresses[host]}/24`, "dev", CABLE);
      for (const device of ["lo", CABLE]) ip("-n", namespace, "link", "set", device, "up");
    }
    writeFileSync(shell, shellScript(namespaces), { mode: 0o700 });
  } catch (error) {
    remove();
    throw error;
  }

  const [first = ""] = namespaces;
  /** @param {string} counter */
  const count = (counter) => Number(execFileSync("ip", ["netns", "exec", first, "cat", `/sys/class/net/${CABLE}/statistics/${counter}`], { encoding: "utf8" }));
  return {
    addresses,
    cable: CABLE,
    shell,
    on: (host, command) => [...enter(namespaces[host] ?? ""), "sh", "-c", 'hostname "$0"; exec "$@"', names[host] ?? "", ...command],
    bytesAcross: () => ({ fromFirst: count("tx_bytes"), fromSecond: count("rx_bytes") }),
    setCable: (isUp) => {
      ip("-n", first, "link", "set", CABLE, isUp ? "up" : "down");
      // It takes the system a moment to let packets through again; MPICH's proxy gives up meanwhile.
      if (isUp) sleep(3000);
    },
    processes,
    endProcesses,
    remove,
  };
}

/** Why two hosts cannot be made here; undefined where they can. */
export function whyNoHosts() {
  if (process.platform !== "linux") return "network namespaces are Linux's";
  if (process.getuid?.() !== 0) return "network namespaces take the rights of root";
  /** @type {Hosts | undefined} */
  let hosts;
  try {
    hosts = makeHosts();
    const [command = "", ...parameters] = hosts.on(1, ["hostname"]);
    const said = execFileSync(command, parameters, { encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] }).trim();
    return said === names[1] ? undefined : `a host named ${names[1]} says that it is ${said}`;
  } catch (error) {
    return `network namespaces cannot be made (${/** @type {Error} */ (error).message.trim().split("\n").at(-1)})`;
  } finally {
    hosts?.remove();
  }
}

/** The program of a process that is at work; undefined for one that has ended, also where its parent has not asked for that yet. @param {number} id */
export function programOf(id) {
  try {
    return basename(readlinkSync(`/proc/${id}/exe`));
  } catch {
    return undefined;
  }
}

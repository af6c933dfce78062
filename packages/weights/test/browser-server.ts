import { createReadStream, existsSync, statSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";

export interface BrowserServer {
  /** Without a slash behind: `http://127.0.0.1:34567`. */
  readonly address: string;
  /** What was asked for, in order: `/models/vit/config.json whole`, `/models/vit/model.safetensors bytes=0-1048575`. */
  readonly requests: string[];
  close(): Promise<void>;
}

export interface BrowserServerOptions {
  /** Sends the part that is asked for, as static servers do. Default true; else always the whole. */
  readonly ranges?: boolean;
  /** What pages of other origins may read of an answer: nothing (default), its body and the usual headers, or `content-range` too. */
  readonly otherOrigins?: "nothing" | "body" | "range";
}

const types: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript", ".json": "application/json", ".png": "image/png", ".wasm": "application/wasm" };

/** Serves the files of a folder on a free port of this machine alone. */
export async function serveFolder(root: string, { ranges = true, otherOrigins = "nothing" }: BrowserServerOptions = {}): Promise<BrowserServer> {
  const requests: string[] = [];
  const server = createServer(({ url = "/", headers: { range } }, response) => {
    const { pathname } = new URL(url, "http://page");
    requests.push(`${pathname} ${range ?? "whole"}`);
    if (otherOrigins !== "nothing") response.setHeader("access-control-allow-origin", "*");
    if (otherOrigins === "range") response.setHeader("access-control-expose-headers", "content-range");
    const path = join(root, decodeURIComponent(pathname));
    if (!existsSync(path) || !statSync(path).isFile()) return void response.writeHead(404).end();
    const { size } = statSync(path);
    response.setHeader("content-type", types[extname(path)] ?? "application/octet-stream");
    const asked = ranges ? /^bytes=(\d+)-(\d+)$/.exec(range ?? "") : null;
    if (asked === null) return void createReadStream(path).pipe(response);
    const [start, end] = [Number(asked[1]), Math.min(Number(asked[2]), size - 1)];
    if (start >= size) return void response.writeHead(416).end();
    response.writeHead(206, { "content-range": `bytes ${start}-${end}/${size}` });
    createReadStream(path, { start, end }).pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    address: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => { resolve(); });
        // A browser keeps its connections open.
        server.closeAllConnections();
      }),
  };
}

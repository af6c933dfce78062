import { threadCount } from "@ssl-vit/engine";
import sharp from "sharp";

/** Threads of libuv, in which sharp decodes: Node's own number unless told. */
const LIBUV_THREADS = 4;

/** What reads and decodes images here, and in how many threads: with other ones a sitting is another. */
export const imageLibraries = () => ({
  sharp: sharp.versions.sharp,
  libvips: sharp.versions.vips,
  threads: threadCount(),
  libuvThreads: Number(process.env["UV_THREADPOOL_SIZE"] ?? LIBUV_THREADS),
});

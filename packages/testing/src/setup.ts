import "@tensorflow/tfjs-backend-cpu";
// tfjs-core registers no gradients in Node; a bundler (here Vite) resolves this file's extensionless imports.
import "@tensorflow/tfjs-core/dist/register_all_gradients.js";
import { setBackend } from "@tensorflow/tfjs-core";
import "./matchers.js";

// Unit tests run on the plain JavaScript backend: it is on every machine and its results define what the others must give.
await setBackend("cpu");

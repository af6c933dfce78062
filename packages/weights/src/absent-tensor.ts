import { refusedFile } from "./refused-file.js";

/** Refuses a name of which there is no tensor. */
export function absentTensor(location: string, name: string, count: number): never {
  throw refusedFile(location, "the name of a tensor in it", JSON.stringify(name), `It holds ${count} others.`);
}

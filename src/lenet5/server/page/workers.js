// The worker that learns: a module of the server's, or of the one script that a page without a server is.

export function startWorker() {
  return globalThis.lenet5Worker ? globalThis.lenet5Worker() : new Worker("page/worker.js", { type: "module" });
}

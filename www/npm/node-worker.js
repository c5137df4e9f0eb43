// Gives a thread of Node the names that a browser's worker has, then runs the same worker in it.

import { parentPort, workerData } from "node:worker_threads";

globalThis.addEventListener = (type, listener) => parentPort.on(type, (data) => listener({ data }));
globalThis.postMessage = (message, transfer) => parentPort.postMessage(message, transfer);

await import(workerData);

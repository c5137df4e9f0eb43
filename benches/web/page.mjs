// The page that holds the contestants' workers: `bench.ask(name, message)` from outside.

const workers = new Map();
let nextId = 1;

function ask(name, message) {
  const worker = workers.get(name) ?? start(name);
  return new Promise((resolve, reject) => {
    const id = nextId++;
    const receive = ({ data }) => {
      if (data.id !== id) return;
      worker.removeEventListener("message", receive);
      if (data.error) reject(new Error(`${name}: ${data.error}`));
      else resolve(data.answer);
    };
    worker.addEventListener("message", receive);
    worker.postMessage({ id, ...message });
  });
}

function start(name) {
  const worker = new Worker(new URL("worker.mjs", import.meta.url), { type: "module" });
  worker.addEventListener("error", (event) => console.error(name, event.message));
  workers.set(name, worker);
  return worker;
}

/** A song's samples as every browser decodes them, and the mean of its channels. */
async function decode(address) {
  const bytes = await (await fetch(address)).arrayBuffer();
  const buffer = await new OfflineAudioContext(1, 1, 44_100).decodeAudioData(bytes);
  const channels = Array.from({ length: buffer.numberOfChannels }, (_, index) => buffer.getChannelData(index));
  return { channels, sampleRate: buffer.sampleRate };
}

globalThis.bench = { ask, decode, kept: {} };

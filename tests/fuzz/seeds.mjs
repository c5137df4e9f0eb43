// Makes the seeds of the fuzz targets, beside the models that are shipped:
//
//   node tests/fuzz/seeds.mjs
//
// Small ones: a mutator gets further by many changes to little than by few to much.

import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

import { ENCODINGS } from "../web/hostile/corpus.mjs";
import { ffmpeg, tune, wav } from "../web/songs.mjs";

const SEEDS = fileURLToPath(new URL("seeds/", import.meta.url));

async function keep(target, name, content) {
  await mkdir(join(SEEDS, target), { recursive: true });
  await writeFile(join(SEEDS, target, name), content);
}

/** Opus in the two modes that music at a high rate does not have, in a container without checksums. */
const OPUS_MODES = {
  "webm-speech": ["webm", "-codec:a", "libopus", "-b:a", "12k", "-application", "voip", "-frame_duration", "60"],
  "webm-hybrid": ["webm", "-codec:a", "libopus", "-ar", "48000", "-b:a", "28k", "-application", "voip"],
};

/** A tenth of a second in every container. */
async function files() {
  const folder = await mkdtemp(join(tmpdir(), "foretune-seeds-"));
  const source = join(folder, "source.wav");
  await writeFile(source, wav([tune(0.1, 8_000)], 8_000));
  for (const [container, [extension, ...options]] of Object.entries({ ...ENCODINGS, ...OPUS_MODES })) {
    const path = join(folder, `${container}.${extension}`);
    await ffmpeg("-i", source, ...options, "-fflags", "+bitexact", "-flags", "+bitexact", path);
    await keep("file", `${container}.${extension}`, await readFile(path));
  }
  await rm(folder, { recursive: true });
}

/** Headers as `samples` and `stages` in src/lib.rs read them, then samples. */
async function samples() {
  const floats = (values) => Buffer.from(Float32Array.from(values).buffer);
  const tone = Array.from({ length: 64 }, (_, index) => 0.5 * Math.sin(index / 3));
  for (const [name, header, values] of [
    ["stereo", [2, 4, 0, 3, 0, 0], tone],
    ["mono-at-8-kilohertz", [1, 0, 0, 4, 1, 0], tone],
    ["eight-channels-at-192-kilohertz", [8, 7, 0, 2, 1, 1], tone],
    ["no-channels", [0, 4, 0, 3, 0, 0], tone],
    ["longer-last-channel", [8, 0, 0, 3, 1, 0], tone],
    ["odd-rate", [1, 211, 3, 3, 7, 1], tone],
    ["rate-beyond-all", [1, 255, 0, 3, 0, 0], tone],
    ["not-a-number", [1, 0, 0, 3, 0, 0], [...tone, NaN]],
    ["infinite", [1, 0, 0, 3, 0, 0], [...tone, -Infinity]],
    ["denormal", [2, 0, 0, 3, 0, 0], tone.map((value) => value * 1e-41)],
    ["denormal-and-one-peak", [1, 0, 0, 3, 0, 0], [1, ...tone.map((value) => value * 1e-41)]],
    ["loud", [1, 5, 3, 3, 0, 0], tone.map((value) => value * 1e30)],
    ["largest-floats", [1, 0, 0, 3, 0, 0], tone.map((value) => Math.sign(value) * 3.4e38)],
    ["constant", [1, 3, 0, 3, 0, 0], [1]],
    ["square", [2, 3, 0, 3, 0, 0], [1, -1]],
    ["noise", [1, 4, 2, 3, 0, 0], Array.from({ length: 64 }, (_, index) => Math.sin(index * index))],
    ["silence", [1, 4, 0, 3, 0, 0], [0]],
    ["no-samples", [1, 4, 0, 0, 0, 0], []],
  ]) {
    await keep("samples", name, Buffer.concat([Buffer.from(header), floats(values)]));
  }
  const words = (values) => Buffer.from(Int16Array.from(values).buffer);
  const wave = tone.map((value) => value * 3_000);
  for (const [name, header, values] of [
    ["nothing", [0, 0], []],
    ["one-sample", [20, 0], [3_000]],
    ["a-frame", [11, 0], Array.from({ length: 512 }, (_, index) => wave[index % 64])],
    ["a-second", [20, 31], [...wave, ...wave, ...wave, ...wave]],
    ["highest-rate", [255, 31], wave],
    ["full-scale", [0, 31], wave.map((value) => Math.sign(value) * 32_767)],
  ]) {
    await keep("stages", name, Buffer.concat([Buffer.from(header), words(values)]));
  }
}

/** The part of protobuf that ONNX needs: field numbers are those of onnx.proto. */
function message(...fields) {
  const varint = (value) => {
    const bytes = [];
    for (let rest = BigInt.asUintN(64, BigInt(value)); ; rest >>= 7n) {
      bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
      if (rest <= 0x7fn) return Buffer.from(bytes);
    }
  };
  return Buffer.concat(
    fields.flatMap(([number, value]) => {
      if (typeof value === "number") return [varint(number << 3), varint(value)];
      const content = Buffer.from(value);
      return [varint((number << 3) | 2), varint(content.length), content];
    }),
  );
}

const initializer = (name, dims, values) =>
  message(...dims.map((size) => [1, size]), [2, 1], [8, name], [9, Buffer.from(Float32Array.from(values).buffer)]);
const integers = (name, values) =>
  message([1, values.length], [2, 7], [8, name], [9, Buffer.from(BigInt64Array.from(values.map(BigInt)).buffer)]);
const node = (operator, inputs, output, ...attributes) =>
  message(...inputs.map((input) => [1, input]), [2, output], [4, operator], ...attributes.map((attribute) => [5, attribute]));
const attribute = (name, type, ...value) => message([1, name], [20, type], ...value);
const tensor = (name, ...dims) =>
  message([1, name], [2, message([1, message([1, 1], [2, message(...dims.map((size) => [1, message(size < 0 ? [2, "rows"] : [1, size])]))])])]);

/** Small graphs of the operators that the shipped ones have; `[rows, 16]` goes in. */
async function graphs() {
  const graph = (nodes, initializers, output) =>
    message([1, 8], [8, message([2, 17])], [7, message(...nodes.map((each) => [1, each]), [2, "g"], ...initializers.map((each) => [5, each]), [11, tensor("x", -1, 16)], [12, output])]);
  const weights = Array.from({ length: 64 }, (_, index) => Math.sin(index));
  for (const [name, content] of Object.entries({
    "dense.onnx": graph([node("MatMul", ["x", "w"], "h"), node("Add", ["h", "b"], "s"), node("Relu", ["s"], "y")], [initializer("w", [16, 4], weights), initializer("b", [4], weights.slice(0, 4))], tensor("y", -1, 4)),
    "gemm.onnx": graph([node("Gemm", ["x", "w", "b"], "h", attribute("transB", 2, [3, 1])), node("Sigmoid", ["h"], "y")], [initializer("w", [4, 16], weights), initializer("b", [4], weights.slice(0, 4))], tensor("y", -1, 4)),
    "convolution.onnx": graph(
      [node("Reshape", ["x", "to"], "r"), node("Conv", ["r", "w"], "c", attribute("kernel_shape", 7, [8, 2], [8, 2]), attribute("pads", 7, [8, 0], [8, 0], [8, 0], [8, 0])), node("ReduceMax", ["c"], "y", attribute("axes", 7, [8, 2]), attribute("keepdims", 2, [3, 0]))],
      [integers("to", [-1, 1, 4, 4]), initializer("w", [2, 1, 2, 2], weights.slice(0, 8))],
      tensor("y", -1, 2, 3),
    ),
    "slices.onnx": graph(
      [node("Slice", ["x", "from", "until", "axis"], "s"), node("Softplus", ["s"], "p"), node("CumSum", ["p", "axis"], "c"), node("Concat", ["c", "x"], "k", attribute("axis", 2, [3, 1])), node("Transpose", ["k"], "y", attribute("perm", 7, [8, 0], [8, 1]))],
      [integers("from", [2]), integers("until", [10]), integers("axis", [1])],
      tensor("y", -1, 24),
    ),
    // Found by mutation: tract panics at an output that no node makes.
    "output-from-nowhere.onnx": graph([node("Relu", ["x"], "y")], [], tensor("z", -1, 16)),
    "huge-weights.onnx": graph([node("MatMul", ["x", "w"], "y")], [initializer("w", [16, 2 ** 31 - 1], weights)], tensor("y", -1, 2 ** 31 - 1)),
    "huge-shape.onnx": graph([node("Expand", ["x", "to"], "y")], [integers("to", [2 ** 40, 16])], tensor("y", -1, 16)),
    "itself.onnx": graph([node("Add", ["y", "x"], "y")], [], tensor("y", -1, 16)),
    "nothing.onnx": graph([], [], tensor("x", -1, 16)),
  })) {
    await keep("onnx", name, content);
  }
}

async function contexts() {
  const features = { danceability: 0.6, energy: 0.7, key: 3, loudness: -7.5, mode: 1, speechiness: 0.05, acousticness: 0.2, instrumentalness: 0, liveness: 0.1, valence: 0.5, tempo: 120 };
  const seed = (name, context, changed = {}) => keep("context", name, JSON.stringify({ ...features, ...changed }) + JSON.stringify(context));
  await seed("nothing", {});
  await seed("everything", { year: 2024, explicit: true, genre: "indie pop", artist_usual_popularity: 55.5, artist_other_songs: 12 });
  await seed("out-of-range", { year: 65_535, artist_usual_popularity: -1e38, artist_other_songs: 4_294_967_295 }, { tempo: 1e38, key: -1, danceability: 7 });
  // Found by libFuzzer: a list of many takes long, and longer for each of an explanation's coalitions.
  await seed("many-genres", { year: 2024, genre: `${"|".repeat(90)}indie pop` });
  await seed("endless-genre", { genre: "|".repeat(1_001) });
  await seed("odd-genre", { genre: "=\u0000\ud83c\udfb5 ".repeat(20) });
}

/** What each service answers, made up in the form that its documentation shows. */
async function answers() {
  const features = { acousticness: 0.2, danceability: 0.6, energy: 0.7, instrumentalness: 0, key: 3, liveness: 0.1, loudness: -7.5, mode: 1, speechiness: 0.05, tempo: 120, valence: 0.5 };
  const id = "0123456789abcdefABCDEF";
  const artists = [{ id, name: "Somebody" }];
  const album = { id, album_type: "single", release_date: "2024-05-17", release_date_precision: "day" };
  const song = { id, name: "A Song (Live) [2011 Remaster]", type: "track", is_local: false, artists, album, popularity: 42, duration_ms: 201_000, explicit: false, external_ids: { isrc: "QZ-ES2-24-12345" }, preview_url: null };
  for (const [name, answer] of Object.entries({
    "spotify-tracks": { tracks: [song, null] },
    "spotify-playlist": { items: [{ added_at: "2024-05-17T00:00:00Z", track: song }], next: null, total: 1 },
    "spotify-artists": { artists: [{ id, name: "Somebody", popularity: 50, followers: { href: null, total: 1234 }, genres: ["indie pop"] }] },
    "spotify-albums": { albums: [album] },
    "spotify-features": { audio_features: [{ id, ...features, key: -1, tempo: 0 }, null] },
    "deezer-track": { id: 123_456, title: "A Song", isrc: "QZES22412345", rank: 543_210, duration: 201, explicit_lyrics: false, release_date: "0000-00-00", preview: "https://example.org/1.mp3", artist: { name: "Somebody" }, album: { release_date: "2024-05-17" } },
    "deezer-search": { data: [{ id: "7", title: "A Song", artist: { name: "Somebody" } }], total: 1 },
    "deezer-error": { error: { type: "Exception", message: "Quota limit exceeded", code: 4 } },
    "reccobeats": { content: [{ id: "a-b-c", href: `https://open.spotify.com/track/${id}`, isrc: "QZES22412345", ...features }] },
    "archive": { name: "New Music Friday", original_name: "Friday", tracks: [{ url: `https://open.spotify.com/track/${id}`, name: "A Song", artists: [{ name: "Somebody", url: "" }], duration_ms: 201_000, added_at: "2024-05-17" }, null] },
  })) {
    await keep("answers", `${name}.json`, JSON.stringify(answer));
  }
}

await rm(SEEDS, { recursive: true, force: true });
await Promise.all([files(), samples(), graphs(), contexts(), answers()]);

// The forecast of a song, in Node. Node has no decoder, so that ffmpeg decodes here; any other that
// gives samples does.
//
//   node predict.js song.mp3

import { execFileSync } from "node:child_process";
import { Foretune } from "foretune";

const [file] = process.argv.slice(2);
const probed = execFileSync("ffprobe", ["-v", "error", "-select_streams", "a:0", "-show_streams", "-of", "json", file]);
const { channels: count, sample_rate } = JSON.parse(probed).streams[0];
const pcm = execFileSync("ffmpeg", ["-v", "error", "-i", file, "-f", "f32le", "-"], { maxBuffer: 2 ** 30 });
const interleaved = new Float32Array(pcm.buffer, pcm.byteOffset, pcm.length / 4);
const channels = Array.from({ length: count }, (_, channel) =>
  Float32Array.from({ length: interleaved.length / count }, (_, frame) => interleaved[frame * count + channel]),
);

const foretune = await Foretune.load();
try {
  const { spectrogram, waveform, ...result } = await foretune.predict({ channels, sampleRate: Number(sample_rate) });
  console.log(JSON.stringify(result));
} finally {
  foretune.dispose();
}

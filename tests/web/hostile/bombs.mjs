// Files made by hand: headers that promise more than any machine has, and small ones that unpack to
// days of sound.

import { gzipSync } from "node:zlib";

import { silentMp3, tune, wav } from "../songs.mjs";
import { withOggChecksums } from "./fields.mjs";
import { randomOf } from "./random.mjs";

const u16be = (value) => Buffer.from([value >> 8, value & 0xff]);
const u32be = (value) => Buffer.from([value >>> 24, (value >>> 16) & 0xff, (value >>> 8) & 0xff, value & 0xff]);
const u32le = (value) => u32be(value).reverse();

function chunk(id, content, size = content.length) {
  return Buffer.concat([Buffer.from(id), u32le(size), content]);
}

/** A WAV whose header says what it likes; `format` 3 is of 32-bit floats. */
function wavSaying({ format = 1, channels = 2, rate = 44_100, bits = 16, align = (channels * bits) / 8, dataSize, data }) {
  const fmt = Buffer.alloc(16);
  fmt.writeUInt16LE(format, 0);
  fmt.writeUInt16LE(channels, 2);
  fmt.writeUInt32LE(rate, 4);
  fmt.writeUInt32LE((rate * align) >>> 0, 8);
  fmt.writeUInt16LE(align & 0xffff, 12);
  fmt.writeUInt16LE(bits, 14);
  return chunk("RIFF", Buffer.concat([Buffer.from("WAVE"), chunk("fmt ", fmt), chunk("data", data, dataSize)]));
}

function floats(count, value) {
  return Buffer.from(Float32Array.from({ length: count }, value).buffer);
}

function nested(id, depth, innermost = Buffer.alloc(0)) {
  let size = innermost.length;
  const headers = [];
  for (let level = 0; level < depth; level++) {
    size += 8;
    headers.unshift(Buffer.concat([u32be(size), Buffer.from(id)]));
  }
  return Buffer.concat([...headers, innermost]);
}

function crc(bytes, polynomial, width) {
  const top = 1 << (width - 1);
  let value = 0;
  for (const byte of bytes) {
    value ^= byte << (width - 8);
    for (let bit = 0; bit < 8; bit++) value = value & top ? (value << 1) ^ polynomial : value << 1;
    value &= (1 << width) - 1;
  }
  return value;
}

/** FLAC frames of one value each: 21 bytes unpack to 65,536 samples of every channel. */
function flacBomb({ frames, channels, totalSamples }) {
  const info = Buffer.alloc(34);
  info.writeUInt16BE(65_535, 0);
  info.writeUInt16BE(65_535, 2);
  const packed = (44_100n << 44n) | (BigInt(channels - 1) << 41n) | (15n << 36n) | BigInt(totalSamples);
  info.writeBigUInt64BE(packed, 10);
  const parts = [Buffer.from("fLaC"), Buffer.from([0x80, 0, 0, 34]), info];
  for (let frame = 0; frame < frames; frame++) {
    const number = frame < 0x80 ? [frame] : frame < 0x800 ? [0xc0 | (frame >> 6), 0x80 | (frame & 0x3f)] : [0xe0 | (frame >> 12), 0x80 | ((frame >> 6) & 0x3f), 0x80 | (frame & 0x3f)];
    const header = Buffer.from([0xff, 0xf8, 0x70, (channels - 1) << 4, ...number, ...u16be(65_534)]);
    const subframes = Buffer.concat(Array.from({ length: channels }, () => Buffer.from([0x00, ...u16be(frame % 2 ? 0x2000 : 0xe000)])));
    const body = Buffer.concat([header, Buffer.from([crc(header, 0x07, 8)]), subframes]);
    parts.push(body, u16be(crc(body, 0x8005, 16)));
  }
  return Buffer.concat(parts);
}

function oggPage({ type = 0, granule = 0n, sequence, segments, data }) {
  const header = Buffer.alloc(27);
  header.write("OggS");
  header[5] = type;
  header.writeBigUInt64LE(granule, 6);
  header.writeUInt32LE(1, 14);
  header.writeUInt32LE(sequence, 18);
  header[26] = segments.length;
  return Buffer.concat([header, Buffer.from(segments), data]);
}

/** Opus packets of two bytes, each 120 ms of concealment: 537 bytes a page unpack to half a minute. */
function opusBomb({ pages, granulePerPage }) {
  const head = Buffer.concat([Buffer.from("OpusHead"), Buffer.from([1, 2, 0, 0]), u32le(48_000), Buffer.from([0, 0, 0])]);
  const tags = Buffer.concat([Buffer.from("OpusTags"), u32le(0), u32le(0)]);
  const parts = [
    oggPage({ type: 2, sequence: 0, segments: [head.length], data: head }),
    oggPage({ sequence: 1, segments: [tags.length], data: tags }),
  ];
  // Configuration 3 is SILK of 60 ms; code 3 says that a count follows: two.
  const data = Buffer.concat(Array(255).fill(Buffer.from([(3 << 3) | 4 | 3, 2])));
  for (let page = 0; page < pages; page++) {
    parts.push(oggPage({ granule: BigInt(granulePerPage) * BigInt(page + 1), sequence: page + 2, segments: Array(255).fill(2), data }));
  }
  return withOggChecksums(Buffer.concat(parts));
}

/** An MP3 of three hours whose first frame says that it has a hundred frames. */
function mp3Lying(seconds) {
  const bytes = silentMp3(seconds);
  // In a frame without sound the header of the count follows 9 bytes of side information.
  bytes.write("Xing", 4 + 9);
  bytes.writeUInt32BE(3, 4 + 9 + 4);
  bytes.writeUInt32BE(100, 4 + 9 + 8);
  bytes.writeUInt32BE(7_200, 4 + 9 + 12);
  return bytes;
}

function id3(size, content = Buffer.alloc(0)) {
  const syncsafe = [21, 14, 7, 0].map((shift) => (size >> shift) & 0x7f);
  return Buffer.concat([Buffer.from("ID3\x04\0\0"), Buffer.from(syncsafe), content]);
}

function aiffSaying({ channels = 2, frames = 100, bits = 16, rate }) {
  const comm = Buffer.concat([u16be(channels), u32be(frames), u16be(bits), rate]);
  const parts = [Buffer.from("COMM"), u32be(comm.length), comm, Buffer.from("SSND"), u32be(0xffffffff), Buffer.alloc(8), Buffer.alloc(4_000, 7)];
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from("FORM"), u32be(content.length + 4), Buffer.from("AIFF"), content]);
}

/** `seeds`: whole files by container. @returns {[name: string, content: Buffer][]} */
export function bombs(seeds) {
  const sound = floats(4 * 88_200, (_, index) => 0.3 * Math.sin(index / 20));
  const spoilt = (value) => wavSaying({ format: 3, bits: 32, data: floats(4 * 88_200, (_, index) => (index === 100_000 ? value : 0.3 * Math.sin(index / 20))) });
  const samples = Buffer.alloc(705_600, 0x21);
  const mp4Head = seeds.m4a.subarray(0, seeds.m4a.readUInt32BE(0));
  const vorbis = Buffer.from(seeds.ogg);
  const setup = vorbis.indexOf("\x05vorbis");
  vorbis.writeUInt16LE(0xffff, setup + 11);
  vorbis.writeUIntLE(0xffffff, setup + 13, 3);
  const ebml = seeds.webm.subarray(0, seeds.webm.indexOf(Buffer.from("18538067", "hex")));
  const segments = (depth) => Buffer.concat([ebml, Buffer.concat(Array(depth).fill(Buffer.from("1853806701ffffffffffffff", "hex")))]);
  const rateOf = (float) => {
    const changed = Buffer.from(seeds.webm);
    const at = changed.indexOf(Buffer.from("b588", "hex"));
    if (at !== -1) changed.writeDoubleBE(float, at + 2);
    return changed;
  };
  return [
    ["wav-of-65535-channels.wav", wavSaying({ channels: 65_535, data: samples })],
    ["wav-of-9-channels.wav", wavSaying({ channels: 9, data: samples })],
    ["wav-of-no-channels.wav", wavSaying({ channels: 0, align: 4, data: samples })],
    ["wav-at-0-hertz.wav", wavSaying({ rate: 0, data: samples })],
    ["wav-at-1-hertz.wav", wavSaying({ rate: 1, data: samples })],
    ["wav-at-4-gigahertz.wav", wavSaying({ rate: 0xffffffff, data: samples })],
    ["wav-of-0-bits.wav", wavSaying({ bits: 0, align: 4, data: samples })],
    ["wav-of-65535-bits.wav", wavSaying({ bits: 65_535, align: 4, data: samples })],
    ["wav-of-blocks-of-0.wav", wavSaying({ align: 0, data: samples })],
    ["wav-of-4-gigabytes.wav", wavSaying({ dataSize: 0xffffffff, data: samples })],
    ["wav-without-data.wav", wavSaying({ data: Buffer.alloc(0) })],
    ["wav-of-8-channels-at-192-kilohertz.wav", wavSaying({ format: 3, channels: 8, rate: 192_000, bits: 32, dataSize: 0xfffffff0, data: sound })],
    ["wav-in-chunks.wav", chunk("RIFF", Buffer.concat([Buffer.from("WAVE"), ...Array(50_000).fill(chunk("LIST", Buffer.alloc(0)))]))],
    ["wav-with-nan.wav", spoilt(NaN)],
    ["wav-with-infinity.wav", spoilt(Infinity)],
    ["wav-with-1e38.wav", spoilt(1e38)],
    ["wav-of-denormals.wav", wavSaying({ format: 3, bits: 32, data: floats(4 * 88_200, () => 1e-40) })],
    ["wav-of-1e38.wav", wavSaying({ format: 3, bits: 32, data: floats(4 * 88_200, (_, index) => (index % 2 ? 3e38 : -3e38)) })],
    ["wav-of-noise-at-8-hertz.wav", wav([tune(4, 8_000).map(() => 0.5)], 8_000)],
    ["flac-of-a-day.flac", flacBomb({ frames: 60_000, channels: 2, totalSamples: 0 })],
    ["flac-of-a-day-saying-4-seconds.flac", flacBomb({ frames: 60_000, channels: 2, totalSamples: 176_400 })],
    ["flac-of-8-channels-saying-4-seconds.flac", flacBomb({ frames: 20_000, channels: 8, totalSamples: 176_400 })],
    ["flac-saying-years.flac", flacBomb({ frames: 4, channels: 2, totalSamples: 2 ** 36 - 1 })],
    ["opus-of-days.opus", opusBomb({ pages: 6_000, granulePerPage: 1_468_800 })],
    ["opus-of-days-saying-4-seconds.opus", opusBomb({ pages: 6_000, granulePerPage: 32 })],
    ["opus-saying-centuries.opus", opusBomb({ pages: 4, granulePerPage: 2 ** 52 })],
    ["mp3-of-three-hours.mp3", silentMp3(3 * 3_600)],
    ["mp3-of-three-hours-saying-7-seconds.mp3", mp3Lying(3 * 3_600)],
    ["mp4-of-50000-boxes.m4a", Buffer.concat([mp4Head, nested("moov", 50_000)])],
    ["mp4-of-deep-tracks.m4a", Buffer.concat([mp4Head, nested("trak", 20_000)])],
    ["mp4-of-2-to-the-63.m4a", Buffer.concat([mp4Head, u32be(1), Buffer.from("moov"), Buffer.from("7fffffffffffffff", "hex")])],
    ["mp4-to-the-end.m4a", Buffer.concat([mp4Head, u32be(0), Buffer.from("moov"), Buffer.alloc(10_000)])],
    ["tag-of-256-megabytes.mp3", id3(0x0fffffff, seeds.mp3)],
    ["tags-of-tags.mp3", Buffer.concat([...Array(20_000).fill(id3(0)), seeds.mp3])],
    ["ogg-of-empty-pages.ogg", withOggChecksums(Buffer.concat(Array.from({ length: 40_000 }, (_, sequence) => oggPage({ type: sequence ? 0 : 2, sequence, segments: [], data: Buffer.alloc(0) }))))],
    ["ogg-of-beginnings.ogg", withOggChecksums(Buffer.concat(Array.from({ length: 20_000 }, (_, sequence) => oggPage({ type: 2, sequence, segments: [1], data: Buffer.from([1]) }))))],
    ["vorbis-of-huge-codebooks.ogg", withOggChecksums(vorbis)],
    ["webm-of-segments.webm", segments(50_000)],
    ["webm-of-2-to-the-56.webm", Buffer.concat([ebml, Buffer.from("1853806701fffffffffffffeec01fffffffffffffe", "hex")])],
    ["webm-at-nan-hertz.webm", rateOf(NaN)],
    ["webm-at-infinite-hertz.webm", rateOf(Infinity)],
    ["webm-at-negative-hertz.webm", rateOf(-48_000)],
    ["aiff-at-infinite-hertz.aiff", aiffSaying({ rate: Buffer.from("7fff8000000000000000", "hex") })],
    ["aiff-at-nan-hertz.aiff", aiffSaying({ rate: Buffer.from("7fffc000000000000000", "hex") })],
    ["aiff-at-negative-hertz.aiff", aiffSaying({ rate: Buffer.from("c00eac44000000000000", "hex") })],
    ["aiff-of-32767-channels.aiff", aiffSaying({ channels: 0x7fff, frames: 0xffffffff, rate: Buffer.from("400eac44000000000000", "hex") })],
    ["nothing.mp3", Buffer.alloc(0)],
    ["one-byte.flac", Buffer.from([0x66])],
    ["zeros.wav", Buffer.alloc(1_000_000)],
    ["ones.m4a", Buffer.alloc(1_000_000, 0xff)],
    ["noise.mp3", randomOf("noise").bytes(200_000)],
    ["noise.ogg", Buffer.concat([Buffer.from("OggS"), randomOf("ogg noise").bytes(100_000)])],
    ["text.mp3", Buffer.from("Dear diary, today I made a song.\n".repeat(1_000))],
    ["page.wav", Buffer.from("<!doctype html><script>alert(1)</script>")],
    ["packed.mp3", gzipSync(Buffer.alloc(50_000_000))],
    ["picture.m4a", Buffer.from("89504e470d0a1a0a0000000d49484452ffffffffffffffff0806000000", "hex")],
    ["notes.mp3", Buffer.concat([Buffer.from("MThd"), u32be(6), u16be(1), u16be(65_535), u16be(96), Buffer.from("MTrk"), u32be(0xffffffff)])],
    ["list.mp3", Buffer.from("#EXTM3U\nhttp://127.0.0.1:1/secret.mp3\n")],
    ["feed.aac", Buffer.from("RIFF\xff\xff\xff\xffAVI LIST\xff\xff\xff\xff", "latin1")],
  ];
}

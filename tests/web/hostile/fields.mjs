// Where the containers keep lengths, counts, rates and channels: the fields a hostile file lies in.
// Each is `{at, size, little}`: an offset in bytes, a width in bytes, and the order of its bytes.

const little = (at, size) => ({ at, size, little: true });
const big = (at, size) => ({ at, size, little: false });

/** Every offset at which `text` stands in `bytes`. */
function places(bytes, text) {
  const found = [];
  for (let at = bytes.indexOf(text); at !== -1; at = bytes.indexOf(text, at + 1)) found.push(at);
  return found;
}

const BOXES = ["ftyp", "moov", "mvhd", "trak", "tkhd", "edts", "elst", "mdia", "mdhd", "minf", "stbl", "stsd", "stts", "stsc", "stsz", "stco", "mdat", "esds", "alac"];

function mp4(bytes) {
  return BOXES.flatMap((type) =>
    places(bytes, type).flatMap((at) => [
      big(at - 4, 4),
      // A count, or where there is none, something else that is read.
      big(at + 8, 4),
      big(at + 12, 4),
    ]),
  );
}

function ogg(bytes) {
  const pages = places(bytes, "OggS");
  const some = pages.filter((_, index) => index < 3 || index === pages.length - 1);
  return [
    ...some.flatMap((at) => [little(at + 4, 1), little(at + 5, 1), little(at + 6, 8), little(at + 14, 4), little(at + 18, 4), little(at + 26, 1), little(at + 27, 1)]),
    // Identification headers: version, channels, rates, block sizes; pre-skip, mapping.
    ...places(bytes, "\x01vorbis").flatMap((at) => [little(at + 7, 4), little(at + 11, 1), little(at + 12, 4), little(at + 28, 1)]),
    ...places(bytes, "OpusHead").flatMap((at) => [little(at + 8, 1), little(at + 9, 1), little(at + 10, 2), little(at + 12, 4), little(at + 16, 2), little(at + 18, 1)]),
    ...places(bytes, "\x05vorbis").flatMap((at) => [little(at + 7, 1), little(at + 11, 2), little(at + 13, 3)]),
    ...["\x03vorbis", "OpusTags"].flatMap((text) => places(bytes, text).flatMap((at) => [little(at + text.length, 4)])),
  ];
}

const EBML_IDS = ["1a45dfa3", "18538067", "114d9b74", "1549a966", "1654ae6b", "ae", "e1", "b5", "9f", "63a2", "1f43b675", "e7", "a3", "2ad7b1", "4489", "56aa"];

/** Sizes follow the ids; only ids of two bytes and more are told from data. */
function webm(bytes) {
  return EBML_IDS.filter((id) => id.length > 2).flatMap((id) =>
    places(bytes, Buffer.from(id, "hex"))
      .slice(0, 3)
      .flatMap((at) => [big(at + id.length / 2, 1), big(at + id.length / 2, 8), big(at + id.length / 2 + 1, 4)]),
  );
}

/** @returns {{at: number, size: number, little: boolean}[]} */
export function fieldsOf(container, bytes) {
  const at = (text, offset = 0) => {
    const found = bytes.indexOf(text);
    return found === -1 ? 0 : found + offset;
  };
  const fields = {
    wav: () => [little(4, 4), little(16, 4), little(20, 2), little(22, 2), little(24, 4), little(28, 4), little(32, 2), little(34, 2), little(at("data", 4), 4)],
    aiff: () => [big(4, 4), big(at("COMM", 4), 4), big(at("COMM", 8), 2), big(at("COMM", 10), 4), big(at("COMM", 14), 2), big(at("COMM", 16), 2), big(at("COMM", 18), 8), big(at("SSND", 4), 4), big(at("SSND", 8), 4), big(at("SSND", 12), 4)],
    mp3: () => {
      const frame = at("Info") || at("Xing");
      return [big(6, 4), big(14, 4), big(5, 1), big(frame + 4, 4), big(frame + 8, 4), big(frame + 12, 4), big(frame - 36, 4), big(bytes.length >> 1, 4)];
    },
    aac: () => [big(1, 1), big(2, 1), big(3, 3), big(3, 1), big(5, 2)],
    flac: () => [big(4, 1), big(5, 3), big(8, 2), big(10, 2), big(12, 3), big(15, 3), big(18, 3), big(20, 2), big(21, 5), big(42, 1), big(43, 3), little(46, 4)],
    m4a: () => mp4(bytes),
    alac: () => mp4(bytes),
    ogg: () => ogg(bytes),
    opus: () => ogg(bytes),
    webm: () => webm(bytes),
  }[container]();
  return fields.filter(({ at: offset, size }) => offset >= 0 && offset + size <= bytes.length);
}

/** `bytes` with `value` (a BigInt, cut to the field's width) written into a field. */
export function withField(bytes, { at, size, little: isLittle }, value) {
  const changed = Buffer.from(bytes);
  let rest = BigInt.asUintN(size * 8, value);
  for (let index = 0; index < size; index++) {
    changed[isLittle ? at + index : at + size - 1 - index] = Number(rest & 0xffn);
    rest >>= 8n;
  }
  return changed;
}

export function fieldValue(bytes, { at, size, little: isLittle }) {
  const part = [...bytes.subarray(at, at + size)];
  return (isLittle ? part.reverse() : part).reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

/** Ogg pages carry a checksum; without signing them again no decoder would look into a changed one. */
export function withOggChecksums(bytes) {
  const signed = Buffer.from(bytes);
  for (const at of places(signed, "OggS")) {
    if (at + 27 > signed.length) break;
    const segments = signed[at + 26];
    const sizes = signed.subarray(at + 27, at + 27 + segments);
    const end = at + 27 + segments + sizes.reduce((sum, size) => sum + size, 0);
    if (end > signed.length) continue;
    signed.writeUInt32LE(0, at + 22);
    signed.writeUInt32LE(oggCrc(signed.subarray(at, end)), at + 22);
  }
  return signed;
}

const OGG_TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let value = byte << 24;
  for (let bit = 0; bit < 8; bit++) value = value & 0x80000000 ? (value << 1) ^ 0x04c11db7 : value << 1;
  return value >>> 0;
});

function oggCrc(bytes) {
  let crc = 0;
  for (const byte of bytes) crc = ((crc << 8) ^ OGG_TABLE[((crc >>> 24) ^ byte) & 0xff]) >>> 0;
  return crc;
}

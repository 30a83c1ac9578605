/**
 * CRC-32 as in gzip and PNG (ISO 3309): finds every change of up to 32 bits in a row, eight bytes a turn through eight
 * tables ("slicing by eight", Kounavis and Berry, 2008).
 */

const tables = /* @__PURE__ */ makeTables();

function makeTables(): Int32Array {
  const table = new Int32Array(8 * 256);
  for (let byte = 0; byte < 256; byte++) {
    let crc = byte;
    for (let bit = 0; bit < 8; bit++) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
    table[byte] = crc;
  }
  for (let i = 256; i < table.length; i++) {
    const crc = table[i - 256]!;
    table[i] = (crc >>> 8) ^ table[crc & 255]!;
  }
  return table;
}

/** The checksum of `bytes`, from 0 to 2³² − 1. */
export function crc32(bytes: Uint8Array): number {
  let crc = -1;
  let i = 0;
  // whole words from the first aligned byte on
  const words = (bytes.byteOffset & 3) === 0 ? bytes.length >>> 2 : 0;
  const view = new Int32Array(bytes.buffer, words && bytes.byteOffset, words);
  for (let w = 0; w + 1 < words; w += 2) {
    const a = view[w]! ^ crc;
    const b = view[w + 1]!;
    crc =
      tables[1792 + (a & 255)]! ^
      tables[1536 + ((a >>> 8) & 255)]! ^
      tables[1280 + ((a >>> 16) & 255)]! ^
      tables[1024 + (a >>> 24)]! ^
      tables[768 + (b & 255)]! ^
      tables[512 + ((b >>> 8) & 255)]! ^
      tables[256 + ((b >>> 16) & 255)]! ^
      tables[b >>> 24]!;
  }
  for (i = (words & ~1) * 4; i < bytes.length; i++) crc = (crc >>> 8) ^ tables[(crc ^ bytes[i]!) & 255]!;
  return ~crc >>> 0;
}

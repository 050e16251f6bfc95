import { crc32, inflateRawSync } from 'node:zlib';

/** Why a workbook is not read. Its message holds nothing of the workbook. */
export class WorkbookFault extends Error {
  override readonly name = 'WorkbookFault';
}

const END_OF_DIRECTORY = Buffer.from('PK\x05\x06', 'latin1');
const END_LENGTH = 22;
const DIRECTORY_ENTRY = 0x02014b50;
const ENTRY_LENGTH = 46;
const LOCAL_ENTRY = 0x04034b50;
const LOCAL_LENGTH = 30;
const STORED = 0;
const DEFLATED = 8;

/**
 * Writes an archive (ZIP) anew, from what its directory names and with nothing packed, one part after the other. Readers
 * of archives believe what stands beside each part, pass over the directory, and unpack without bound; of this one they
 * find what was checked.
 *
 * @param most bytes that all parts may unpack to together
 * @param judge throws for a part that may not be read
 * @throws WorkbookFault for one that is cut, that holds more than it says, or more than that
 */
export function* repacked(archive: Buffer, most: number, judge: (part: Uint8Array) => void): Generator<Buffer> {
  const directory: Buffer[] = [];
  let left = most;
  let offset = 0;
  for (const entry of entriesOf(archive)) {
    const { name, size } = entry;
    if (size > left) throw new WorkbookFault(`the workbook unpacks to more than ${most} bytes`);
    left -= size;
    const bytes = unpacked(archive, entry);
    judge(bytes);
    const head = localHead(name, bytes);
    directory.push(directoryEntry(head, offset), name);
    offset += head.length + name.length + bytes.length;
    yield Buffer.concat([head, name]);
    yield bytes;
  }
  yield closing(directory, offset);
}

interface Entry {
  readonly name: Buffer;
  readonly method: number;
  readonly packedSize: number;
  readonly size: number;
  /** Of its local header. */
  readonly at: number;
}

function* entriesOf(archive: Buffer): Generator<Entry> {
  const end = archive.lastIndexOf(END_OF_DIRECTORY);
  if (end < 0 || end + END_LENGTH > archive.length) throw new WorkbookFault('the file is no whole workbook');
  let at = archive.readUInt32LE(end + 16);
  while (at + ENTRY_LENGTH <= end && archive.readUInt32LE(at) === DIRECTORY_ENTRY) {
    const nameEnd = at + ENTRY_LENGTH + archive.readUInt16LE(at + 28);
    yield {
      name: archive.subarray(at + ENTRY_LENGTH, nameEnd),
      method: archive.readUInt16LE(at + 10),
      packedSize: archive.readUInt32LE(at + 20),
      size: archive.readUInt32LE(at + 24),
      at: archive.readUInt32LE(at + 42),
    };
    at = nameEnd + archive.readUInt16LE(at + 30) + archive.readUInt16LE(at + 32);
  }
}

function unpacked(archive: Buffer, { method, packedSize, size, at }: Entry): Buffer {
  if (at + LOCAL_LENGTH > archive.length || archive.readUInt32LE(at) !== LOCAL_ENTRY) {
    throw new WorkbookFault('the directory of the workbook names a part that is not there');
  }
  const start = at + LOCAL_LENGTH + archive.readUInt16LE(at + 26) + archive.readUInt16LE(at + 28);
  const bytes = archive.subarray(start, start + packedSize);
  if (method === STORED && bytes.length === size) return bytes;
  if (method !== DEFLATED) throw new WorkbookFault('a part of the workbook is packed in a way that is not read');
  try {
    // A byte more than it says is enough to know that it lies. Zero would be no limit at all.
    const whole = inflateRawSync(bytes, { maxOutputLength: size + 1 });
    if (whole.length === size) return whole;
  } catch {
    // Told below: zlib's own words are about its buffers.
  }
  throw new WorkbookFault('a part of the workbook unpacks to another size than it says');
}

function localHead(name: Buffer, bytes: Buffer): Buffer {
  const head = Buffer.alloc(LOCAL_LENGTH);
  head.writeUInt32LE(LOCAL_ENTRY, 0);
  head.writeUInt16LE(20, 4);
  head.writeUInt32LE(crc32(bytes), 14);
  head.writeUInt32LE(bytes.length, 18);
  head.writeUInt32LE(bytes.length, 22);
  head.writeUInt16LE(name.length, 26);
  return head;
}

function directoryEntry(head: Buffer, offset: number): Buffer {
  const entry = Buffer.alloc(ENTRY_LENGTH);
  entry.writeUInt32LE(DIRECTORY_ENTRY, 0);
  entry.writeUInt16LE(20, 4);
  // From the version needed to the length of the name, both say the same.
  head.copy(entry, 6, 4, 28);
  entry.writeUInt32LE(offset, 42);
  return entry;
}

/** The directory, and the mark at the end of it. */
function closing(directory: readonly Buffer[], offset: number): Buffer {
  const list = Buffer.concat(directory);
  const end = Buffer.alloc(END_LENGTH);
  END_OF_DIRECTORY.copy(end);
  end.writeUInt16LE(directory.length / 2, 8);
  end.writeUInt16LE(directory.length / 2, 10);
  end.writeUInt32LE(list.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([list, end]);
}

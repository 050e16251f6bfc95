import { readFileSync, statSync } from 'node:fs';
import { basename } from 'node:path';
import { jsonFaultIn } from './json-fault.ts';

export interface JsonFile {
  readonly value: unknown;
  /** Without the byte order mark that some editors put before it. */
  readonly text: string;
}

/**
 * Reads a JSON file that a setting names.
 *
 * @throws an Error whose message begins with the file's name and repeats nothing of what stands in it
 */
export function readJsonFile(file: string, mostBytes: number): JsonFile {
  const text = textOf(bytesOf(file, mostBytes), file);
  try {
    return { value: JSON.parse(text), text };
  } catch {
    throw new Error(`${basename(file)} is no JSON: ${jsonFaultIn(text)}`);
  }
}

function bytesOf(file: string, mostBytes: number): Uint8Array {
  let size: number;
  try {
    ({ size } = statSync(file));
    if (size <= mostBytes) return readFileSync(file);
  } catch (error) {
    throw new Error(`${basename(file)} cannot be read: ${(error as NodeJS.ErrnoException).code}`);
  }
  throw new Error(`${basename(file)} has ${size} bytes, expected at most ${mostBytes}`);
}

function textOf(bytes: Uint8Array, file: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new Error(`${basename(file)} is not written in UTF-8`);
  }
}

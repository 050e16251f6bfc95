import { mkdir, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** An office whose software can only write all it has into a file, again and again. */
export interface ExportOffice {
  /** Where its files come. */
  readonly directory: string;
  /** What it holds now, by code. */
  dossiers(): ReadonlyMap<string, ExportedDossier>;
  add(dossier: ExportedDossier): void;
  /** @param at UTC milliseconds */
  move(code: string, status: string, at: number): void;
  remove(code: string): void;
  /** People work on, and no file is written until the answer is called. */
  holdBack(): () => void;
  /** Puts a file there under the next name, whole at once. @returns its name */
  drop(bytes: Uint8Array): Promise<string>;
  /** The name of the next file, for whoever writes it himself. */
  nextName(): string;
  close(): Promise<void>;
}

export interface ExportedDossier {
  readonly code: string;
  readonly procedure: string;
  /** Its number in the register, which a spreadsheet or a careless reader would rob of its zeros: 00012. */
  readonly number: string;
  /** MATRANGTHAI of the land office. */
  readonly status: string;
  /** UTC milliseconds. */
  readonly statusAt: number;
  /** As they are written. */
  readonly receivedAt: string;
  readonly dueAt: string;
  readonly finishedAt: string;
  readonly steps: readonly { readonly at: number; readonly status: string }[];
}

const COLUMNS = 'Mã hồ sơ;Thủ tục;Số vào sổ;Trạng thái;Cập nhật;Tiếp nhận;Hẹn trả;Kết thúc;Quá trình';
const ENDED = '70';
/** Between two files while people work. */
const EVERY_MS = 1_000;
/** Files that are left lying; somebody clears the folder now and then. */
const MOST_FILES = 40;

/** A dossier as one line of a file, without its end. */
export function lineOf(dossier: ExportedDossier): string {
  const { code, procedure, number, status, statusAt, receivedAt, dueAt, finishedAt, steps } = dossier;
  const course = steps.map((step) => `${written(step.at)} ${step.status}`).join('|');
  return [code, procedure, number, status, written(statusAt), receivedAt, dueAt, finishedAt, course].join(';');
}

/** The lines of a file as a Windows program ends them, the names of the columns first. */
export function listOf(lines: readonly string[]): string {
  return [COLUMNS, ...lines, ''].join('\r\n');
}

export async function openExportOffice(directory: string): Promise<ExportOffice> {
  const aside = `${directory}.aside`;
  for (const folder of [directory, aside]) await mkdir(folder, { recursive: true });
  const held = new Map<string, ExportedDossier>();
  let count = 0;
  let holds = 0;
  let isChanged = true;
  let writing = Promise.resolve();

  const nextName = () => {
    count += 1;
    return `ho-so-${String(count).padStart(8, '0')}.csv`;
  };
  const drop: ExportOffice['drop'] = async (bytes) => {
    const name = nextName();
    await writeFile(join(aside, name), bytes);
    await rename(join(aside, name), join(directory, name));
    return name;
  };
  const clear = async (): Promise<void> => {
    const names = (await readdir(directory)).sort();
    for (const name of names.slice(0, Math.max(0, names.length - MOST_FILES))) await rm(join(directory, name));
  };
  const write = async (): Promise<void> => {
    if (!isChanged || holds > 0) return;
    isChanged = false;
    await drop(Buffer.from(listOf([...held.values()].map(lineOf))));
    await clear();
  };
  const timer = setInterval(() => {
    writing = writing.then(write).catch(() => {
      isChanged = true;
    });
  }, EVERY_MS);
  const change = (dossier: ExportedDossier) => {
    held.set(dossier.code, dossier);
    isChanged = true;
  };

  return {
    directory,
    dossiers: () => held,
    add: change,
    move(code, status, at) {
      const before = held.get(code);
      if (before === undefined) return;
      const finishedAt = status === ENDED ? written(at) : before.finishedAt;
      change({ ...before, status, statusAt: at, finishedAt, steps: [...before.steps, { at, status }] });
    },
    remove(code) {
      isChanged = held.delete(code) || isChanged;
    },
    holdBack() {
      holds += 1;
      let isOver = false;
      return () => {
        if (!isOver) holds -= 1;
        isOver = true;
        // Whatever lies there last was not its own.
        isChanged = true;
      };
    },
    drop,
    nextName,
    async close() {
      clearInterval(timer);
      await writing;
    },
  };
}

/** '2026-10-08 01:12:44', in UTC and without saying so. */
function written(at: number): string {
  return new Date(at).toISOString().slice(0, 19).replace('T', ' ');
}

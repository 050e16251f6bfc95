import { globSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { readSettings, SettingsFault } from '../core/setting.ts';
import { documentId } from '../gateway/limits/registered.ts';
import { gatewaySettings } from '../gateway/settings.ts';
import { schemaOfText } from '../resolvers/schema.ts';
import type { Command } from './own-commands.ts';
import { faultsOf } from './registered-operations.ts';
import { findSectors, sdlOf } from './sectors.ts';
import { unwritable } from './unwritable.ts';

const USAGE = 'operations register DIR --to FILE: expected a folder with *.graphql files, and where to write them down';

/**
 * `node cli.ts operations register DIR --to FILE`: every document of a folder, held against the schema, by the id under
 * which it can be asked for.
 */
export const runOperationsCommand: Command = async ({ args, root, environment, tell }) => {
  const { action, folder, file } = readArguments(args);
  if (action !== 'register' || folder === undefined || file === undefined) throw new SettingsFault([USAGE]);
  const faults: string[] = [];
  const settings = readSettings(gatewaySettings, environment, faults);
  const { SECTORS_DIR } = environment;
  const sectors = await findSectors([join(root, 'sectors'), ...(SECTORS_DIR ? [resolve(SECTORS_DIR)] : [])], faults);
  if (faults.length > 0) throw new SettingsFault(faults);
  const schema = schemaOfText(sdlOf(sectors).map(({ sdl }) => sdl));
  const names = documentsIn(folder);
  const texts = names.map((name) => ({ name, text: readFileSync(join(folder, name), 'utf8') }));
  const wrong = texts.flatMap(({ name, text }) => faultsOf(text, schema, settings).map((fault) => `${name}: ${fault}`));
  if (wrong.length > 0) throw new SettingsFault(wrong);
  const operations = Object.fromEntries(texts.map(({ text }) => [documentId(text), text]));
  try {
    writeFileSync(file, `${JSON.stringify(operations, null, 2)}\n`);
  } catch (error) {
    throw unwritable('operations register: --to', file, error);
  }
  for (const { name, text } of texts) tell(`${documentId(text)}  ${name}`);
  return 0;
};

/** @throws SettingsFault where there are none */
function documentsIn(folder: string): readonly string[] {
  const none = (why: string) =>
    new SettingsFault([`operations register: ${folder}: expected a folder with *.graphql files; ${why}`]);
  try {
    // Of a folder that is not there or may not be read, the search below says nothing.
    readdirSync(folder);
  } catch (error) {
    const code = String((error as NodeJS.ErrnoException).code);
    throw none(NO_FOLDER[code] ?? `it cannot be read (${code})`);
  }
  const names = globSync('**/*.graphql', { cwd: folder }).sort();
  if (names.length === 0) throw none('no file in it, or in a folder of it, is called *.graphql');
  return names;
}

const NO_FOLDER: Readonly<Record<string, string>> = { ENOENT: 'there is no such folder', ENOTDIR: 'it is no folder' };

function readArguments(args: readonly string[]): { action?: string; folder?: string; file?: string } {
  try {
    const { positionals, values } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { to: { type: 'string' } },
    });
    const [action, folder, ...rest] = positionals;
    if (action === undefined || folder === undefined || values.to === undefined || rest.length > 0) return {};
    return { action, folder, file: values.to };
  } catch {
    return {};
  }
}

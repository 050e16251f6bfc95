import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildSchema } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSettings, SettingsFault } from '../../core/setting.ts';
import { documentId } from '../../gateway/limits/registered.ts';
import { gatewaySettings } from '../../gateway/settings.ts';
import { runOperationsCommand } from '../../hub/operations-command.ts';
import { readRegisteredOperations } from '../../hub/registered-operations.ts';

const root = join(import.meta.dirname, '..', '..');
const schema = buildSchema('type Query { hello: String deeper: Query }');
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lienthong-operations-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function read(content: string, settings: Readonly<Record<string, string>> = {}) {
  const file = join(folder, 'operations.json');
  await writeFile(file, content);
  return readRegisteredOperations(readSettings(gatewaySettings, { ...settings, OPERATIONS_FILE: file }, []), schema);
}

async function faultsOf(work: Promise<unknown>): Promise<readonly string[]> {
  const outcome = await work.catch((error: unknown) => error);
  if (outcome instanceof SettingsFault) return outcome.faults;
  throw new Error('There was no fault');
}

const entry = (text: string) => ({ [documentId(text)]: text });

describe('The file of registered operations', () => {
  it('is none where no setting names it', () => {
    expect(readRegisteredOperations(readSettings(gatewaySettings, {}, []), schema)).toBeNull();
  });

  it('gives every operation by the SHA-256 of its text', async () => {
    const registered = await read(JSON.stringify({ ...entry('{ hello }'), ...entry('query A { deeper { hello } }') }));
    expect([...(registered ?? [])]).toEqual([
      [documentId('{ hello }'), '{ hello }'],
      [documentId('query A { deeper { hello } }'), 'query A { deeper { hello } }'],
    ]);
    expect(documentId('{ hello }')).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  it('is refused with every fault at once, each with its id', async () => {
    const nested = '{ deeper { deeper { deeper { hello } } } }';
    const faults = await faultsOf(
      read(JSON.stringify({ 'sha256:00': '{ hello }', ...entry('{ nope }'), ...entry('{'), ...entry(nested) }), {
        MAX_DEPTH: '3',
      }),
    );
    expect(faults).toEqual([
      'OPERATIONS_FILE: sha256:00: the text beside it has another SHA-256; register it anew',
      `OPERATIONS_FILE: ${documentId('{ nope }')}: Cannot query field "nope" on type "Query".`,
      `OPERATIONS_FILE: ${documentId('{')}: Syntax Error: Expected Name, found <EOF>.`,
      `OPERATIONS_FILE: ${documentId(nested)}: The operation nests 4 fields deep where at most 3 are taken.`,
    ]);
  });

  it('may begin with a byte order mark', async () => {
    expect([...((await read(`\ufeff${JSON.stringify(entry('{ hello }'))}`)) ?? [])]).toHaveLength(1);
  });

  it('is told where it is no JSON, and nothing of what stands in it', async () => {
    expect(await faultsOf(read('{\n  "sha256:1": MC4CAQAwBQYDK2Vw }'))).toEqual([
      expect.stringMatching(/; operations\.json is no JSON: line 2, column 15: expected a value$/),
    ]);
  });

  it.each(['', '[]', '{}', 'null', '{"sha256:1": 1}'])('is refused where it is %j', async (content) => {
    expect(await faultsOf(read(content))).toEqual([expect.stringContaining('expected a JSON file of { "sha256:…"')]);
  });
});

describe('`operations register`', () => {
  const told: string[] = [];
  const run = (...args: string[]) =>
    runOperationsCommand({ args, root, environment: {}, tell: (text) => void told.push(text), warn: () => {} });

  it('writes down every document of a folder that fits the schema', async () => {
    const documents = join(folder, 'documents', 'below');
    await mkdir(documents, { recursive: true });
    const text = 'query Sectors { sectors { id title } }\n';
    await writeFile(join(documents, 'sectors.graphql'), text);
    const file = join(folder, 'written.json');
    expect(await run('register', join(folder, 'documents'), '--to', file)).toBe(0);
    expect(JSON.parse(await readFile(file, 'utf8'))).toEqual(entry(text));
    expect(told).toEqual([`${documentId(text)}  below/sectors.graphql`]);

    await writeFile(join(documents, 'wrong.graphql'), '{ nope }');
    expect(await faultsOf(run('register', join(folder, 'documents'), '--to', file))).toEqual([
      'below/wrong.graphql: Cannot query field "nope" on type "Query".',
    ]);
  });

  it('says in a sentence where it cannot write them down', async () => {
    const documents = join(folder, 'fitting');
    await mkdir(documents);
    await writeFile(join(documents, 'sectors.graphql'), '{ sectors { id } }');
    for (const [file, why] of [
      [join(folder, 'absent', 'operations.json'), 'its folder is not there'],
      [documents, 'it is a folder'],
      [join(documents, 'sectors.graphql', 'operations.json'), 'what stands before its name is no folder'],
    ] as const) {
      expect(await faultsOf(run('register', documents, '--to', file))).toEqual([
        `operations register: --to: ${file} cannot be written: ${why}`,
      ]);
    }
  });

  it('names the folder in which it finds none', async () => {
    const empty = join(folder, 'empty');
    await mkdir(empty);
    const file = join(folder, 'a-file');
    await writeFile(file, '');
    for (const [named, why] of [
      ['/nowhere', 'there is no such folder'],
      [file, 'it is no folder'],
      [empty, 'no file in it, or in a folder of it, is called *.graphql'],
    ] as const) {
      expect(await faultsOf(run('register', named, '--to', join(folder, 'none.json')))).toEqual([
        `operations register: ${named}: expected a folder with *.graphql files; ${why}`,
      ]);
    }
  });

  it.each([[[]], [['register']], [['register', 'a', 'b', '--to', 'c']], [['other', 'a', '--to', 'b']]])(
    'says what it expects where it is given %j',
    async (args) => {
      expect(await faultsOf(run(...args))).toEqual([expect.stringContaining('operations register DIR --to FILE')]);
    },
  );
});

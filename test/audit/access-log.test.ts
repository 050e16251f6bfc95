import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execute, parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Actor } from '../../core/access.ts';
import type { Sought } from '../../core/audit.ts';
import { HubError } from '../../core/errors.ts';
import type { OperationAccess } from '../../resolvers/access.ts';
import { createOperation } from '../../resolvers/operation.ts';
import { buildSchema } from '../../resolvers/schema.ts';
import { openHouse } from '../resolvers/small-house.ts';
import { ANYBODY, openAccess } from '../support/open-access.ts';
import { hashSubject, type OpenedLog, openLog, record } from './support.ts';

const HOA = '001085004213';
const OLD = '012345678';
const BINH = '001190000123';
const LAN = '001192000001';
const ENTERPRISE = '0100233488';
/** A system holds it, and nobody looked at it yet. */
const HELD = 'HS/2017-01';
const CITIZEN: Actor = { ...ANYBODY, id: 'citizen.hoa', role: 'citizen', personalNumber: HOA };
/** No system holds them any more. */
const GONE = ['HS/2016-77', 'hs/2016-78'];
/** An account with as many digits as a number has. */
const STAFF = 'nv-987654321';
const PAGE =
  'nodes { actor role unit { code title } purpose dossier visit operation relation fields systems outcome at id } pageInfo { hasNextPage hasPreviousPage endCursor }';

describe('The access log', () => {
  let folder: string;
  let opened: OpenedLog;
  const house = openHouse(
    [
      {
        sector: 'one',
        rank: 1,
        people: [
          { numbers: [HOA, OLD], name: 'Hoà' },
          { numbers: [BINH], name: 'Bình' },
          { numbers: [LAN], name: 'Lan' },
        ],
      },
    ],
    {
      pairs: [[HOA, OLD]],
    },
  );

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'lienthong-access-log-'));
    opened = await openLog(`sqlite://${folder}/audit.sqlite`, { delays: [{ role: 'auditor', days: 30 }] });
    const { log } = opened;
    await log.write(record([OLD], { request: '1' }));
    await log.write({
      ...record([], { request: '2', dossier: 'H41.59-261119-0001', visit: 'v-1' }),
      subjects: [{ number: HOA, relation: 'NAMED', dossier: null }],
    });
    await log.write(record([BINH], { request: '3', actor: 'commune.binh' }));
    await log.write(
      record([], {
        request: '4',
        role: 'auditor',
        actor: 'auditor.lan',
        sought: [{ what: 'ACCESSES', subject: hashSubject(HOA) }],
      }),
    );
    for (const dossier of GONE) await log.write(record([], { request: '5', actor: 'commune.binh', dossier }));
    await log.write({
      ...record([], { request: '6', actor: 'admin.quan', unit: null, dossier: null, visit: 'v-2' }),
      subjects: [{ number: LAN, relation: 'NAMED', dossier: 'H41.58.01-261119-0009' }],
    });
    await log.write(record([ENTERPRISE], { request: '7', actor: 'admin.quan' }));
    await log.write(record([], { request: '8', actor: STAFF }));
  });

  afterAll(async () => {
    await opened.close();
    await rm(folder, { recursive: true, force: true });
  });

  async function ask(query: string, given: Partial<OperationAccess> = {}, index = house.registry.index) {
    const registry = { ...house.registry, audit: opened.reader, index };
    const sought: Sought[] = [];
    const access = {
      ...openAccess(),
      sought(what: Sought) {
        sought.push(what);
        return () => sought.splice(sought.indexOf(what), 1);
      },
      ...given,
    } as OperationAccess;
    const answer = await execute({
      schema: buildSchema(registry, []),
      document: parse(query),
      contextValue: createOperation(registry, {
        caller: { actor: 'test', requestId: 'test' },
        access,
        signal: new AbortController().signal,
      }),
    });
    return {
      // biome-ignore lint/suspicious/noExplicitAny: answers are as varied as the questions
      data: answer.data as any,
      errors: (answer.errors ?? []).map(({ originalError }) => originalError as HubError),
      sought,
    };
  }

  it('shows an auditor who looked at a person under any of their numbers, newest first', async () => {
    const { data, sought } = await ask(`{ accessLog(subject: "${HOA}") { ${PAGE} } }`);
    const { nodes } = data.accessLog;
    expect(nodes.map(({ actor, relation }: Record<string, string>) => [actor, relation])).toEqual([
      ['auditor.lan', null],
      ['counter.hanh', 'NAMED'],
      ['counter.hanh', 'DOSSIER'],
    ]);
    expect(nodes[1]).toMatchObject({
      visit: 'v-1',
      dossier: 'H41.59-261119-0001',
      operation: 'Người',
      unit: { code: 'H41.58.01' },
    });
    expect(sought).toEqual([{ what: 'ACCESSES', subject: hashSubject(HOA) }]);
  });

  it('shows who looked at an enterprise under its code', async () => {
    for (const typed of [ENTERPRISE, ` ${ENTERPRISE} `]) {
      const { data, sought } = await ask(`{ accessLog(subject: "${typed}") { nodes { actor relation } } }`);
      expect(data.accessLog.nodes).toEqual([{ actor: 'admin.quan', relation: 'DOSSIER' }]);
      expect(sought).toEqual([{ what: 'ACCESSES', subject: hashSubject(ENTERPRISE) }]);
    }
  });

  it('is narrowed by nothing that is said to be null', async () => {
    const nothing = 'actor: null, dossier: null, visit: null, from: null, to: null';
    const { data, sought } = await ask(`{ accessLog(subject: "${HOA}", ${nothing}) { nodes { id } } }`);
    expect(data.accessLog.nodes).toHaveLength(3);
    expect(sought).toStrictEqual([{ what: 'ACCESSES', subject: hashSubject(HOA) }]);
  });

  it('shows what was done in a visit, also by somebody of no unit, and of which dossier somebody was shown', async () => {
    const { data } = await ask(
      `{ accessLog(visit: "v-2") { nodes { actor unit { code } dossier } } b: accessLog(subject: "${LAN}") { nodes { actor dossier } } }`,
    );
    const [actor, dossier] = ['admin.quan', 'H41.58.01-261119-0009'];
    expect(data.accessLog.nodes).toEqual([{ actor, unit: null, dossier: null }]);
    expect(data.b.nodes).toEqual([{ actor, dossier }]);
  });

  it('notes what was sought, and asks no system for it', async () => {
    house.calls.length = 0;
    const { sought } = await ask(
      `{ accessLog(subject: "${HOA}", actor: "counter.hanh", dossier: "H41.59-261119-0001") { nodes { id } }
         b: accessLog(subject: "${BINH}", visit: "v-1", from: "2026-11-01T00:00:00+07:00", to: "2026-11-21T00:00:00+07:00") {
           nodes { id } } }`,
    );
    expect(sought).toEqual([
      { what: 'ACCESSES', subject: hashSubject(HOA), actor: 'counter.hanh', dossier: 'H41.59-261119-0001' },
      {
        ...{ what: 'ACCESSES', subject: hashSubject(BINH), visit: 'v-1' },
        ...{ from: Date.parse('2026-11-01T00:00:00+07:00'), to: Date.parse('2026-11-21T00:00:00+07:00') },
      },
    ]);
    expect(house.calls).toEqual([]);
  });

  it('shows of each access what was looked for in it, and whom or whose to nobody', async () => {
    const { data } = await ask(`{ accessLog(subject: "${HOA}") { nodes { sought times } } }`);
    expect(data.accessLog.nodes).toEqual([
      { sought: ['ACCESSES'], times: 1 },
      { sought: [], times: 1 },
      { sought: [], times: 1 },
    ]);
  });

  it('finds a dossier however its code is typed', async () => {
    const { data, sought } = await ask('{ accessLog(dossier: " h41.59-261119-0001") { nodes { dossier } } }');
    expect(data.accessLog.nodes).toEqual([{ dossier: 'H41.59-261119-0001' }]);
    expect(sought).toEqual([{ what: 'ACCESSES', dossier: 'H41.59-261119-0001' }]);
  });

  it('finds a dossier that stands in it, though nobody holds it any more or the index is away', async () => {
    const away = async () => {
      throw new Error('connection refused');
    };
    const [typed, index] = [[...GONE, ' hs/2016-77'], { ...house.registry.index, views: away }];
    for (const code of typed) {
      const held = code.trim() === GONE[1] ? GONE[1] : GONE[0];
      for (const at of [house.registry.index, index]) {
        const { data, sought } = await ask(`{ accessLog(dossier: "${code}") { nodes { dossier } } }`, {}, at);
        expect([data?.accessLog.nodes, sought]).toEqual([[{ dossier: held }], [{ what: 'ACCESSES', dossier: held }]]);
      }
    }
    const { errors } = await ask('{ accessLog(dossier: "HS/2016-79") { nodes { id } } }', {}, index);
    expect(errors.map(({ code }) => code)).toEqual(['STORE_UNAVAILABLE']);
  });

  it('looks for a dossier that a system holds, though nobody looked at it yet', async () => {
    const views: typeof house.registry.index.views = async (codes) =>
      codes.map((code) => (code === HELD ? [{ code } as never] : []));
    const index = { ...house.registry.index, views };
    const { data, sought } = await ask(`{ accessLog(dossier: "${HELD}") { nodes { id } } }`, {}, index);
    expect([data?.accessLog.nodes, sought]).toEqual([[], [{ what: 'ACCESSES', dossier: HELD }]]);
  });

  it('takes nobody’s number where it would stand in the log as it was typed', async () => {
    for (const typed of [HOA, `CCCD-${HOA}`, 'Nguyễn-Văn-Hoà']) {
      const { errors, sought } = await ask(`{ accessLog(dossier: "${typed}") { nodes { id } } }`);
      expect([errors[0]?.code, sought]).toEqual(['BAD_USER_INPUT', []]);
    }
    expect((await ask(`{ accessLog(dossier: "CCCD-${HOA}") { nodes { id } } }`)).errors[0]?.message).toBe(
      'accessLog: dossier: expected a dossier code',
    );
    const long = 'a'.repeat(161);
    for (const argument of ['actor', 'visit']) {
      const { errors, sought } = await ask(`{ accessLog(${argument}: "${long}") { nodes { id } } }`);
      const message = `accessLog: ${argument}: expected at most 160 characters`;
      expect(errors[0]).toMatchObject({ code: 'BAD_USER_INPUT', message });
      expect(sought).toEqual([]);
    }
    const longest = 'a'.repeat(160);
    for (const argument of ['actor', 'visit']) {
      const { data } = await ask(
        `{ accessLog(${argument}: "${longest}") { nodes { id } pageInfo { startCursor endCursor } } }`,
      );
      expect(data.accessLog).toEqual({ nodes: [], pageInfo: { startCursor: null, endCursor: null } });
    }
  });

  it('takes nobody’s number for an account or a visit either, unless it has one of that name', async () => {
    for (const typed of [HOA, OLD, ` ${HOA}`, '001 085 004 213', '001.085.004.213', '001-085-004-213', `CCCD ${HOA}`]) {
      for (const argument of ['actor', 'visit']) {
        const { errors, sought } = await ask(
          `{ accessLog(subject: "${BINH}", ${argument}: "${typed}") { nodes { id } } }`,
        );
        expect([errors[0]?.code, sought]).toEqual(['BAD_USER_INPUT', []]);
        expect(errors[0]?.message).toBe(
          `accessLog: ${argument}: expected one that stands in the log, since it has as many digits as somebody’s number`,
        );
      }
    }
    const { data, sought } = await ask(`{ accessLog(actor: "${STAFF}") { nodes { actor } } }`);
    expect(data.accessLog.nodes).toEqual([{ actor: STAFF }]);
    expect(sought).toEqual([{ what: 'ACCESSES', actor: STAFF }]);
    // Eight digits are nobody's.
    expect((await ask('{ accessLog(actor: "nv-20261123") { nodes { id } } }')).errors).toEqual([]);
  });

  it('is paged, and a cursor of one question does not open another', async () => {
    const first = (await ask(`{ accessLog(actor: "counter.hanh", first: 1) { ${PAGE} } }`)).data.accessLog;
    expect(first.pageInfo).toMatchObject({ hasNextPage: true, hasPreviousPage: false });
    const after = first.pageInfo.endCursor;
    const second = (await ask(`{ accessLog(actor: "counter.hanh", first: 1, after: "${after}") { ${PAGE} } }`)).data
      .accessLog;
    expect(second.nodes[0].id).not.toBe(first.nodes[0].id);
    expect(second.pageInfo.hasPreviousPage).toBe(true);
    const { errors } = await ask(`{ accessLog(actor: "commune.binh", after: "${after}") { nodes { id } } }`);
    expect(errors[0]?.code).toBe('BAD_USER_INPUT');
  });

  it('wants to know what is sought', async () => {
    const { errors, sought } = await ask('{ accessLog(from: "2026-11-01T00:00:00+07:00") { nodes { id } } }');
    expect([errors[0]?.code, sought]).toEqual(['BAD_USER_INPUT', []]);
  });

  it('is refused to whoever may not read it, before anything is read', async () => {
    const demanded: unknown[] = [];
    const demand: OperationAccess['demand'] = (...asked) => {
      demanded.push(asked);
      throw new HubError('FORBIDDEN', 'no');
    };
    const { errors, sought } = await ask(`{ accessLog(subject: "${HOA}") { nodes { id } } }`, { demand });
    expect(errors[0]?.code).toBe('FORBIDDEN');
    expect([demanded, sought]).toEqual([[['READ', 'AUDIT']], []]);
  });

  describe('as the person themself reads it', () => {
    it('tells unit and role and names no officer, no visit, no dossier of another', async () => {
      const { data } = await ask(`{ citizen(id: "${HOA}") { accesses { ${PAGE} } } }`, { actor: CITIZEN });
      expect(data.citizen.accesses.nodes).toMatchObject([
        {
          actor: null,
          visit: null,
          operation: null,
          dossier: null,
          role: 'counter',
          relation: 'NAMED',
          unit: { code: 'H41.58.01' },
        },
        {
          actor: null,
          visit: null,
          operation: null,
          dossier: 'H41.58.01-261119-0007',
          role: 'counter',
          relation: 'DOSSIER',
        },
      ]);
      expect(JSON.stringify(data)).not.toMatch(/hanh|auditor|H41\.59/);
    });

    it('tells which dossier named them, though it was not the one that was worked on', async () => {
      const lan: Actor = { ...CITIZEN, id: 'citizen.lan', personalNumber: LAN };
      const { data } = await ask(`{ citizen(id: "${LAN}") { accesses { ${PAGE} } } }`, { actor: lan });
      const dossier = 'H41.58.01-261119-0009';
      expect(data.citizen.accesses.nodes).toMatchObject([
        { actor: null, visit: null, unit: null, relation: 'NAMED', dossier },
      ]);
    });

    it('is refused to anybody else, whatever they may do', async () => {
      const query = `{ citizen(id: "${BINH}") { fullName accesses { nodes { id } } } }`;
      const { data, errors } = await ask(query, { actor: CITIZEN });
      expect(data.citizen).toEqual({ fullName: 'Bình', accesses: null });
      expect(errors[0]).toMatchObject({
        ...{ code: 'FORBIDDEN', message: expect.stringMatching(/^You see your own data alone/) },
      });
    });
  });

  it('never holds a number as it stands', async () => {
    const rows = await opened.audit.database.query('select * from audit_group');
    expect(JSON.stringify(rows)).not.toMatch(new RegExp(`${HOA}|${OLD}|${BINH}`));
    expect(rows.length).toBeGreaterThan(0);
  });
});

import { existsSync } from 'node:fs';
import { copyFile, readdir, readFile, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { askUntil, dataOf, errorsOf } from '../support/answer.ts';
import { differences, expectNothingLeaks, expectNullForEachError } from '../support/harm.ts';
import { ageDrops, type GraphqlAnswer, type OpenHub, openProvince, type Province } from '../support/province.ts';

const QUERY = `{
  citizen(id: "001085004213") {
    fullName personalNumbers statements { sector }
    landParcels { sheet area uses { codes } } landCertificates { serial }
    civilStatusRecords { number } businesses { code name kind }
    dossiers(first: 14) { totalCount nodes { code status steps { content } } missing { sector } }
  }
}`;

let province: Province;
let whole: GraphqlAnswer;

beforeAll(async () => {
  province = await openProvince({ citizens: 100, dossiers: 300 });
  whole = await province.ask(QUERY);
  dataOf(whole);
});

afterAll(() => province.close());

/** @param isWhole false where a system is away from the start: its dossiers cannot be known, the others’ will be */
async function withHub(work: (hub: OpenHub) => Promise<void>, isWhole = true): Promise<void> {
  const hub = await (isWhole
    ? province.another()
    : province.another({ POLL_INTERVAL_MS: '200' }, { catchesUp: false }));
  try {
    await work(hub);
  } finally {
    await hub.close();
  }
}

/** Files that somebody is writing, however long a hub takes to start. */
async function keepWriting(paths: readonly string[]): Promise<() => Promise<void>> {
  const stopped = new AbortController();
  const touch = async (): Promise<void> => {
    const now = new Date();
    for (const path of paths) await utimes(path, now, now);
  };
  await touch();
  const writing = (async () => {
    while (!stopped.signal.aborted) {
      await delay(200);
      await touch();
    }
  })();
  return async () => {
    stopped.abort();
    await writing;
  };
}

const isWhole = (answer: GraphqlAnswer): boolean => differences(whole, answer).length === 0;

function expectOnly(answer: GraphqlAnswer, own: RegExp, sector: string, code: string): void {
  expectNullForEachError(answer);
  expectNothingLeaks(answer);
  const lost = differences(whole.data, answer.data);
  expect(lost.length).toBeGreaterThan(0);
  expect(lost.filter((path) => !own.test(path))).toEqual([]);
  expect(errorsOf(answer).map((error) => ({ ...error, path: '' }))).toEqual(
    lost.map((path) => {
      const told = path.endsWith('statements')
        ? 'IDENTIFIERS_INCOMPLETE'
        : path.includes('dossiers')
          ? 'INDEX_STALE'
          : code;
      return { path: '', code: told, sector, retryable: told === 'INDEX_STALE' || code !== 'SOURCE_MALFORMED' };
    }),
  );
}

/** Asks until all that is lost is told as an error of the broken system's: the others' dossiers are known by then. */
function askWithout(hub: OpenHub, own: RegExp): Promise<GraphqlAnswer> {
  return askUntil(
    () => hub.ask(QUERY),
    (answer) => {
      const lost = differences(whole.data, answer.data);
      return lost.every((path) => own.test(path)) && lost.length === answer.errors?.length;
    },
  );
}

describe('A land database', () => {
  const OWN = /^citizen\.(statements|landParcels|landCertificates|dossiers\.nodes\.\d+\.(status|steps))$/;
  /** Capture of a system that failed for some seconds is tried again some seconds later. */
  const LATER = { timeoutMs: 40_000 };
  const file = () => join(province.directory, 'land.sqlite');

  function alter(statement: string): void {
    const database = new DatabaseSync(file());
    database.exec(statement);
    database.close();
  }

  it('whose file is not there does not stop the start, costs its own fields, and is back once it is', async () => {
    await rename(file(), `${file()}.away`);
    await withHub(async (hub) => {
      try {
        expectOnly(await askWithout(hub, OWN), OWN, 'land', 'SOURCE_UNAVAILABLE');
        // A reader that made an empty database where there was none would answer "nothing" from then on.
        expect(existsSync(file())).toBe(false);
        const { sectors } = dataOf(await hub.ask('{ sectors { id status } }'));
        expect(sectors.find(({ id }: { id: string }) => id === 'land').status).toBe('DOWN');
      } finally {
        await rename(`${file()}.away`, file());
      }
      expect(await askUntil(() => hub.ask(QUERY), isWhole, LATER)).toEqual(whole);
    }, false);
  }, 60_000);

  it('whose file is garbage costs its own fields, and is back once the file is whole', async () => {
    await rename(file(), `${file()}.away`);
    await writeFile(file(), 'This is no database at all. '.repeat(1_000));
    await withHub(async (hub) => {
      try {
        const answer = await askWithout(hub, OWN);
        expectNullForEachError(answer);
        expectNothingLeaks(answer);
        expect(differences(whole.data, answer.data).filter((path) => !OWN.test(path))).toEqual([]);
        expect(answer.data.citizen.landParcels).toBeNull();
        expect(answer.errors?.every(({ extensions }) => extensions.sector === 'land')).toBe(true);
      } finally {
        await rename(`${file()}.away`, file());
      }
      expect(await askUntil(() => hub.ask(QUERY), isWhole, LATER)).toEqual(whole);
    }, false);
  }, 60_000);

  it('of which a column was renamed names the field, answers everything else, and is back when it is renamed back', async () => {
    await withHub(async (hub) => {
      await hub.ask(QUERY);
      alter('alter table DC_THUADAT rename column DIENTICH to DIENTICH_MOI');
      try {
        const answer = await hub.ask(QUERY);
        expectOnly(answer, /^citizen\.landParcels$/, 'land', 'SOURCE_MALFORMED');
        expect(answer.errors?.[0]?.extensions).toMatchObject({ field: 'parcel.DIENTICH' });
      } finally {
        alter('alter table DC_THUADAT rename column DIENTICH_MOI to DIENTICH');
      }
      expect(await askUntil(() => hub.ask(QUERY), isWhole)).toEqual(whole);
    });
  });

  it('of which a table is gone says so and is back with it', async () => {
    await withHub(async (hub) => {
      await hub.ask(QUERY);
      alter('alter table DC_GIAYCHUNGNHAN rename to DC_GIAYCHUNGNHAN_CU');
      try {
        expectOnly(await hub.ask(QUERY), /^citizen\.landCertificates$/, 'land', 'SOURCE_MALFORMED');
      } finally {
        alter('alter table DC_GIAYCHUNGNHAN_CU rename to DC_GIAYCHUNGNHAN');
      }
      expect(await askUntil(() => hub.ask(QUERY), isWhole)).toEqual(whole);
    });
  });

  it('that somebody else has locked costs its own fields in bounded time, and is back when it is free', async () => {
    await withHub(async (hub) => {
      await hub.ask(QUERY);
      const other = new DatabaseSync(file());
      other.exec('begin exclusive');
      try {
        const startedAt = performance.now();
        const answer = await hub.ask(QUERY);
        expect(performance.now() - startedAt).toBeLessThan(8_000);
        expectNullForEachError(answer);
        expectNothingLeaks(answer);
        expect(differences(whole.data, answer.data).filter((path) => !OWN.test(path))).toEqual([]);
        expect(answer.data.citizen.landParcels).toBeNull();
      } finally {
        other.exec('rollback');
        other.close();
      }
      expect(await askUntil(() => hub.ask(QUERY), isWhole)).toEqual(whole);
    });
  });
});

describe('The nightly drop of household businesses', () => {
  const OWN = /^citizen\.(statements|businesses)$/;
  const folder = () => join(province.directory, 'ho-kinh-doanh');
  const latest = async () =>
    (await readdir(folder()))
      .filter((name) => name.endsWith('.csv'))
      .sort()
      .at(-1) ?? '';
  const demoHousehold = () => province.world.business(1).code;

  it('whose folder is missing costs its own fields, and is read once it is there', async () => {
    await rename(folder(), `${folder()}-away`);
    await withHub(async (hub) => {
      try {
        expectOnly(await hub.ask(QUERY), OWN, 'business-registration', 'SOURCE_UNAVAILABLE');
      } finally {
        await rename(`${folder()}-away`, folder());
      }
      expect(await askUntil(() => hub.ask(QUERY), isWhole)).toEqual(whole);
    });
  });

  it('of which the newest file is still being written is answered from the one before', async () => {
    const name = await latest();
    const half = join(folder(), 'ho-kinh-doanh-20991231.csv');
    const bytes = await readFile(join(folder(), name));
    await writeFile(half, bytes.subarray(0, Math.floor(bytes.length / 2)));
    const stopWriting = await keepWriting([half]);
    await withHub(async (hub) => {
      try {
        expect(await hub.ask(QUERY)).toEqual(whole);
      } finally {
        await stopWriting();
        await rm(half);
      }
    });
  });

  it('that is nothing but half-written files is unavailable and never an empty list', async () => {
    const names = await readdir(folder());
    const stopWriting = await keepWriting(names.map((name) => join(folder(), name)));
    await withHub(async (hub) => {
      try {
        expectOnly(await hub.ask(QUERY), OWN, 'business-registration', 'SOURCE_UNAVAILABLE');
      } finally {
        await stopWriting();
        await ageDrops(folder());
      }
      expect(await askUntil(() => hub.ask(QUERY), isWhole)).toEqual(whole);
    });
  });

  it('with a few rows that cannot be read is answered from all the others, and the rows are told by line', async () => {
    const name = join(folder(), 'ho-kinh-doanh-20991231.csv');
    await copyFile(join(folder(), await latest()), name);
    const bytes = await readFile(name);
    await writeFile(name, Buffer.concat([bytes, Buffer.from('97A8999999;only;three\r\n')]));
    await ageDrops(folder());
    await withHub(async (hub) => {
      try {
        expect(await hub.ask(QUERY)).toEqual(whole);
        const warnings = province.logged.filter((line) => line.includes('rows are left out'));
        expect(warnings.at(-1)).toMatch(/1 of \d+ rows are left out/);
      } finally {
        await rm(name);
      }
    });
  });

  it.each([
    ['a page of HTML', '<!DOCTYPE html><html><body>Hệ thống đang bảo trì</body></html>'],
    ['other columns', 'Mã số;Tên\r\n1;2\r\n'],
    ['nothing', ''],
  ])('of which the newest file is %s is answered from the one before', async (_what, content) => {
    const name = join(folder(), 'ho-kinh-doanh-20991231.csv');
    await writeFile(name, content);
    await ageDrops(folder());
    await withHub(async (hub) => {
      try {
        expect(await hub.ask(QUERY)).toEqual(whole);
      } finally {
        await rm(name);
      }
    });
  });

  it('that is garbage from end to end is an error naming the sector and never an empty list', async () => {
    const names = await readdir(folder());
    for (const name of names) await rename(join(folder(), name), join(province.directory, name));
    await writeFile(join(folder(), 'ho-kinh-doanh-20991231.csv'), '\u0000\u0001'.repeat(500));
    await ageDrops(folder());
    await withHub(async (hub) => {
      try {
        expectOnly(await hub.ask(QUERY), OWN, 'business-registration', 'SOURCE_MALFORMED');
        const answer = await hub.ask(`{ business(code: "${demoHousehold()}") { name } }`);
        expect(answer.data).toEqual({ business: null });
        expect(errorsOf(answer)).toEqual([
          { path: 'business', code: 'SOURCE_MALFORMED', sector: 'business-registration', retryable: false },
        ]);
      } finally {
        await rm(join(folder(), 'ho-kinh-doanh-20991231.csv'));
        for (const name of names) await rename(join(province.directory, name), join(folder(), name));
      }
      expect(await askUntil(() => hub.ask(QUERY), isWhole)).toEqual(whole);
    });
  });
});

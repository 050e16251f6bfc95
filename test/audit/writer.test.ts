import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { bounded } from '../../audit/bounded.ts';
import type { Database } from '../../drivers/database.ts';
import { DAY_MS, record } from './support.ts';
import {
  fails,
  HOA,
  openStage,
  outcomes,
  REFUSED,
  WARNED,
  type WriterStage,
  withSubjects,
  writes,
} from './writer-stage.ts';

let stage: WriterStage;

beforeEach(async () => {
  stage = await openStage();
});

afterEach(() => stage.close());

const groups = async () =>
  (await stage.audit.database.query('select first_seq, last_seq from audit_group order by chain, first_seq')).map(
    ({ first_seq, last_seq }) => [Number(first_seq), Number(last_seq)],
  );

describe('An access log in which too much waits', () => {
  it('refuses what is personal at once, lets go the rest, and tells how much that was, once', async () => {
    const log = stage.open();
    await log.write(record());
    const held = stage.hold();
    const answers = [log.write(record([HOA]))];
    await held.reached;
    answers.push(log.write(withSubjects(19_999)));
    await expect(log.write(record([HOA]))).rejects.toMatchObject(REFUSED);
    await log.write(record());
    await log.write(record());
    stage.fate = writes;
    held.go();
    await Promise.all(answers);
    await log.write(record());
    await log.write(record());
    expect((await stage.kinds()).filter((kind) => kind !== 'SUBJECT')).toEqual([
      ...['OPEN', 'OPERATION', 'OPERATION', 2, 'OPERATION', 'OPERATION', 'OPERATION'],
    ]);
    expect(stage.warnings).toEqual([]);
    await stage.verify();
  });
});

describe('An access log that cannot be written', () => {
  it('refuses what is personal, lets go the rest, and tells of it once it can', async () => {
    const log = stage.open();
    await log.write(record());
    expect(log.state()).toBe('writing');
    const held = stage.hold();
    const answers = [log.write(record([HOA])), log.write(record()), log.write(record())];
    await held.reached;
    const waiting = log.write(record([HOA]));
    stage.fate = fails;
    held.fail();
    expect(await outcomes(answers)).toEqual(['rejected', 'fulfilled', 'fulfilled']);
    await expect.poll(log.state).toBe('unwritable');
    // Not written, and not waited for.
    await log.write(record());
    expect(stage.warnings).toEqual([WARNED.away]);
    stage.fate = writes;
    // What waits meanwhile may still be in time.
    await Promise.all([waiting, log.write(record([HOA]))]);
    await expect.poll(log.state).toBe('writing');
    expect(stage.warnings).toEqual([WARNED.away, WARNED.again]);
    expect(await stage.kinds()).toEqual(['OPEN', 'OPERATION', 3, 'OPERATION', 'SUBJECT', 'OPERATION', 'SUBJECT']);
    await stage.verify();
  });

  it('tells that nothing was missed where nothing was', async () => {
    const log = stage.open();
    await log.write(record());
    stage.fate = fails;
    await expect(log.write(record([HOA]))).rejects.toMatchObject(REFUSED);
    await expect.poll(log.state).toBe('unwritable');
    stage.fate = writes;
    await log.write(record([HOA]));
    await log.write(record());
    expect(await stage.kinds()).toEqual(['OPEN', 'OPERATION', 0, 'OPERATION', 'SUBJECT', 'OPERATION']);
    await stage.verify();
  });

  it('does not tell as missed what is found to be written', async () => {
    const log = stage.open();
    await log.write(record());
    stage.fate = async (commit) => {
      stage.fate = writes;
      await commit();
      throw new Error('the answer was lost');
    };
    expect(await outcomes([log.write(record([HOA])), log.write(record())])).toEqual(['rejected', 'fulfilled']);
    await log.write(record());
    await expect.poll(log.state).toBe('writing');
    await log.write(record());
    expect(await stage.kinds()).toEqual([
      ...['OPEN', 'OPERATION', 'OPERATION', 'SUBJECT', 'OPERATION', 1, 'OPERATION'],
    ]);
    expect(stage.left).toEqual(['0 again', 2, 5, 6, 7]);
    await stage.verify();
  });
});

describe('What has waited for the log as long as it may', () => {
  it('is refused where it is personal and let go otherwise, though its group is still on its way', async () => {
    const log = stage.open({ timeoutMs: 800 });
    await log.write(record());
    const first = stage.hold();
    const before = log.write(record());
    await first.reached;
    const answers = [log.write(record([HOA])), log.write(record())];
    await delay(400);
    const second = stage.hold();
    first.go();
    await before;
    await second.reached;
    expect(await outcomes(answers)).toEqual(['rejected', 'fulfilled']);
    expect([log.state(), ...stage.warnings]).toEqual(['writing']);
    second.go();
    stage.fate = writes;
    await log.write(record());
    // Written it is, so it was not missed.
    expect(await stage.kinds()).toEqual([
      ...['OPEN', 'OPERATION', 'OPERATION', 'OPERATION', 'SUBJECT', 'OPERATION', 'OPERATION'],
    ]);
  });

  it('is told as missed where it never came to be written', async () => {
    const log = stage.open({ timeoutMs: 400 });
    await log.write(record());
    const held = stage.hold();
    const answers = [log.write(record())];
    await held.reached;
    answers.push(log.write(record()), log.write(record([HOA])), log.write(record()));
    stage.fate = fails;
    expect(await outcomes(answers)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
    held.fail();
    stage.fate = writes;
    await log.close();
    expect(await stage.kinds()).toEqual(['OPEN', 'OPERATION', 3, 'CLOSE']);
  });
});

describe('What is to be logged', () => {
  it('hardly waits for others where the last one had no company', async () => {
    const log = stage.open({ groupMs: 60_000 });
    for (let times = 0; times < 3; times++) await log.write(record([HOA]));
    expect(await groups()).toHaveLength(3);
  });

  it('waits for others where the last ones came together, but not beyond the end', async () => {
    const log = stage.open({ groupMs: 60_000 });
    await Promise.all([log.write(record()), log.write(record())]);
    const answers = [log.write(record())];
    await delay(20);
    answers.push(log.write(record([HOA])));
    await delay(20);
    expect(await groups()).toEqual([[1, 3]]);
    await log.close();
    expect(await outcomes(answers)).toEqual(['fulfilled', 'fulfilled']);
    expect(await groups()).toEqual([
      [1, 3],
      [4, 6],
      [7, 7],
    ]);
  });

  it('is not forgotten, at whatever moment it comes while the log comes to rest', async () => {
    const log = stage.open({ timeoutMs: 800 });
    for (let turns = 0; turns < 40; turns++) {
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      stage.fate = async (commit) => {
        stage.fate = writes;
        await commit();
        void (async () => {
          for (let turn = 0; turn < turns; turn++) await null;
          log.write(record([HOA])).then(resolve, reject);
        })();
      };
      await log.write(record());
      await promise;
    }
    expect((await stage.kinds()).filter((kind) => kind === 'OPERATION')).toHaveLength(80);
  });

  it('has waited for others while it waited for the group before', async () => {
    const log = stage.open({ groupMs: 300 });
    await log.write(record());
    const held = stage.hold();
    const before = [log.write(record()), log.write(record())];
    await held.reached;
    const answer = log.write(record());
    await delay(400);
    // Counted in turns, of which a process has as many however busy it is.
    const late = bounded(() => new Promise<never>(() => {}), 150).catch(() => 'late');
    held.go();
    await Promise.all(before);
    expect(await Promise.race([answer, late])).toBeUndefined();
  });
});

describe('Signed heads of the access log', () => {
  it('leave in their order, those that may have left already first, and the end of a day before the next one', async () => {
    const log = stage.open();
    await log.write(record());
    stage.time += DAY_MS;
    await log.write(record([HOA]));
    expect(stage.left).toEqual(['0 again', 2, 3, 3]);
    expect(await stage.kinds()).toEqual(['OPEN', 'OPERATION', 'CLOSE', 'OPEN', 'OPERATION', 'SUBJECT']);
    await stage.open().write(record());
    // Its own first one tells of the chain that has no end yet.
    expect(stage.left.slice(4)).toEqual(['3 again', 3]);
  });

  it('keep an answer only for a part of the time that it may take', async () => {
    const log = stage.open({ timeoutMs: 1_600 });
    await log.write(record());
    stage.leave = () => new Promise(() => {});
    const longer = bounded(() => new Promise<never>(() => {}), 1_200).catch(() => 'longer');
    expect(await Promise.race([log.write(record([HOA])), longer])).toBeUndefined();
  });

  it('keep nothing where they do not leave', async () => {
    const log = stage.open();
    stage.leave = () => Promise.reject(new Error('the folder is full'));
    await log.write(record([HOA]));
    await log.write(record([HOA]));
    expect([log.state(), ...stage.warnings]).toEqual(['writing']);
    await log.close();
    expect((await stage.kinds()).at(-1)).toBe('CLOSE');
  });

  it('are not sent again where they cannot be read, which is told and keeps nothing', async () => {
    const { database } = stage.audit;
    let asked = 0;
    const unreadable: Database = {
      ...database,
      async query(sql, ...rest) {
        if (!sql.includes('public_key from audit_chain')) return database.query(sql, ...rest);
        asked += 1;
        throw new Error('the connection is gone');
      },
    };
    const audit = { ...stage.audit, database: unreadable };
    await stage.open({ audit }).write(record([HOA]));
    expect(stage.warnings).toEqual([WARNED.heads]);
    expect([asked, stage.left]).toEqual([1, [3]]);
    const nowhere = { put: async () => {}, again: () => {}, state: () => 'none' as const, close: async () => {} };
    await stage.open({ audit, heads: nowhere }).write(record([HOA]));
    expect(asked).toBe(1);
  });
});

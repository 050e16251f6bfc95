import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { DAY_MS, record } from './support.ts';
import { HOA, openStage, outcomes, REFUSED, WARNED, type WriterStage, writes } from './writer-stage.ts';

let stage: WriterStage;

beforeEach(async () => {
  stage = await openStage();
});

afterEach(() => stage.close());

describe('An access log that ends', () => {
  it('refuses what is personal, and tells of the rest', async () => {
    const log = stage.open();
    await log.write(record());
    const closing = log.close();
    const answers = [log.write(record([HOA])), log.write(record())];
    expect(await outcomes(answers)).toEqual(['rejected', 'fulfilled']);
    await closing;
    await expect(log.write(record([HOA]))).rejects.toMatchObject(REFUSED);
    expect(await stage.kinds()).toEqual(['OPEN', 'OPERATION', 1, 'CLOSE']);
    expect(log.close()).toBe(closing);
  });

  it('writes what waits, and lets every head leave, in their order', async () => {
    const log = stage.open();
    await log.write(record());
    const held = stage.hold();
    const first = log.write(record([HOA]));
    await held.reached;
    const waiting = [log.write(record([HOA])), log.write(record())];
    const closing = log.close();
    await log.write(record());
    held.go();
    await Promise.all([first, ...waiting, closing]);
    expect(await stage.kinds()).toEqual([
      ...['OPEN', 'OPERATION', 'OPERATION', 'SUBJECT'],
      ...[1, 'OPERATION', 'SUBJECT', 'OPERATION', 'CLOSE'],
    ]);
    expect(stage.left).toEqual(['0 again', 2, 4, 8, 9]);
    expect(stage.warnings).toEqual([]);
    await stage.verify();
  });

  it('lets the head of what it told before it ended leave, too', async () => {
    const log = stage.open();
    const closing = log.close();
    await log.write(record());
    await closing;
    expect(await stage.kinds()).toEqual(['OPEN', 1, 'CLOSE']);
    expect(stage.left).toEqual(['0 again', 2, 3]);
  });

  it('needs no chain where nothing happened, and no head', async () => {
    await stage.open().close();
    expect([await stage.kinds(), stage.left]).toEqual([[], ['0 again']]);
  });

  it('waits for the head of what it wrote', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const log = stage.open();
    await log.write(record());
    stage.leave = () => promise;
    const answer = log.write(record([HOA]));
    await expect.poll(stage.kinds).toHaveLength(4);
    const closing = log.close();
    await delay(20);
    expect(await stage.kinds()).not.toContain('CLOSE');
    resolve();
    await Promise.all([answer, closing]);
    expect(stage.left).toEqual(['0 again', 2, 4, 5]);
  });

  it('does not say where its chain ends while a group is still on its way', async () => {
    const log = stage.open({ timeoutMs: 800 });
    await log.write(record());
    stage.time += DAY_MS;
    const held = stage.hold();
    const answer = log.write(record());
    await held.reached;
    const closing = log.close();
    const next = stage.hold();
    await delay(400);
    // The chain of the day before is closed, and the next one begun: together that takes longer than the end waits.
    held.go();
    await next.reached;
    await closing;
    expect(stage.warnings).toEqual([WARNED.end]);
    next.go();
    await answer;
    await expect.poll(stage.kinds).toEqual(['OPEN', 'OPERATION', 'CLOSE', 'OPEN', 'OPERATION']);
    await stage.verify();
  });

  it('gives up at once what cannot be written, and tells nothing that it does not know', async () => {
    const log = stage.open();
    await log.write(record());
    const held = stage.hold();
    const answers = [log.write(record([HOA]))];
    await held.reached;
    answers.push(log.write(record()), log.write(record([HOA])));
    const closing = log.close();
    held.fail();
    expect(await outcomes(answers)).toEqual(['rejected', 'fulfilled', 'rejected']);
    await closing;
    expect(await stage.kinds()).toEqual(['OPEN', 'OPERATION']);
    expect(stage.warnings).toEqual([WARNED.away, WARNED.end]);
  });

  // Once a group had failed another was begun beside the end; what of it was let go stood nowhere then.
  it('tells, where it can be written again by then, of all that was let go meanwhile', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    stage.leave = () => promise;
    const log = stage.open();
    const first = log.write(record());
    await expect.poll(stage.kinds).toHaveLength(2);
    const held = stage.hold();
    const answers = [log.write(record([HOA])), log.write(record())];
    await held.reached;
    answers.push(log.write(record()), log.write(record([HOA])));
    const closing = log.close();
    const late = stage.hold();
    held.fail();
    await expect(answers[0]).rejects.toMatchObject(REFUSED);
    await Promise.race([late.reached, delay(50)]);
    stage.fate = writes;
    resolve();
    await Promise.all([first, closing]);
    late.go();
    expect(await outcomes(answers)).toEqual(['rejected', 'fulfilled', 'fulfilled', 'rejected']);
    expect(await stage.kinds()).toEqual(['OPEN', 'OPERATION', 2, 'CLOSE']);
    expect(stage.warnings).toEqual([WARNED.away]);
    await stage.verify();
  });

  it('looks where its chain ends before it says so, where it does not know', async () => {
    const log = stage.open();
    await log.write(record());
    const closed = Promise.withResolvers<void>();
    stage.fate = async (commit) => {
      await commit();
      stage.fate = writes;
      void log.close().then(closed.resolve);
      throw new Error('the answer was lost');
    };
    expect(await outcomes([log.write(record([HOA])), log.write(record())])).toEqual(['rejected', 'fulfilled']);
    await closed.promise;
    expect(await stage.kinds()).toEqual(['OPEN', 'OPERATION', 'OPERATION', 'SUBJECT', 'OPERATION', 'CLOSE']);
    expect(stage.left).toEqual(['0 again', 2, 5, 6]);
    await stage.verify();
  });
});

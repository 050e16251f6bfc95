import { beforeEach, describe, expect, it } from 'vitest';
import { prepare } from '../../audit/lines.ts';
import { createWaitingRecords, type Waiting, type WaitingRecords } from '../../audit/waiting.ts';
import { hashSubject, record } from './support.ts';

const HOA = '001085004213';
const REFUSED = {
  status: 'rejected',
  reason: {
    code: 'AUDIT_UNAVAILABLE',
    message: 'The access log cannot be written at the moment, and nothing personal leaves unlogged.',
  },
};
const LET_GO = { status: 'fulfilled' };

let waiting: WaitingRecords;

beforeEach(() => {
  waiting = createWaitingRecords({ timeoutMs: 1_000, hashSubject });
});

/** An operation with so many subjects, which is as many entries and one. */
const withSubjects = (count: number) => record(Array.from({ length: count }, () => HOA));
const subjectsOf = (group: readonly Waiting[]) => group.map(({ prepared }) => prepared.tails.length - 1);

describe('Records that wait to be written', () => {
  it('are taken in their order, as many as make five hundred entries', () => {
    for (const count of [199, 198, 100, 0]) waiting.add(withSubjects(count));
    expect(subjectsOf(waiting.take())).toEqual([199, 198, 100]);
    expect(subjectsOf(waiting.take())).toEqual([0]);
    expect(waiting.isEmpty()).toBe(true);
  });

  it('are taken with all their subjects, however many they are', () => {
    for (const count of [600, 0]) waiting.add(withSubjects(count));
    expect(subjectsOf(waiting.take())).toEqual([600]);
    expect(subjectsOf(waiting.take())).toEqual([0]);
  });

  it('are taken only as far as they are half a mebibyte', () => {
    const long = record([], { request: 'x'.repeat(200_000) });
    for (let count = 0; count < 3; count++) waiting.add(long);
    expect(waiting.take()).toHaveLength(2);
    expect(waiting.take()).toHaveLength(1);
  });

  it('are taken together where they are just as much', () => {
    const half = 256 * 1024;
    const padding = half - prepare(record([], { request: '' }), hashSubject).size;
    const exact = record([], { request: 'x'.repeat(padding) });
    for (let count = 0; count < 3; count++) waiting.add(exact);
    expect(waiting.take().map(({ prepared }) => prepared.size)).toEqual([half, half]);
  });

  it('are too many from twenty thousand entries on, until some of them are taken', () => {
    waiting.add(withSubjects(19_998));
    expect(waiting.isFull()).toBe(false);
    waiting.add(record());
    expect(waiting.isFull()).toBe(true);
    waiting.take();
    expect(waiting.isFull()).toBe(false);
    waiting.add(withSubjects(19_998));
    expect(waiting.isFull()).toBe(true);
  });
});

describe('Records that have waited too long', () => {
  const turns = (count: number) => {
    for (let turn = 0; turn < count; turn++) waiting.turn();
  };

  it('are given up, those behind them are not: what is personal is refused, the rest goes and is counted', async () => {
    const old = [waiting.add(withSubjects(1)), waiting.add(record()), waiting.add(record())];
    turns(2);
    const young = [waiting.add(withSubjects(1)), waiting.add(record())];
    expect(waiting.expire()).toBe(0);
    turns(2);
    expect(waiting.expire()).toBe(2);
    expect(await Promise.allSettled(old)).toMatchObject([REFUSED, LET_GO, LET_GO]);
    const left = waiting.take();
    expect(subjectsOf(left)).toEqual([1, 0]);
    for (const one of left) one.settle(true);
    expect(await Promise.allSettled(young)).toMatchObject([LET_GO, LET_GO]);
  });

  it('are all of them where none is younger', async () => {
    const old = [waiting.add(record()), waiting.add(withSubjects(1))];
    turns(4);
    expect(waiting.expire()).toBe(1);
    expect(waiting.isEmpty()).toBe(true);
    expect(await Promise.allSettled(old)).toMatchObject([LET_GO, REFUSED]);
  });

  it('are as good as those that are given up at the end, however short they waited', async () => {
    const all = [waiting.add(withSubjects(1)), waiting.add(record()), waiting.add(withSubjects(2))];
    expect(waiting.abandon()).toBe(1);
    expect(waiting.isEmpty()).toBe(true);
    expect(await Promise.allSettled(all)).toMatchObject([REFUSED, LET_GO, REFUSED]);
  });
});

import { afterAll, beforeAll, describe, it } from 'vitest';
import { ownName } from '../services/kafka.ts';
import { GROUP_CLAUSES } from './event-log-group-clauses.ts';
import { RECORD_CLAUSES } from './event-log-record-clauses.ts';
import { type LogSubject, PATIENCE_MS } from './event-log-subject.ts';

const CLAUSES = [...RECORD_CLAUSES, ...GROUP_CLAUSES].sort((left, right) => (left.id < right.id ? -1 : 1));

/**
 * Holds an adapter to every clause of the port.
 *
 * @param make called once; what it returns is closed after the last clause
 */
export function eventLogContract(name: string, make: () => Promise<LogSubject>): void {
  describe(`event log contract: ${name}`, () => {
    let subject: LogSubject | undefined;
    beforeAll(async () => {
      subject = await make();
    }, 120_000);
    afterAll(() => subject?.close());

    for (const { id, title, run } of CLAUSES) {
      it(`${id} ${title}`, { timeout: 3 * PATIENCE_MS }, async () => {
        if (subject === undefined) throw new Error('The subject was not made');
        const log = subject.open();
        const topic = ownName(id.toLowerCase());
        try {
          await log.prepare([topic]);
          await run({ subject, log, topic, group: ownName('group') });
        } finally {
          await log.close();
        }
      });
    }
  });
}

import { deadLetterTopicOf, type LogRecord } from '../../core/event.ts';
import type { EventLog, LogBatch } from '../../core/event-log.ts';
import type { PoisonRecord } from './decode.ts';

const LONGEST_KEY = 128;

/**
 * Puts records aside that nobody can apply, as they came, with headers that say where they were and why. A reader's
 * place passes them only when this has resolved. They may come twice: what is put aside is looked at by a person.
 */
export async function putAside(
  log: EventLog,
  { topic, partition }: LogBatch,
  poison: readonly PoisonRecord[],
): Promise<void> {
  if (poison.length === 0) return;
  const letters = poison.map(
    ({ record, reason }): LogRecord => ({
      key: record.key.slice(0, LONGEST_KEY),
      headers: {
        ...record.headers,
        'dead-letter-topic': topic,
        'dead-letter-partition': String(partition),
        'dead-letter-offset': String(record.offset),
        'dead-letter-reason': reason,
      },
      value: record.value,
    }),
  );
  await log.append(deadLetterTopicOf(topic), letters);
}

import type { Observation } from '../../core/changes.ts';
import { HubError } from '../../core/errors.ts';
import type { BinlogEvent, BinlogPlace } from '../../drivers/binlog.ts';
import { codeOf, type WatchedTables } from '../watched-tables.ts';
import { writePosition } from './place.ts';

/** Gathers what transactions did to dossiers until it is handed over: of each dossier, the last that is known. */
export interface Observer {
  /** @throws HubError SOURCE_MALFORMED for a table without the column of the code */
  take(event: BinlogEvent): void;
  /** How many dossiers wait to be handed over. */
  readonly size: number;
  /** Where reading may begin anew: the end of the last whole transaction. */
  readonly place: BinlogPlace;
  /** Of the latest transaction taken, where the server gives such numbers. */
  readonly gtid: string | null;
  /** Hands over what was gathered and forgets it. */
  drain(): readonly Observation[];
}

export function createObserver(tables: WatchedTables, start: BinlogPlace, unique: boolean): Observer {
  const keys = new Map(tables.map(({ table, key }) => [table.toLowerCase(), key]));
  const main = tables[0].table.toLowerCase();
  let place = start;
  let gtid: string | null = null;
  let found = new Map<string, Observation>();
  const note = (observation: Extract<Observation, { code: string }>) => {
    found.delete(observation.code);
    found.set(observation.code, observation);
  };
  return {
    get size() {
      return found.size;
    },
    get place() {
      return place;
    },
    get gtid() {
      return gtid;
    },
    take(event) {
      if (event.kind !== 'row') {
        // MariaDB writes no position at statements within a transaction.
        if (event.place.position > 0) place = event.place;
        return;
      }
      gtid = event.gtid;
      const table = event.table.toLowerCase();
      const key = keys.get(table);
      if (key === undefined) return;
      const where = `${writePosition({ place, after: null })} ${event.table}`;
      const gone = event.after === null && table === main && unique;
      const rows = [event.before, event.after].filter((row) => row !== null);
      if (rows.some((row) => !(key in row))) {
        throw new HubError('SOURCE_MALFORMED', `the table ${event.table} has no column ${key}`, { field: key });
      }
      const images = rows.map((row) => codeOf(row[key]));
      for (const code of new Set(images)) {
        if (code === null) continue;
        note({ kind: gone ? 'gone' : 'touched', code, occurredAt: event.at, place: where });
      }
    },
    drain() {
      const observations = [...found.values()];
      found = new Map();
      return observations;
    },
  };
}

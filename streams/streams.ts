import type { Catalogues } from '../catalogues/catalogue.ts';
import { deadLetterTopicOf, topicOf } from '../core/event.ts';
import type { EventLog } from '../core/event-log.ts';
import type { OpenSector } from '../core/open-sector.ts';
import type { Portal } from '../core/portal.ts';
import type { Database } from '../drivers/database.ts';
import { createCapture } from './capture/capture.ts';
import { createDeliverer } from './deliver.ts';
import { openEventLog } from './logs/open-log.ts';
import { openPortal } from './portals/open-portal.ts';
import { createProjector } from './project.ts';
import type { StreamRole } from './roles.ts';
import type { StreamSettings } from './settings.ts';

/** The stream of changes as far as this process takes part in it. */
export interface Streams {
  readonly log: EventLog;
  /** Begins to work; what cannot be reached is tried again and does not stop the start. */
  start(): Promise<void>;
  /** Resolves when what the systems held at the call is in the index. Bounded by its caller. */
  caughtUp(): Promise<void>;
  /** A sector's system has called. */
  kick(sector: string): void;
  /** Rejects when a part ended for good: the log lost records that were not read yet. Resolves once it is closed. */
  readonly ended: Promise<void>;
  close(): Promise<void>;
}

export interface StreamsOptions {
  readonly roles: ReadonlySet<StreamRole>;
  readonly database: Database;
  readonly sectors: readonly OpenSector[];
  readonly catalogues: Catalogues;
  readonly settings: StreamSettings;
  /** Names this process in leases and claims. */
  readonly holder: string;
  readonly now: () => number;
  readonly warn: (message: string, details?: Readonly<Record<string, unknown>>) => void;
  /** Told after every commit of projection in this process. */
  readonly onApplied: () => void;
}

export function createStreams(options: StreamsOptions): Streams {
  const { roles, database, sectors, catalogues, settings, holder, now, warn } = options;
  const log = openEventLog({ settings, database, warn, now });
  const roleOf = sectors.flatMap(({ id, declaration }) =>
    declaration.dossiers === undefined ? [] : [{ id, role: declaration.dossiers.role }],
  );
  const portal: Portal | null = settings.PORTAL_URL === '' ? null : openPortal(settings);
  const capture = roles.has('capture') ? createCapture({ sectors, database, log, settings, holder, now, warn }) : null;
  const deliverer =
    roles.has('deliver') && portal !== null
      ? createDeliverer({ database, portal, catalogues, sectors: roleOf, settings, holder, now, warn })
      : null;
  const projector = roles.has('project')
    ? createProjector({
        database,
        log,
        sectors: roleOf,
        catalogues,
        now,
        warn,
        onApplied: () => {
          deliverer?.kick();
          options.onApplied();
        },
      })
    : null;

  const closed = Promise.withResolvers<void>();

  return {
    log,
    ended: projector?.ended ?? closed.promise,
    async start() {
      const topics = roleOf.flatMap(({ id }) => [topicOf(id), deadLetterTopicOf(topicOf(id))]);
      await log.prepare(topics);
      await projector?.start();
      capture?.start();
      deliverer?.start();
    },
    async caughtUp() {
      await capture?.caughtUp();
      await projector?.caughtUp();
      // Which dossiers are a sector's to follow is known only once the counter's are in the index.
      await capture?.caughtUp();
      await projector?.caughtUp();
    },
    kick: (sector) => capture?.kick(sector),
    async close() {
      await Promise.all([capture?.close(), deliverer?.close()]);
      await projector?.close();
      await portal?.close();
      await log.close();
      closed.resolve();
    },
  };
}

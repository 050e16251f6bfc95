import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { Logger } from 'pino';
import { loadCatalogues } from './catalogues/catalogue.ts';
import { createSeal } from './core/seal.ts';
import { readSettings, SettingsFault } from './core/setting.ts';
import { addCallbackRoute } from './gateway/callback-route.ts';
import { createGateway, type Gateway } from './gateway/gateway.ts';
import { loopbackAddress } from './gateway/loopback.ts';
import { makeDataFolder } from './hub/data-folder.ts';
import { readSealingKey } from './hub/sealing-key.ts';
import { type Environment, findSectors, openSectors, sdlOf } from './hub/sectors.ts';
import { type HubSettings, hubSettings } from './hub/settings.ts';
import { storeUrl } from './hub/store-url.ts';
import { type SupervisedStreams, superviseStreams } from './hub/supervise-streams.ts';
import { watchSystems } from './hub/watch-systems.ts';
import { checkSchema } from './resolvers/check-schema.ts';
import { createOperation } from './resolvers/operation.ts';
import type { Registry } from './resolvers/registry.ts';
import { buildSchema, type SectorSdl } from './resolvers/schema.ts';
import { createCaptureStatus } from './store/capture-status.ts';
import { createDossierIndex } from './store/dossier-index.ts';
import { openStore, type Store } from './store/store.ts';
import { createCallbackDesk } from './streams/capture/callbacks.ts';
import { settingsAtOdds } from './streams/check-settings.ts';
import { createSyncDesk } from './streams/deliver/desk.ts';
import { createFeed } from './streams/feed.ts';
import { readRoles, type StreamRole } from './streams/roles.ts';
import { createStreams } from './streams/streams.ts';

export interface Hub {
  readonly gateway: Gateway;
  readonly registry: Registry;
  /** Resolves when every change that the systems held at the call is in the index; its caller bounds it. */
  caughtUp(): Promise<void>;
  /** Rejects when the stream of changes ended for good in this process. */
  readonly ended: Promise<void>;
  /** Stops accepting, lets operations finish, closes every system. May be called twice. */
  close(): Promise<void>;
}

export interface HubOptions {
  readonly environment: Environment;
  readonly logger: Logger;
  /** What this process does, as given with `--role`; everything when absent. */
  readonly roles?: readonly string[] | undefined;
  /** UTC milliseconds; a test may hold it still. */
  readonly now?: (() => number) | undefined;
  /** Folders with sectors; the repository's own when absent. */
  readonly sectorDirectories?: readonly string[] | undefined;
  /** What the query editor shows when it is opened. */
  readonly defaultQuery?: string | undefined;
}

const root = import.meta.dirname;

/**
 * Wires the house: settings, sectors, catalogues, schema, gateway. Listens to nothing yet.
 *
 * @throws SettingsFault with every fault of settings and declarations at once; a system that is down is no fault
 */
export async function createHub(options: HubOptions): Promise<Hub> {
  const { environment, logger, now = Date.now } = options;
  const faults: string[] = [];
  const settings = readSettings(hubSettings, environment, faults);
  faults.push(...settingsAtOdds(settings));
  const roles = readRoles(options.roles ?? [], faults);
  const ownSectors = options.sectorDirectories ?? [join(root, 'sectors')];
  const directories = settings.SECTORS_DIR ? [...ownSectors, resolve(settings.SECTORS_DIR)] : ownSectors;
  const found = await findSectors(directories, faults);
  const warn = (message: string, details?: Readonly<Record<string, unknown>>) => logger.warn({ ...details }, message);
  const sectors = openSectors(found, { environment, faults, warn });
  await loopbackAddress(settings.HOST).catch((error: unknown) => {
    if (!(error instanceof SettingsFault)) throw error;
    faults.push(...error.faults);
  });
  if (faults.length > 0) {
    await Promise.all(sectors.flatMap(({ sources }) => [...sources.values()].map(({ source }) => source.close())));
    throw new SettingsFault(faults);
  }

  makeDataFolder(settings.DATA_DIR);
  const seal = createSeal(readSealingKey(settings));
  const store = await openStore(storeUrl(settings), { seal });
  const { database } = store;
  const catalogues = loadCatalogues(join(root, 'catalogues'));
  const feed = createFeed({ database, warn });
  const closeSystems = async () => {
    await Promise.all(sectors.flatMap(({ sources }) => [...sources.values()].map(({ source }) => source.close())));
    await store.close();
  };
  try {
    const registry: Registry = {
      sectors,
      catalogues,
      seal,
      numberPairs: store.numberPairs,
      index: createDossierIndex(database),
      captureStatus: createCaptureStatus(database),
      feed,
      sync: createSyncDesk({ database, now }),
      now,
      limits: {
        callsPerOperation: settings.CALLS_PER_OPERATION,
        recordsPerOperation: settings.RECORDS_PER_OPERATION,
        searchHits: settings.SEARCH_HITS,
        indexStaleMs: settings.INDEX_STALE_MS,
      },
    };
    const streams = superviseStreams({
      open: () =>
        createStreams({
          ...{ roles, database, sectors, catalogues, settings, now, warn },
          holder: holderName(),
          onApplied: () => feed.wake(),
        }),
      logger,
    });
    const gateway = await openGateway({ registry, sdl: sdlOf(found), store, settings, options, roles, streams });
    if (roles.has('gateway') || roles.has('capture')) {
      const onKept = (sector: string) => streams.kick(sector);
      addCallbackRoute(gateway.fastify, createCallbackDesk({ sectors, database, now, warn, onKept }));
    }
    const watch = roles.has('gateway') ? watchSystems(registry, settings.HEALTH_INTERVAL_MS) : { close() {} };
    streams.start();
    let closed: Promise<void> | undefined;
    const closeAll = async () => {
      watch.close();
      await Promise.all([gateway.close(), streams.close()]);
      await feed.close();
      await closeSystems();
    };
    return {
      gateway,
      registry,
      caughtUp: () => streams.caughtUp(),
      ended: streams.ended,
      close() {
        closed ??= closeAll();
        return closed;
      },
    };
  } catch (error) {
    await feed.close();
    await closeSystems();
    throw error;
  }
}

/** Names this process in leases: of two on one machine, and of one before and after its restart. */
function holderName(): string {
  return `${hostname().slice(0, 20)}:${process.pid}:${randomUUID().slice(0, 8)}`;
}

/** @throws SettingsFault for SDL that the declarations do not fill */
async function openGateway(parts: {
  registry: Registry;
  sdl: readonly SectorSdl[];
  store: Store;
  settings: HubSettings;
  options: HubOptions;
  roles: ReadonlySet<StreamRole>;
  streams: SupervisedStreams;
}): Promise<Gateway> {
  const { registry, sdl, store, settings, options, roles, streams } = parts;
  const schema = buildSchema(registry, sdl);
  const misfits = checkSchema(schema, registry.sectors);
  if (misfits.length > 0) throw new SettingsFault(misfits);
  return createGateway({
    // A process of the stream answers for its health alone.
    schema: roles.has('gateway') ? schema : null,
    settings,
    logger: options.logger,
    defaultQuery: options.defaultQuery,
    ready: async () => {
      const reachable = await store.check().then(
        () => true,
        () => false,
      );
      const changes = streams.state();
      return {
        ready: reachable && changes !== 'stopped',
        parts: { store: reachable ? 'reachable' : 'unreachable', changes },
      };
    },
    contextFor: ({ requestId, signal }) =>
      createOperation(registry, {
        signal,
        // Until access is built there is one caller, on the loopback interface.
        caller: { actor: 'demo', purpose: 'demo', requestId },
      }),
  });
}

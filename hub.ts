import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import type { Logger } from 'pino';
import { loadCatalogues } from './catalogues/catalogue.ts';
import { createSeal } from './core/seal.ts';
import { readSettings, SettingsFault } from './core/setting.ts';
import { createPresenter } from './gateway/authenticate.ts';
import { addCallbackRoute } from './gateway/callback-route.ts';
import { createGateway, type Gateway } from './gateway/gateway.ts';
import { bindableAddress } from './gateway/loopback.ts';
import { type AccessParts, openAccessParts } from './hub/access-parts.ts';
import { closedAccess } from './hub/closed-access.ts';
import { makeDataFolder } from './hub/data-folder.ts';
import { exposureOf, identityFaults } from './hub/identity-faults.ts';
import { listed } from './hub/listed.ts';
import { misspeltSettings } from './hub/misspelt-settings.ts';
import { readRegisteredOperations } from './hub/registered-operations.ts';
import { keepVisitsShort } from './hub/remove-visits.ts';
import { readSealingKey } from './hub/sealing-key.ts';
import { type Environment, findSectors, namesOfSettings, openSectors, sdlOf } from './hub/sectors.ts';
import { type HubSettings, hubSettings } from './hub/settings.ts';
import { settingsAtOdds } from './hub/settings-at-odds.ts';
import { openOwnStore } from './hub/store-url.ts';
import { type SupervisedStreams, superviseStreams } from './hub/supervise-streams.ts';
import { readTls } from './hub/tls.ts';
import { watchSystems } from './hub/watch-systems.ts';
import { type AccessRules, accessRulesOf } from './resolvers/access-rules.ts';
import { checkSchema } from './resolvers/check-schema.ts';
import { guardedSchemaOf } from './resolvers/guarded-schema.ts';
import { createOperation } from './resolvers/operation.ts';
import type { Registry } from './resolvers/registry.ts';
import { buildSchema, readSharedSdl, type SectorSdl } from './resolvers/schema.ts';
import { createCaptureStatus } from './store/capture-status.ts';
import { createDossierIndex } from './store/dossier-index.ts';
import type { Store } from './store/store.ts';
import { createVisits } from './store/visits.ts';
import { createCallbackDesk } from './streams/capture/callbacks.ts';
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
  /** Made from the settings when absent. No setting leads here: tests and benchmarks of something else give their own. */
  readonly access?: AccessParts | undefined;
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
  const sdl = sdlOf(found);
  const rules = accessRulesOf([...readSharedSdl().map((text) => ({ sector: 'hub', sdl: text })), ...sdl], faults);
  const sectors = openSectors(found, { environment, faults, warn });
  if (roles.has('gateway') && options.access === undefined) faults.push(...(await identityFaults(settings)));
  await bindableAddress(settings.HOST, exposureOf(settings)).catch((error: unknown) => {
    if (!(error instanceof SettingsFault)) throw error;
    faults.push(...error.faults);
  });
  if (faults.length > 0) {
    await Promise.all(sectors.flatMap(({ sources }) => [...sources.values()].map(({ source }) => source.close())));
    throw new SettingsFault(faults);
  }

  for (const message of misspeltSettings(Object.keys(environment), namesOfSettings(found))) warn(message);
  makeDataFolder(settings.DATA_DIR);
  const seal = createSeal(readSealingKey(settings));
  const store = await openOwnStore(settings, { seal });
  const { database } = store;
  const catalogues = loadCatalogues(join(root, 'catalogues'));
  const feed = createFeed({ database, warn });
  let access = options.access;
  const closeSystems = async () => {
    await access?.close();
    await Promise.all(sectors.flatMap(({ sources }) => [...sources.values()].map(({ source }) => source.close())));
    await store.close();
  };
  try {
    const openParts = () =>
      openAccessParts({ settings, database, catalogues, now, warn, sectors: sectors.map(({ id }) => id) });
    access ??= roles.has('gateway') ? await openParts() : closedAccess();
    const shared: Omit<Registry, 'access'> = {
      sectors,
      catalogues,
      seal,
      numberPairs: store.numberPairs,
      index: createDossierIndex(database),
      captureStatus: createCaptureStatus(database),
      feed,
      sync: createSyncDesk({ database, now }),
      visits: createVisits(database, { atOnce: settings.VISITS_AT_ONCE, perDay: settings.VISITS_PER_DAY }),
      audit: access.audit,
      now,
      limits: {
        callsPerOperation: settings.CALLS_PER_OPERATION,
        recordsPerOperation: settings.RECORDS_PER_OPERATION,
        searchHits: settings.SEARCH_HITS,
        indexStaleMs: settings.INDEX_STALE_MS,
      },
    };
    const registry: Registry = { ...shared, access: access.desk(shared, rules) };
    const streams = superviseStreams({
      open: () =>
        createStreams({
          ...{ roles, database, sectors, catalogues, settings, now, warn },
          holder: holderName(),
          onApplied: () => feed.wake(),
        }),
      logger,
    });
    const gateway = await openGateway({ registry, sdl, rules, access, store, settings, options, roles, streams });
    if (roles.has('gateway') || roles.has('capture')) {
      const onKept = (sector: string) => streams.kick(sector);
      addCallbackRoute(gateway.fastify, createCallbackDesk({ sectors, database, now, warn, onKept }), {
        perMinute: settings.CALLBACKS_PER_MINUTE,
        presentedBy: createPresenter({ behindProxy: settings.BEHIND_PROXY === 'on' }),
      });
    }
    const watch = roles.has('gateway') ? watchSystems(registry, settings.HEALTH_INTERVAL_MS) : { close() {} };
    const visits = roles.has('gateway')
      ? keepVisitsShort({ database, days: settings.VISIT_RETENTION_DAYS, warn })
      : { async close() {} };
    streams.start();
    let closed: Promise<void> | undefined;
    const closeAll = async () => {
      watch.close();
      await Promise.all([gateway.close(), streams.close(), visits.close()]);
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
  rules: AccessRules;
  access: AccessParts;
  store: Store;
  settings: HubSettings;
  options: HubOptions;
  roles: ReadonlySet<StreamRole>;
  streams: SupervisedStreams;
}): Promise<Gateway> {
  const { registry, sdl, rules, access, store, settings, options, roles, streams } = parts;
  const schema = buildSchema(registry, sdl);
  const misfits = checkSchema(schema, registry.sectors, rules);
  if (misfits.length > 0) throw new SettingsFault(misfits);
  return createGateway({
    // A process of the stream answers for its health alone.
    schema: roles.has('gateway') ? schema : null,
    guardedSchema: guardedSchemaOf(schema),
    settings,
    logger: options.logger,
    now: options.now,
    defaultQuery: options.defaultQuery,
    ready: async () => {
      const reachable = await store.check().then(
        () => true,
        () => false,
      );
      const changes = streams.state();
      const parts = access.state();
      return {
        ready: reachable && changes !== 'stopped' && parts.audit !== 'unwritable',
        parts: { store: reachable ? 'reachable' : 'unreachable', changes, ...parts },
      };
    },
    authenticate: access.authenticate,
    noteRefusal: access.noteRefusal,
    introspection: access.introspection,
    limits: access.limits,
    registered: readRegisteredOperations(settings, schema),
    tls: readTls(settings),
    behindProxy: settings.BEHIND_PROXY === 'on',
    names: listed(settings.PUBLIC_NAMES.toLowerCase()),
    origins: listed(settings.CORS_ORIGINS),
    contextFor: async ({ signal, ...asked }) => {
      const { access: own, caller, guarded, settle } = await registry.access.open({ ...asked, schema });
      return { value: createOperation(registry, { caller, access: own, signal }), guarded, settle };
    },
  });
}

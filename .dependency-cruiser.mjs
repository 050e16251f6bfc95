/**
 * The floors of the house, as a check. A room may look at its own floor's words and at what lies below, never up and
 * never aside. `test/floors.test.ts` shows every rule red once.
 */

/** Room → the rooms it may look at, besides itself. */
const ROOMS = {
  core: [],
  catalogues: ['core'],
  schema: ['core'],
  drivers: ['core'],
  store: ['core', 'drivers'],
  connectors: ['core', 'drivers'],
  kit: ['core', 'connectors'],
  streams: ['core', 'drivers', 'store', 'connectors', 'catalogues'],
  resolvers: ['core', 'schema', 'catalogues', 'store', 'streams'],
  gateway: ['core', 'schema'],
  identity: ['core', 'drivers'],
  audit: ['core', 'drivers', 'store'],
  web: [],
};

/** Packages that stand for one technology: each is imported in one file, so that it can be changed in one place. */
const DRIVER_PACKAGES = {
  '@apollo/server': '^gateway/',
  '@vlasky/zongji': '^drivers/binlog\\.ts$',
  'graphql-jit': '^gateway/',
  'graphql-ws': '^gateway/subscriptions/web-socket\\.ts$',
  ws: '^gateway/subscriptions/web-socket\\.ts$',
  'csv-parse': '^catalogues/table\\.ts$|^connectors/file/csv|^stand-ins/',
  cockatiel: '^connectors/guard\\.ts$',
  dataloader: '^resolvers/loader\\.ts$',
  '@graphql-tools/schema': '^resolvers/schema\\.ts$',
  fastify: '^gateway/',
  '@fastify/cors': '^gateway/',
  jose: '^identity/|^stand-ins/issuer/',
  'iconv-lite': '^connectors/text/single-byte\\.ts$',
  kafkajs: '^drivers/kafka\\.ts$',
  knex: '^drivers/(database|sqlite-dialect)\\.ts$',
  mysql2: '^drivers/mysql\\.ts$',
  'read-excel-file': '^connectors/file/xlsx-worker\\.ts$',
  saxes: '^connectors/xml/saxes\\.ts$',
  undici: '^drivers/http\\.ts$',
};

const floors = Object.entries(ROOMS).map(([room, below]) => ({
  name: `floor-${room}`,
  comment: `${room}/ may look only at ${below.length > 0 ? below.join(', ') : 'nothing of the house'}.`,
  severity: 'error',
  from: { path: `^${room}/` },
  to: {
    dependencyTypesNot: ['core'],
    path: '^[^/]+\\.ts$|^[^/]+/',
    pathNot: `^(${[room, ...below].join('|')})/|^node_modules/`,
  },
}));

const packages = Object.entries(DRIVER_PACKAGES).map(([name, home]) => ({
  name: `package-${name.replaceAll(/[@/]/g, '-')}`,
  comment: `${name} is imported in one place only: ${home}`,
  severity: 'error',
  from: { path: '^[^/]+/|^[^/]+\\.ts$', pathNot: `${home}|^(test|bench)/` },
  to: { path: `^node_modules/${name}(/|$)` },
}));

export default {
  forbidden: [
    ...floors,
    ...packages,
    {
      name: 'sector-imports-only-types-of-the-kit',
      comment: 'A sector can live outside the repository: it takes the kit as an argument and imports its type alone.',
      severity: 'error',
      from: { path: '^sectors/[^/]+/[^/]+\\.ts$' },
      to: { dependencyTypesNot: ['core', 'type-only'], path: '.' },
    },
    {
      name: 'sector-knows-the-kit-alone',
      comment: 'Even of types, a sector takes the kit’s only.',
      severity: 'error',
      from: { path: '^sectors/[^/]+/[^/]+\\.ts$' },
      to: { dependencyTypes: ['type-only'], path: '.', pathNot: '^kit/|^sectors/' },
    },
    {
      name: 'sector-never-another-sector',
      comment: 'What two sectors share belongs into the kit.',
      severity: 'error',
      from: { path: '^sectors/([^/]+)/' },
      to: { path: '^sectors/', pathNot: '^sectors/$1/' },
    },
    {
      name: 'sector-not-its-stand-in',
      comment: 'A declaration that reads its stand-in would read itself.',
      severity: 'error',
      from: { path: '^sectors/[^/]+/[^/]+\\.ts$' },
      to: { path: '/stand-in/' },
    },
    {
      name: 'stand-in-imports-nothing-of-the-hub',
      comment: 'A stand-in is another system: it shares with the hub its wire format and nothing else.',
      severity: 'error',
      from: { path: '^stand-ins/|^sectors/[^/]+/stand-in/' },
      to: {
        dependencyTypesNot: ['core'],
        path: '^[^/]+/|^[^/]+\\.ts$',
        pathNot: '^stand-ins/|^sectors/[^/]+/stand-in/|^node_modules/',
      },
    },
    {
      name: 'nobody-looks-at-tests',
      severity: 'error',
      comment: 'Tests and benchmarks look at everything; nothing looks back.',
      from: { pathNot: '^(test|bench)/' },
      to: { path: '^(test|bench)/' },
    },
    {
      name: 'hub-only-above',
      severity: 'error',
      comment: 'hub.ts, cli.ts and hub/ wire everything; nothing below knows of them.',
      from: { path: '^[^/]+/', pathNot: '^(hub|test|bench)/' },
      to: { path: '^hub/|^(hub|cli)\\.ts$' },
    },
    {
      name: 'no-circles',
      severity: 'error',
      comment: 'A circle has no floor.',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'imports-resolve',
      severity: 'error',
      comment: 'Unresolvable imports hide what they lead to.',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^(data|coverage|\\.stryker-tmp|node_modules/\\.)' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    moduleSystems: ['es6'],
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'] },
  },
};

/** Code of which every weakened check has to make a test fail, in portions that share their tests. */
export interface Portion {
  readonly mutate: readonly string[];
  /** Suites that hold it, and no servers: they are run for every mutant. */
  readonly tests: readonly string[];
  /** Per cent of the mutants that must die. */
  readonly least: number;
}

export const PORTIONS = {
  /** Who may see what. */
  grants: {
    mutate: ['core/access/*.ts', 'hub/agency-tree.ts'],
    tests: ['test/access/{agency-tree,bearers,can,can-answers,policy,units}.test.ts'],
    least: 100,
  },
  /** Which class each field has, and the second net. */
  rules: {
    mutate: ['resolvers/access-rules.ts', 'resolvers/guarded-schema.ts'],
    tests: ['test/access/{rules,guard}.test.ts'],
    least: 100,
  },
  /** What an operation may see, and what is logged of it. */
  desk: {
    mutate: ['resolvers/access.ts', 'resolvers/access-desk.ts'],
    tests: ['test/access/{asked-numbers,desk,looked-for,old-number,operation-access,shared-number}.test.ts'],
    least: 95,
  },
  /** Whom a token speaks for. */
  tokens: {
    mutate: ['identity/verify.ts', 'identity/claims.ts'],
    tests: ['test/identity/{verify,bearer}.test.ts'],
    least: 100,
  },
  /** By which keys it is believed. */
  keys: {
    mutate: ['identity/key-set.ts'],
    tests: ['test/identity/{key-set,key-reading}.test.ts'],
    least: 95,
  },
  /** How the access log is written, and how it is verified. */
  log: {
    mutate: [
      'audit/chain.ts',
      'audit/index-check.ts',
      'audit/subject-keys.ts',
      'audit/verify.ts',
      'audit/verify-chain.ts',
    ],
    tests: [
      'test/audit/{index-check,retain,subject-keys,verify,verify-days,verify-heads,verify-log,verify-while-removed}.test.ts',
      'test/audit/write-{after,chain,gap}.test.ts',
    ],
    least: 95,
  },
  /** What waits to be logged, what is refused when it cannot be, and what leaves only then. */
  writing: {
    mutate: ['audit/waiting.ts', 'audit/writer.ts', 'gateway/settle.ts'],
    tests: [
      'test/audit/{waiting,write-gap,write-heads,writer,writer-end,writer-pauses}.test.ts',
      'test/gateway/settle.test.ts',
    ],
    least: 95,
  },
  /** How signed heads leave, and how they are read where they arrived. */
  heads: {
    mutate: ['audit/{exported-heads,heads-places,heads-queue,last-heads,parse-head}.ts'],
    tests: ['test/audit/{exported-heads,heads,heads-backlog,heads-places,heads-queue,last-heads}.test.ts'],
    least: 95,
  },
  /** What an entry looks like, and what is none. */
  entries: {
    mutate: ['audit/lines.ts'],
    tests: ['test/audit/{lines,verify,write-chain}.test.ts'],
    least: 95,
  },
  /** What a chain says of those before it, and how long is waited for the log. */
  before: {
    mutate: ['audit/bounded.ts', 'audit/chain-before.ts'],
    tests: ['test/audit/{bounded,chain-before}.test.ts'],
    least: 95,
  },
  /** What entries are found by, and what puts that right. */
  indexing: {
    mutate: ['audit/indexer.ts', 'audit/mend-index.ts'],
    tests: ['test/audit/{index-check,index-rows,indexer,indexer-steps,mend-index}.test.ts'],
    least: 95,
  },
  /** What is removed of the log, and what never. */
  removing: {
    mutate: ['audit/retain.ts'],
    tests: ['test/audit/{retain,retain-steps}.test.ts'],
    least: 95,
  },
  /** Which fields were asked, and which of a record are withheld. */
  fields: {
    mutate: ['resolvers/asked-fields.ts', 'resolvers/records.ts'],
    tests: ['test/access/{asked-fields,asked-record,desk,record,second-net,shared-number}.test.ts'],
    least: 95,
  },
  /** What a record shows that another one leads to. */
  linked: {
    mutate: ['resolvers/linked-records.ts', 'resolvers/personal-fields.ts'],
    tests: ['test/access/{linked-judgement,part-record,record-rows}.test.ts'],
    least: 95,
  },
  /** Who is told what of the log, and what a visit allows. */
  reading: {
    mutate: ['audit/reader.ts', 'resolvers/access-log.ts', 'store/visits.ts', 'store/visit-places.ts'],
    tests: ['test/audit/{access-log,read-log,reader}.test.ts', 'test/access/{desk,visits,visit-bounds}.test.ts'],
    least: 95,
  },
  /** How often, how many at once and how much may be asked, and which refusals of it are noted. */
  bounds: {
    mutate: ['gateway/limits/{allowance,counted-refusals,name,operation-limits,rate,registered,seats}.ts'],
    tests: ['test/gateway/{allowance,connection-places,counted-refusals,limits,places,registered}.test.ts'],
    least: 95,
  },
  /** Under which tokens, and on which connections, something goes on being told. */
  listening: {
    mutate: ['gateway/subscriptions/{connections,token-watch}.ts'],
    tests: ['test/gateway/{connection-places,token-watch}.test.ts'],
    least: 95,
  },
  /** Who enters, and with what. */
  door: {
    mutate: ['gateway/{authenticate,door}.ts', 'gateway/limits/breadth.ts'],
    tests: ['test/gateway/{door,limits}.test.ts'],
    least: 95,
  },
  /** Who is asked for by a number, and who is found by a name. */
  people: {
    mutate: ['resolvers/{citizens,search-citizens}.ts'],
    tests: [
      'test/access/{asked-numbers,desk,looked-for,own-search,shared-number}.test.ts',
      'test/resolvers/{citizens-grouping,citizens-told,dossiers-of-person,identity,links-of-records,record-owner}.test.ts',
    ],
    least: 95,
  },
  /** Which numbers and statements are one person's. */
  sameness: {
    mutate: ['resolvers/{own-numbers,same-person}.ts'],
    tests: [
      'test/access/{asked-numbers,desk,linked-judgement,named-by-old,shared-number,subscriptions}.test.ts',
      'test/resolvers/{dossiers-of-person,identity,record-owner}.test.ts',
    ],
    least: 95,
  },
  /** What is told of a dossier, and to whom. */
  dossiers: {
    mutate: ['resolvers/{dossier-facts,dossier-node,dossiers}.ts'],
    tests: [
      'test/access/{desk,dossier-facts,dossier-fields,dossiers-elsewhere,looked-for,shared-number}.test.ts',
      'test/resolvers/{dossier-list,dossier-told,dossiers,dossiers-of-person}.test.ts',
    ],
    least: 95,
  },
  /** Which dossiers a list holds. */
  lists: {
    mutate: ['resolvers/dossier-list.ts'],
    tests: [
      'test/access/{asked-numbers,dossiers-elsewhere,looked-for,shared-number}.test.ts',
      'test/resolvers/{dossier-list,dossier-told,dossiers-of-person}.test.ts',
    ],
    least: 95,
  },
  /** What dossiers may be filtered by, and which text looks for people. */
  filters: {
    mutate: ['resolvers/dossier-filter.ts'],
    tests: ['test/resolvers/dossier-filter.test.ts'],
    least: 95,
  },
  /** What hangs on a person or a record, and what is asked for by a key of its own. */
  links: {
    mutate: ['resolvers/links.ts'],
    tests: ['test/access/{linked-judgement,part-record,several-ways}.test.ts', 'test/resolvers/links*.test.ts'],
    least: 95,
  },
  /** Visits, deliveries and what is told to subscribers: who may do what to which unit's. */
  acts: {
    mutate: ['resolvers/{subscriptions,sync,visits}.ts'],
    tests: [
      'test/access/{asked-numbers,chosen-changes,deliveries,shared-number,subscriptions,visit-bounds,visit-tries,visits-elsewhere}.test.ts',
      'test/resolvers/{changes,sync}.test.ts',
    ],
    least: 95,
  },
  /** What operations cost. */
  cost: {
    mutate: ['gateway/limits/cost.ts'],
    tests: ['test/gateway/cost.test.ts'],
    least: 95,
  },
} as const satisfies Readonly<Record<string, Portion>>;

/** The portion that this process is about; MUTATION_PORTION names it. */
export function currentPortion(): Portion {
  const portion = (PORTIONS as Readonly<Record<string, Portion>>)[process.env.MUTATION_PORTION ?? ''];
  if (portion === undefined) throw new Error(`MUTATION_PORTION: expected one of ${Object.keys(PORTIONS).join(', ')}`);
  return portion;
}

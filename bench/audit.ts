import { createSecretKey, generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openAuditDatabase } from '../audit/database.ts';
import { readExportedHeads } from '../audit/exported-heads.ts';
import { openHeads } from '../audit/heads.ts';
import { publicKeyOf } from '../audit/keys.ts';
import { auditSettings } from '../audit/settings.ts';
import { verifyLog } from '../audit/verify.ts';
import { openWriter } from '../audit/writer.ts';
import { type AuditRecord, subjectHash, subjectKeyId } from '../core/audit.ts';
import { readSettings } from '../core/setting.ts';

/**
 * How fast the access log takes records of one subject each, and how fast it is indexed and verified:
 *
 *     node bench/audit.ts [--records 200000] [--clients 200] [--url mysql://…]
 */
const { values } = parseArgs({
  options: {
    records: { type: 'string', default: '200000' },
    clients: { type: 'string', default: '200' },
    url: { type: 'string' },
  },
});
const { AUDIT_GROUP_MS: groupMs } = readSettings({ AUDIT_GROUP_MS: auditSettings.AUDIT_GROUP_MS }, process.env, []);
const records = Number(values.records);
const clients = Number(values.clients);
const folder = await mkdtemp(join(tmpdir(), 'lienthong-bench-audit-'));
const { privateKey } = generateKeyPairSync('ed25519');
const subjectKey = createSecretKey(Buffer.alloc(32, 1));
const tell = (text: string) => process.stdout.write(`${text}\n`);
const warn = (text: string) => tell(`warning: ${text}`);

/** A thousand people: a counter's day. */
const hashes = new Map(
  Array.from({ length: 1_000 }, (_, place) => {
    const number = String(100_000_000_000 + place);
    return [number, subjectHash(subjectKey, number)];
  }),
);
const numbers = [...hashes.keys()];
const operation: AuditRecord['operation'] = {
  kind: 'OPERATION',
  request: 'c0ffee00-0000-4000-8000-000000000000',
  actor: 'counter.hanh',
  client: 'counter-desk',
  role: 'counter',
  unit: 'H41.58.01',
  purpose: 'PROCESSING',
  dossier: 'H41.58.01-261119-0007',
  visit: null,
  op: { hash: 'Zk1mXq7mP4oY2rN8sT0vWa', name: 'Citizen', type: 'query' },
  fields: ['Citizen.fullName', 'Citizen.personalNumbers'],
  systems: ['civil-status', 'land'],
  outcome: 'ANSWERED',
  codes: [],
};

const audit = await openAuditDatabase(values.url ?? `sqlite://${join(folder, 'audit.sqlite')}`);
const heads = openHeads({ directory: join(folder, 'heads'), url: '', token: '', warn });
const log = openWriter({
  ...{ audit, heads, now: Date.now, warn, instance: 'bench', groupMs, timeoutMs: 30_000 },
  keys: { signing: privateKey, publicKey: publicKeyOf(privateKey), subjectKeyId: subjectKeyId(subjectKey) },
  hashSubject: (number) => hashes.get(number) ?? '',
});

async function write(many: number, atOnce: number): Promise<readonly number[]> {
  const waits: number[] = [];
  let begun = 0;
  const client = async () => {
    while (begun < many) {
      const number = numbers[begun++ % numbers.length] as string;
      const began = performance.now();
      await log.write({ operation, subjects: [{ number, relation: 'DOSSIER', dossier: null }], personal: true });
      waits.push(performance.now() - began);
    }
  };
  await Promise.all(Array.from({ length: atOnce }, client));
  return waits.sort((one, other) => one - other);
}

async function measure(many: number, atOnce: number): Promise<void> {
  const began = performance.now();
  const cpu = process.cpuUsage();
  const waits = await write(many, atOnce);
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - began) / 1_000;
  const at = (share: number) => (waits[Math.floor(waits.length * share)] ?? 0).toFixed(2);
  const rate = Math.round(many / seconds);
  const each = ((user + system) / many).toFixed(1);
  tell(
    `${many} records, ${atOnce} at once: ${rate}/s, ${each} µs of processor time each, p50 ${at(0.5)} ms, p99 ${at(0.99)} ms`,
  );
}

try {
  // The first ones are compiled on the way.
  await write(2_000, 10);
  await measure(1_000, 1);
  await measure(Math.min(20_000, records), 24);
  await measure(records, clients);
  await log.close();
  const indexing = performance.now();
  const indexer = audit.index();
  await indexer.catchUp();
  await indexer.close();
  tell(`indexed in ${((performance.now() - indexing) / 1_000).toFixed(1)} s`);
  const began = performance.now();
  const { entries } = await verifyLog({
    ...{ database: audit.database, heads: await readExportedHeads(join(folder, 'heads')), retentionDays: 30 },
    ...{ now: Date.now, report: (level, text) => tell(`${level}: ${text}`) },
  });
  tell(`${entries} entries verified in ${((performance.now() - began) / 1_000).toFixed(1)} s`);
} finally {
  await heads.close();
  await audit.close();
  await rm(folder, { recursive: true, force: true });
}

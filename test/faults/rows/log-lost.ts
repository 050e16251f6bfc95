import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { topicOf } from '../../../core/event.ts';
import { openKafka } from '../../../drivers/kafka.ts';
import type { FaultRow, Stage } from '../row.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../../..');
const TASK_MS = 60_000;

export const offsetsLost: FaultRow = {
  number: 12,
  title: 'Kafka has lost the group’s offsets: the place beside the effects counts',
  async run({ cluster, harmed }) {
    await cluster.one('project').stop();
    await withAdmin(cluster, (admin) => admin.deleteGroups(['lienthong-project']));
    harmed();
    await cluster.start('project');
  },
};

export const topicLost: FaultRow = {
  number: 12,
  title: 'a topic and what was not read of it is gone: projection stops loudly, and goes on after recover',
  async run({ cluster, harmed, expect, eventually, note, forgive }) {
    const projector = cluster.one('project');
    // So that there are events that nobody has read when they go.
    await projector.signal('SIGSTOP');
    await delay(3_000);
    await withAdmin(cluster, (admin) => admin.deleteTopics({ topics: [topicOf('land')] }));
    harmed();
    await projector.signal('SIGCONT');
    // Whoever starts finds the topic missing and makes it anew.
    await projector.signal('SIGKILL');
    const next = await cluster.start('project');
    await eventually(() => !next.isRunning(), 'projection ends rather than go on behind the gap', 60_000);
    expect(
      next.said().some((line) => line.includes('changes stop')),
      'it says why',
    );
    await run(process.execPath, [join(ROOT, 'cli.ts'), 'recover'], {
      env: { ...cluster.environment },
      timeout: TASK_MS,
    }).then(({ stdout }) => note(stdout.trim().split('\n').at(-1) ?? ''));
    await cluster.start('project');
    // What only the log had, nobody can bring back into the history.
    forgive((key) => key.startsWith('index land ') && key.endsWith('not in the history'));
  },
};

type Admin = ReturnType<ReturnType<typeof openKafka>['admin']>;

async function withAdmin(cluster: Stage['cluster'], work: (admin: Admin) => Promise<unknown>): Promise<void> {
  const admin = openKafka({ brokers: cluster.kafka().brokers, warn: () => {} }).admin();
  await admin.connect();
  try {
    await work(admin);
  } finally {
    await admin.disconnect();
  }
}

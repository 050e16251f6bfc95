import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { recover } from '../../streams/recover.ts';
import { type CaptureStage, type LandOffice, openCaptureStage, openLandOffice, until } from './capture-stage.ts';

const service = inject('mariadb');
const reason = 'missing' in service ? ` (skipped: ${service.missing})` : '';
const [A, B] = ['H41.12-261120-0001', 'H41.12-261120-0002'] as const;

describe.each(['SQLite', `MariaDB${reason}`])('Recovery of what the log has lost, on %s', (name) => {
  const kind = name === 'SQLite' ? 'SQLite' : 'MariaDB';
  const isSkipped = kind === 'MariaDB' && 'missing' in service;
  let stage: CaptureStage;
  let office: LandOffice;

  beforeAll(async () => {
    if (isSkipped) return;
    stage = await openCaptureStage(kind, service);
    office = await openLandOffice(stage);
  });

  afterAll(async () => {
    await office?.close();
    await stage?.close();
  });

  it.skipIf(isSkipped)('says again which fields cannot be read, once the system was looked at again', async () => {
    const now = Date.now() - (Date.now() % 1_000);
    await office.receive([A, B], now);
    await office.database.knex('HS_HOSO').where('SOBIENNHAN', A).update({ SOCHUNGMINH: '12' });
    await stage.capture([office.sector]).caughtUp();
    await stage.closeCaptures();
    const { database } = stage.store;
    await recover({ database, log: stage.log, sectors: [{ id: office.id }], now: Date.now });
    stage.capture([office.sector]);
    const told = async () =>
      (await stage.events(office.id))
        .filter(({ code }) => code === A)
        .map(({ version, way, faults }) => `${version} ${way} ${faults.map(({ field }) => field).join()}`);
    await until(async () => (await told()).length === 3, { what: 'it was told, told again and read again' });
    expect(await told()).toEqual(['1 poll parties', '1 recover ', '2 poll parties']);
  });
});

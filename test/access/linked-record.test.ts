import { dirname, join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { store as LAND_STORE } from '../../sectors/land/stand-in/index.ts';
import { type GuardedProvince, openGuardedProvince } from './guarded-province.ts';

const HOA = '001085004213';
const SERIAL = 'ZZ 900001';

/** A parcel that Hoà holds with a second certificate, another's, which names a parcel of that other too. */
interface Shared {
  readonly parcel: string;
  readonly other: { readonly number: string; readonly parcel: string };
}

let province: GuardedProvince;
let shared: Shared;

beforeAll(async () => {
  province = await openGuardedProvince();
  shared = addCertificate(join(dirname(dirname(province.store.replace('sqlite://', ''))), LAND_STORE));
}, 120_000);

afterAll(() => province.close());

beforeEach(() => {
  province.logged.length = 0;
});

function addCertificate(file: string): Shared {
  const land = new DatabaseSync(file);
  try {
    const held = (where: string) =>
      land
        .prepare(
          `select person.CANHANID as person, person.SODDCN as number, parcel.THUADATID as id, parcel.SOTHUTUTHUA as parcel
           from DC_QUYENSUDUNGDAT as holding
           join DC_CANHAN as person on person.CANHANID = holding.CANHANID
           join DC_THUADAT as parcel on parcel.THUADATID = holding.THUADATID
           where holding.ISLASTEST = 1 and ${where} order by parcel.THUADATID`,
        )
        .get(HOA) as { person: number; number: string; id: number; parcel: string };
    const own = held('person.SODDCN = ?');
    const other = held(
      `length(person.SODDCN) = 12 and parcel.THUADATID not in
         (select THUADATID from DC_QUYENSUDUNGDAT join DC_CANHAN using (CANHANID) where SODDCN = ?)`,
    );
    land.exec(`insert into DC_GIAYCHUNGNHAN (GIAYCHUNGNHANID, SOPHATHANH, MAXA, BANGMA)
      values (900001, '${SERIAL}', '00001', 'UNICODE')`);
    for (const [id, parcel] of [own.id, other.id].entries()) {
      land.exec(`insert into DC_QUYENSUDUNGDAT (QUYENSUDUNGDATID, THUADATID, CANHANID, GIAYCHUNGNHANID, THUTU, ISLASTEST)
        values (${900_001 + id}, ${parcel}, ${other.person}, 900001, 9, 1)`);
    }
    return { parcel: String(own.parcel), other: { number: String(other.number), parcel: String(other.parcel) } };
  } finally {
    land.close();
  }
}

const WALK = `{ citizen(id: "${HOA}") { landParcels { parcel holders { fullName }
  certificates { serial parcels { parcel disputed holders { fullName } } } } } }`;

interface Parcel {
  readonly parcel: string;
  readonly holders: readonly object[];
  readonly certificates: readonly ({ readonly serial: string; readonly parcels: readonly Parcel[] } | null)[];
}

describe('A record that another one leads to', () => {
  it('is judged as if it had been asked for: the way to a co-holder’s other parcels ends at their certificate', async () => {
    // The second time the operation is compiled.
    for (let time = 0; time < 3; time++) {
      const { data, errors = [], refused } = await province.ask('citizen', WALK);
      const parcels: readonly Parcel[] = data.citizen.landParcels;
      const place = parcels.findIndex(({ parcel }) => parcel === shared.parcel);
      const certificates = parcels[place]?.certificates ?? [];
      const at = certificates.indexOf(null);
      expect(certificates.length).toBeGreaterThan(1);
      expect(certificates.filter((one) => one === null)).toHaveLength(1);
      // What is refused leaves the rest whole.
      expect(certificates.find((one) => one !== null)?.parcels.length).toBeGreaterThan(0);
      expect(refused).toEqual([`citizen.landParcels.${place}.certificates.${at} FORBIDDEN`]);
      expect(errors[0]?.message).toBe('There is nothing here that you may see.');
      expect(JSON.stringify(data)).not.toContain(SERIAL);
    }
  });

  it('is part of the record where nothing else leads to it: co-holders are named', async () => {
    const { data } = await province.ask(
      'citizen',
      `{ citizen(id: "${HOA}") { landParcels { parcel holders { order } } } }`,
    );
    const parcels: readonly Parcel[] = data.citizen.landParcels;
    expect(parcels.find(({ parcel }) => parcel === shared.parcel)?.holders).toContainEqual({ order: 9 });
  });

  it('is refused as well to whoever works on a dossier that does not name its holder, who is then in no log', async () => {
    const own = (await province.ask('citizen', '{ dossiers(first: 1) { nodes { code } } }')).data.dossiers.nodes[0]
      .code;
    province.logged.length = 0;
    const query = `{ citizen(id: "${HOA}") { landParcels { certificates { serial } } } }`;
    const { refused } = await province.ask('counter', query, { purpose: 'PROCESSING', dossier: own });
    expect(refused).toEqual([expect.stringMatching(/^citizen\.landParcels\.\d+\.certificates\.\d+ FORBIDDEN$/)]);
    expect(province.logged[0]?.subjects.map(({ number }) => number)).not.toContain(shared.other.number);
  });

  it('is shown, and its holder noted, where its holder was asked for', async () => {
    const { id: visit } = (await province.ask('counter', 'mutation { openVisit { id } }')).data.openVisit;
    const said = { purpose: 'RECEPTION', visit };
    await province.ask('counter', `{ citizen(id: "${shared.other.number}") { fullName } }`, said);
    province.logged.length = 0;
    const query = `{ landCertificate(serial: "${SERIAL}") { parcels { parcel } } }`;
    const { data, errors } = await province.ask('counter', query, said);
    expect(errors).toBeUndefined();
    const parcels: readonly Parcel[] = data.landCertificate.parcels;
    expect(parcels.map(({ parcel }) => parcel).sort()).toEqual([shared.parcel, shared.other.parcel].sort());
    expect(province.logged[0]?.subjects.map(({ number }) => number)).toContain(shared.other.number);
  });
});

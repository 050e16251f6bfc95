/** The one-stop software as a SQL database: made for the bench, of the same made-up province as everything else. */
import type { Row, SqlPopulation } from '../../sectors/land/stand-in/populate-sql.ts';
import { applicantsId, wireDate } from '../../sectors/one-stop/stand-in/wire.ts';
import { localTime, two } from '../../stand-ins/world/time.ts';
import type { World } from '../../stand-ins/world/types.ts';

/** The counter list that the page of fifty citizens is asked by. */
export const COUNTER_LIST = 'QUAY-01';
const MOST_LISTED = 50;
/** Families apart on the list: neighbours would share parcels and places. */
const EVERY_FAMILY = 7;

const definitions: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  MC_NGUOINOP: {
    ID: 'INTEGER NOT NULL PRIMARY KEY',
    HOTEN: 'VARCHAR(150)',
    SODDCN: 'VARCHAR(12)',
    SOCMND: 'VARCHAR(12)',
    NGAYSINH: 'VARCHAR(10)',
    GIOITINH: 'VARCHAR(5)',
  },
  MC_HOSO: {
    MAHOSO: 'VARCHAR(40) NOT NULL PRIMARY KEY',
    MATHUTUC: 'VARCHAR(40) NOT NULL',
    TENTHUTUC: 'VARCHAR(250)',
    MACOQUAN: 'VARCHAR(40)',
    LOAIDOITUONG: 'INTEGER NOT NULL',
    TENNGUOINOP: 'VARCHAR(150)',
    SONGUOINOP: 'VARCHAR(20)',
    KENH: 'INTEGER NOT NULL',
    TRANGTHAI: 'INTEGER NOT NULL',
    NGAYCAPNHAT: 'DATETIME NOT NULL',
    NGAYTIEPNHAN: 'DATETIME',
    NGAYHENTRA: 'DATETIME',
    NGAYKETTHUC: 'DATETIME',
    NGAYTRA: 'DATETIME',
    DSLIENQUAN: 'VARCHAR(1000)',
  },
  MC_XULY: {
    ID: 'INTEGER NOT NULL PRIMARY KEY',
    MAHOSO: 'VARCHAR(40) NOT NULL',
    STT: 'INTEGER NOT NULL',
    NGUOIXULY: 'VARCHAR(150)',
    CHUCVU: 'VARCHAR(100)',
    DONVI: 'VARCHAR(250)',
    NOIDUNG: 'VARCHAR(500)',
    THOIDIEM: 'DATETIME NOT NULL',
    TRANGTHAI: 'INTEGER NOT NULL',
  },
  MC_LEPHI: {
    ID: 'INTEGER NOT NULL PRIMARY KEY',
    MAHOSO: 'VARCHAR(40) NOT NULL',
    TEN: 'VARCHAR(250)',
    MA: 'VARCHAR(40)',
    SOTIEN: 'DECIMAL(14,0)',
    DANOP: 'INTEGER NOT NULL',
  },
  MC_LICH: { MALICH: 'VARCHAR(20) NOT NULL PRIMARY KEY', DANHSACH: 'VARCHAR(1000) NOT NULL' },
};

export function oneStopPopulation(world: World): SqlPopulation {
  return {
    ddl: Object.entries(definitions).map(
      ([name, columns]) =>
        `CREATE TABLE ${name} (${Object.entries(columns)
          .map(([column, type]) => `${column} ${type}`)
          .join(', ')})`,
    ),
    tables: Object.entries(definitions).map(([name, columns]) => ({ name, columns: Object.keys(columns) })),
    rows: rows(world),
    indexes: [
      'CREATE INDEX MC_NGUOINOP_DDCN ON MC_NGUOINOP (SODDCN)',
      'CREATE INDEX MC_NGUOINOP_CMND ON MC_NGUOINOP (SOCMND)',
      'CREATE INDEX MC_HOSO_NGUOINOP ON MC_HOSO (SONGUOINOP)',
      'CREATE INDEX MC_XULY_HOSO ON MC_XULY (MAHOSO, STT)',
      'CREATE INDEX MC_LEPHI_HOSO ON MC_LEPHI (MAHOSO)',
    ],
  };
}

/** Personal numbers of the people on the counter list: fathers whose new number both systems know. */
export function listedNumbers(world: World): readonly string[] {
  const shared = new Set(world.sharedOldNumbers.flat());
  const numbers: string[] = [];
  for (let family = 1; family < world.counts.families && numbers.length < MOST_LISTED; family += EVERY_FAMILY) {
    const person = family * 4;
    const counter = world.identityIn('one-stop', person).personalNumber;
    const land = world.identityIn('land', person).personalNumber;
    if (counter !== undefined && land !== undefined && !shared.has(person)) numbers.push(counter);
  }
  return numbers;
}

/**
 * What an officer states who looks somebody of the counter list up: a dossier that they handed in, by their number. People
 * who handed in none are not in it.
 */
export function listedDossiers(world: World): ReadonlyMap<string, string> {
  const listed = new Set(listedNumbers(world));
  const codes = new Map<string, string>();
  for (let index = 0; index < world.counts.dossiers; index += 1) {
    const dossier = world.dossier(index);
    const number = applicantsId(world, dossier);
    if (number !== undefined && listed.has(number) && !codes.has(number)) codes.set(number, dossier.code);
  }
  return codes;
}

/** The dossier in which everybody on the counter list is named: whoever works on it may look all of them up at once. */
export function jointDossier(world: World): string {
  const [code] = listedDossiers(world).values();
  if (code === undefined) throw new Error('Nobody on the counter list has handed in a dossier');
  return code;
}

function* rows(world: World): Generator<Row> {
  for (let index = 0; index < world.counts.citizens; index += 1) {
    const { name, personalNumber, oldNumber, birthDate, gender } = world.identityIn('one-stop', index);
    const values = [index + 1, name, personalNumber ?? '', oldNumber ?? '', wireDate(birthDate)];
    yield { table: 'MC_NGUOINOP', values: [...values, gender === 'male' ? 'Nam' : 'Nữ'] };
  }
  const everybody = listedNumbers(world).join(',');
  const joint = jointDossier(world);
  for (let index = 0; index < world.counts.dossiers; index += 1) {
    yield* dossierRows(world, index, (code) => (code === joint ? everybody : null));
  }
  yield { table: 'MC_LICH', values: [COUNTER_LIST, everybody] };
}

function* dossierRows(world: World, index: number, namedIn: (code: string) => string | null): Generator<Row> {
  const dossier = world.dossier(index);
  const { applicant, procedure, agency, code } = dossier;
  yield {
    table: 'MC_HOSO',
    values: [
      code,
      procedure.code,
      procedure.title,
      agency.code,
      applicant.kind,
      world.identityIn('one-stop', applicant.person).name,
      applicantsId(world, dossier),
      dossier.channel,
      dossier.status,
      timeOf(dossier.updatedAt),
      timeOf(dossier.receivedAt),
      timeOf(dossier.dueAt),
      timeOf(dossier.finishedAt),
      timeOf(dossier.returnedAt),
      namedIn(code),
    ],
  };
  // Ids are the dossier's number and the part's, so that rows need no count of their own.
  for (const [place, step] of dossier.steps.entries()) {
    const values = [index * 100 + place, code, place + 1, step.officer, step.officerTitle, step.unit, step.content];
    yield { table: 'MC_XULY', values: [...values, timeOf(step.at), step.status] };
  }
  for (const [place, fee] of dossier.fees.entries()) {
    yield { table: 'MC_LEPHI', values: [index * 100 + place, code, fee.name, fee.code, fee.amount, fee.paid ? 1 : 0] };
  }
}

/** `2026-10-08 08:12:44` by the province's clock. */
function timeOf(at: number | undefined): string | null {
  if (at === undefined) return null;
  const { year, month, day, hour, minute, second } = localTime(at);
  return `${year}-${two(month)}-${two(day)} ${two(hour)}:${two(minute)}:${two(second)}`;
}

/**
 * The made-up province: what is true in it, before any system wrote it down its own way.
 *
 * Everything is addressed by an index and computed on demand, so that a million dossiers need no memory.
 * Instants are milliseconds since 1970 UTC; dates are as precise as they are known: '1958', '1958-07', '1958-07-12'.
 */

export interface WorldOptions {
  /** Same seed and same sizes: same bytes. Default 1. */
  seed?: number;
  /** Default 5,000; at most 1,000,000. */
  citizens?: number;
  /** Default 20,000. */
  dossiers?: number;
  /** "Today" in the province, RFC 3339; never the wall clock. Default 2026-11-20T00:00:00+07:00. */
  asOf?: string;
  /** A folder holding procedures.csv and agencies.csv; a small built-in list is used where they are missing. */
  catalogues?: string;
}

export interface World {
  readonly seed: number;
  readonly asOf: number;
  readonly counts: WorldCounts;
  readonly procedures: readonly Procedure[];
  readonly agencies: readonly Agency[];

  person(index: number): Person;
  /** The family a person belongs to: father 4k, mother 4k+1, children 4k+2 and 4k+3. */
  family(index: number): Family;
  /** Every person has a birth record: `birth(i)` is the registration of person i. */
  birth(index: number): Birth;
  marriage(index: number): Marriage;
  /** The marriage a person is in, or undefined. */
  marriageOf(person: number): Marriage | undefined;
  death(index: number): Death;
  deathOf(person: number): Death | undefined;
  business(index: number): Business;
  parcel(index: number): Parcel;
  certificate(index: number): Certificate;
  dossier(index: number): Dossier;

  /** How one system wrote a person down. `system` is its folder name, such as 'land'. */
  identityIn(system: string, person: number): WrittenIdentity;
  /** Pairs of people who held the same 9-digit number at different times. */
  readonly sharedOldNumbers: readonly (readonly [number, number])[];
}

export interface WorldCounts {
  citizens: number;
  families: number;
  births: number;
  marriages: number;
  deaths: number;
  businesses: number;
  parcels: number;
  /** One certificate a parcel that has been certified: certificate i belongs to parcel i. */
  certificates: number;
  dossiers: number;
}

export type Gender = 'male' | 'female';

export interface Person {
  index: number;
  /** Well-formed NFC Unicode, 'Nguyễn Văn Hoà'. */
  name: string;
  /** Family name, middle names, given name as a register splits them; a part may be ''. */
  nameParts: { family: string; middle: string; given: string };
  gender: Gender;
  /** The real date, always whole. */
  birthDate: string;
  /** What papers know: '1958', '1958-07' or '1958-07-12'. */
  knownBirthDate: string;
  /** 12 digits; undefined for the few who have none. */
  personalNumber: string | undefined;
  /** 9 digits, issued before 2016 to people of at least 14; undefined for the young. */
  oldNumber: string | undefined;
  ethnicity: Ethnicity;
  nationality: 'Việt Nam';
  phone: string | undefined;
  email: string | undefined;
  address: Address;
  /** Where the person was born; its province gives the first three digits of the personal number. */
  birthplace: Birthplace;
}

export interface Ethnicity {
  /** As the general statistics office numbers them, two digits: '01' Kinh. */
  code: string;
  name: string;
}

export interface Birthplace {
  provinceCode: string;
  provinceName: string;
}

/** One place in both catalogues: before and since 1 July 2025. Leading zeros are data. */
export interface Place {
  old: {
    commune: string;
    communeName: string;
    district: string;
    districtName: string;
    province: string;
    provinceName: string;
  };
  new: { commune: string; communeName: string; province: string; provinceName: string };
}

export interface Address extends Place {
  /** '12 Nguyễn Tất Thành' or 'Buôn Akõ Dhông'. */
  detail: string;
}

export interface Family {
  index: number;
  /** Person indexes; a child index is left out when the world ends before it. */
  father: number;
  mother: number | undefined;
  children: number[];
}

/** A parent who is not necessarily a citizen of this world. `person` is the index when he or she is. */
export interface Relative {
  person: number | undefined;
  name: string;
  birthDate: string;
  personalNumber: string | undefined;
  ethnicity: Ethnicity;
  address: Address;
}

/** Where and how an event of civil status was entered. */
export interface Registration {
  /** 'So/năm', such as '125/2014'. */
  number: string;
  book: string;
  page: string;
  /** YYYY-MM-DD. */
  date: string;
  place: Place;
}

export interface Birth extends Registration {
  child: number;
  father: Relative | undefined;
  mother: Relative | undefined;
  /** Who asked for the registration: one of the parents, or a relative. */
  requester: Relative;
}

export interface Marriage extends Registration {
  index: number;
  husband: number;
  wife: number;
}

export interface Death extends Registration {
  index: number;
  person: number;
  /** YYYY-MM-DD. */
  deathDate: string;
  cause: string;
  /** The relative who reported it: a person index. */
  reportedBy: number;
}

export type BusinessKind = 'enterprise' | 'branch' | 'household';

export interface Business {
  index: number;
  kind: BusinessKind;
  /** Enterprise '6001234567' (valid check digit); branch '6001234567-001'; household its own code '40A8000123'. */
  code: string;
  /** The tax code: of an enterprise the same as `code`, of a household its own valid 10 digits. */
  taxCode: string;
  /** For a branch: the index of its enterprise. */
  parent: number | undefined;
  name: string;
  foreignName: string | undefined;
  shortName: string | undefined;
  legalForm: { code: string; name: string };
  status: { code: string; name: string };
  /** YYYY-MM-DD. */
  founded: string;
  lastAmended: string | undefined;
  amendments: number;
  /** Whole đồng, as text: it may pass 2^53. */
  capital: string;
  address: Address;
  activities: { code: string; name: string; main: boolean }[];
  /** At least one. */
  representatives: { person: number; position: string }[];
}

export interface LandUse {
  /** 'ODT', 'CLN' … one code each; a system may join them as 'ODT+CLN'. */
  code: string;
  /** m², decimal text with a point. */
  area: string;
  /** 'Lâu dài' or a date YYYY-MM-DD. */
  until: string;
}

/** A parcel: its key is (old commune, sheet, number), since sheets restart in every old commune. */
export interface Parcel {
  index: number;
  place: Place;
  sheet: number;
  number: number;
  /** Sheet and number on the map before the last survey, where there was one. */
  oldSheet: number | undefined;
  oldNumber: number | undefined;
  area: string;
  legalArea: string;
  address: string;
  uses: LandUse[];
  /** Person indexes, the first is named first on the certificate. Never empty. */
  holders: number[];
  /** Person indexes of earlier holders, newest first. */
  formerHolders: number[];
  disputed: boolean;
  /** YYYY-MM-DD: when the current right was entered. Before 2009 the land system of then wrote it. */
  entered: string;
}

export interface Certificate {
  index: number;
  parcel: number;
  /** Serial printed on the paper, 'CK 123456'. */
  serial: string;
  /** Entry in the register, 'CS 01234'. */
  registerNumber: string;
  barcode: string;
  issued: string;
  issuer: string;
  signer: string;
}

/** A row of catalogues/procedures.csv. */
export interface Procedure {
  code: string;
  title: string;
  field: string;
  /** Folder name of the sector whose software works on it, such as 'land'. */
  sector: string;
  level: string;
  durationHours: number;
}

/** A row of catalogues/agencies.csv. */
export interface Agency {
  /** Unit identifier, 'H15.50.05' or '000.00.06.H15'. */
  code: string;
  title: string;
  level: string;
  parent: string;
  oldCode: string;
}

export type StatusCode = 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8 | 9 | 10;
/** 1 citizen, 2 enterprise, 3 state body, 4 other. */
export type ApplicantKind = 1 | 2 | 3 | 4;
/** 1 counter, 2 online, 3 public post. */
export type Channel = 1 | 2 | 3;

export interface Applicant {
  kind: ApplicantKind;
  /** The person who handed it in; for an enterprise its representative. */
  person: number;
  /** Set when kind is 2. */
  business: number | undefined;
}

export interface Dossier {
  index: number;
  /** '{unit}-{yymmdd}-{sequence}', unique. */
  code: string;
  procedure: Procedure;
  agency: Agency;
  /** Folder name of the sector that works on it. */
  sector: string;
  applicant: Applicant;
  channel: Channel;
  summary: string;
  /** The status now, at the world's `asOf`: always the status of the last step. */
  status: StatusCode;
  submittedAt: number;
  receivedAt: number | undefined;
  /** After supplements and extensions: the due time that counts now. */
  dueAt: number | undefined;
  /** The due time given at reception. */
  firstDueAt: number | undefined;
  finishedAt: number | undefined;
  returnedAt: number | undefined;
  /** The time of the last change of anything in it. */
  updatedAt: number;
  /** In order of time, at least one. */
  steps: Step[];
  supplements: Supplement[];
  fees: Fee[];
  papers: Paper[];
  results: ResultDocument[];
  /** What the dossier is about: a parcel for land; a birth, marriage or death for civil status; a business. */
  subject: DossierSubject;
}

export type DossierSubject =
  | { kind: 'parcel'; index: number }
  | { kind: 'birth'; index: number }
  | { kind: 'marriage'; index: number }
  | { kind: 'death'; index: number }
  | { kind: 'business'; index: number }
  | { kind: 'none' };

/** 'counter' steps happen at the one-stop counter, 'sector' steps in the sector's own software. */
export interface Step {
  at: number;
  by: 'counter' | 'sector';
  officer: string;
  officerTitle: string;
  unit: string;
  content: string;
  status: StatusCode;
}

export interface Supplement {
  requestedAt: number;
  requestedBy: string;
  content: string;
  /** Undefined while the citizen has not brought it. */
  suppliedAt: number | undefined;
  oldDueAt: number;
  newDueAt: number | undefined;
}

export interface Fee {
  code: string;
  name: string;
  /** 1 fee (phí), 2 charge (lệ phí). */
  kind: 1 | 2;
  /** Whole đồng, as text. */
  amount: string;
  paid: boolean;
  method: 'cash' | 'transfer';
}

export interface Paper {
  code: string;
  name: string;
  fileName: string;
  copies: number;
  digitised: boolean;
}

export interface ResultDocument {
  code: string;
  name: string;
  number: string;
  issuedAt: number;
  fileName: string;
}

/** A person as one system wrote it: spelling, precision and numbers differ from system to system. */
export interface WrittenIdentity {
  person: number;
  /** As stored: may be upper case, NFD, without diacritics, with extra spaces, or with the old tone placement. */
  name: string;
  spelling: Spelling;
  /** 12 digits, if this system knows it. */
  personalNumber: string | undefined;
  /** 9 digits, if this system knows it. */
  oldNumber: string | undefined;
  /** '1958', '1958-07' or '1958-07-12'. */
  birthDate: string;
  gender: Gender;
}

export type Spelling = 'plain' | 'upper' | 'spaces' | 'nfd' | 'old-tone' | 'no-diacritics';

/** What every `sectors/<name>/stand-in/populate.ts` exports as `populate`. Returns how many records it wrote. */
export type Populate = (
  world: World,
  directory: string,
  onProgress?: (done: number, total: number, what: string) => void,
) => Promise<number>;

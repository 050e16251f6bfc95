import { COUNTER_LIST } from './tables/one-stop-rows.ts';

/**
 * What is asked: everything the land office and the one-stop software know of a person. Ids and cursors are left out,
 * since each server would make its own.
 */
const EVERYTHING = `
  personalNumbers fullName birthDate gender
  statements { sector fullName birthDate gender personalNumbers }
  landParcels {
    oldCommune oldDistrict sheet parcel oldSheet oldParcel area legalArea notedArea address disputed
    uses { codes area term until }
    holders { fullName order since }
    certificates { serial registerNumber barcode registeredOn issuedOn issuedBy signedBy }
  }
  landCertificates { serial registerNumber barcode registeredOn issuedOn issuedBy signedBy }
  dossiers(first: 5) {
    totalCount
    nodes {
      code procedure { code title } sectors agency { code title } applicant { kind name } channel
      status statusNumber statusTitle sourceStatus { sector code title occurredAt }
      receivedAt dueAt finishedAt returnedAt timeliness
      steps { sector officer position unit content at status }
      fees { title code amount paid }
      results { title code issuedAt }
      missing { sector code retryable }
    }
    missing { sector code retryable }
  }
`;

const QUERIES = {
  one: `query One($id: ID!) { citizen(id: $id) { ${EVERYTHING} } }`,
  fifty: `query Fifty($code: ID!) { counterList(code: $code) { people { ${EVERYTHING} } } }`,
} as const;

export type QueryName = keyof typeof QUERIES;
export const QUERY_NAMES = Object.keys(QUERIES) as readonly QueryName[];

/** The request bodies of a query: `one` is asked about twenty people in turn, as no counter asks about one only. */
export function requestsOf(name: QueryName, numbers: readonly string[]): readonly string[] {
  const query = QUERIES[name];
  if (name === 'fifty') return [JSON.stringify({ query, variables: { code: COUNTER_LIST } })];
  return numbers.slice(0, 20).map((id) => JSON.stringify({ query, variables: { id } }));
}

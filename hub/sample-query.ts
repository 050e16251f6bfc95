/** The made-up citizen of whom everything is shown: `stand-ins/world/demo-person.ts`. */
export const sampleCitizen = '001085004213';

/** A dossier that this citizen has filed: whoever works on it may see who they are. */
export const sampleDossier = 'H41.69.01-261119-0004';

/** What the query editor opens with: everything about that citizen. */
export const sampleQuery = `# Một câu hỏi, mọi ngành: everything the systems know about one citizen.
query Counter {
  citizen(id: "${sampleCitizen}") {
    fullName
    birthDate
    personalNumbers
    statements { sector fullName personalNumbers }
    landParcels { sheet parcel area uses { codes } certificates { serial issuedOn } }
    civilStatusRecords { kind number registeredOn persons { role fullName } }
    businesses { code name kind status }
    dossiers(first: 5) {
      nodes { code procedure { title } status timeliness dueAt sectors }
      missing { sector code }
    }
    population
  }
  sectors { id title status }
}
`;

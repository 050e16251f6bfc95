/** The question of the README, which the query editor opens with: everything about one made-up citizen. */
export const sampleQuery = `# Một câu hỏi, mọi ngành: everything the systems know about one citizen.
query Counter {
  citizen(id: "001085004213") {
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

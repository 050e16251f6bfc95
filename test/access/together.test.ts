import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { seeded } from '../support/random.ts';
import { type Answer, type GuardedProvince, openGuardedProvince, type Person, type Said } from './guarded-province.ts';

const HOA = '001085004213';
const ROUNDS = 200;

let province: GuardedProvince;
let people: readonly Asker[];

interface Asker {
  readonly who: Person;
  readonly said: Said;
}

beforeAll(async () => {
  province = await openGuardedProvince();
  const codesOf = async (who: Person): Promise<readonly string[]> =>
    (await province.ask(who, '{ dossiers(first: 100) { nodes { code } } }')).data.dossiers.nodes.map(
      ({ code }: { code: string }) => code,
    );
  const own = await codesOf('citizen');
  const [inside] = (await codesOf('commune')).filter((code) => !own.includes(code));
  const [nextDoor] = (await codesOf('neighbour')).filter((code) => !own.includes(code));
  people = [
    { who: 'commune', said: { purpose: 'PROCESSING', dossier: inside as string } },
    { who: 'neighbour', said: { purpose: 'PROCESSING', dossier: nextDoor as string } },
    { who: 'counter', said: { purpose: 'PROCESSING', dossier: own[0] as string } },
    { who: 'counter', said: {} },
    { who: 'citizen', said: {} },
    { who: 'leader', said: {} },
    { who: 'communeLeader', said: { purpose: 'SUPERVISION' } },
  ];
  questions = [
    `{ citizen(id: "${HOA}") { fullName personalNumbers landParcels { sheet parcel } businesses { name } } }`,
    `{ dossier(code: "${own[0]}") { code status applicant { name citizen { fullName } } steps { officer } } }`,
    `{ a: dossier(code: "${inside}") { status applicant { name } } b: dossier(code: "${nextDoor}") { status applicant { name } } }`,
    '{ dossiers(first: 20) { totalCount nodes { code applicant { name } } missing { sector code } } }',
    '{ sectors { id status changes { way } } portalSync { pending byAgency { agency { code } } } citizens(name: "Nguyễn Văn") { nodes { fullName } } }',
  ];
}, 120_000);

afterAll(() => province?.close());

let questions: readonly string[];

/** What was answered, without what two answers of one question may differ in. */
function plain({ data, errors }: Answer): unknown {
  const byPath = (errors ?? []).map(({ path, message, extensions }) =>
    JSON.stringify([path, message, extensions.code]),
  );
  return { data, errors: byPath.sort() };
}

describe('People who ask the same at the same moment', () => {
  it('each get just what they get alone', async () => {
    const ask = ({ who, said }: Asker, question: string) => province.ask(who, question, said).then(plain);
    const alone = new Map<string, unknown>();
    for (const question of questions) {
      for (const [place, asker] of people.entries()) alone.set(`${place} ${question}`, await ask(asker, question));
    }
    // Otherwise there would be nothing to mix up.
    for (const question of questions) {
      expect(new Set(people.map((_, place) => JSON.stringify(alone.get(`${place} ${question}`)))).size).toBeGreaterThan(
        2,
      );
    }
    const random = seeded(1);
    for (let round = 0; round < ROUNDS; round++) {
      const question = questions[Math.floor(random() * questions.length)] as string;
      const order = people.map((_, place) => place).sort(() => random() - 0.5);
      const answers = await Promise.all(order.map((place) => ask(people[place] as Asker, question)));
      for (const [turn, place] of order.entries()) expect(answers[turn]).toEqual(alone.get(`${place} ${question}`));
    }
  }, 180_000);

  it('are each logged with what they themselves were shown', async () => {
    province.logged.length = 0;
    const [question = ''] = questions;
    await Promise.all(
      people.flatMap((asker) => Array.from({ length: 3 }, () => province.ask(asker.who, question, asker.said))),
    );
    expect(province.logged).toHaveLength(people.length * 3);
    for (const { operation, subjects } of province.logged) {
      const { actor, purpose, outcome } = operation;
      const maySee = actor === 'citizen.hoa' || (actor === 'counter.hanh' && purpose === 'PROCESSING');
      expect([actor, outcome, subjects.some(({ number }) => number === HOA)]).toEqual([
        actor,
        maySee ? 'ANSWERED' : 'REFUSED',
        maySee,
      ]);
    }
  });
});

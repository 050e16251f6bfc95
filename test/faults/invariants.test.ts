import { describe, expect, it } from 'vitest';
import { checkAll, createVersionWatch, type Observation, type SourceDossier, untold } from './invariants.ts';

const AT = Date.parse('2026-11-20T08:00:00+07:00');
const LAND: SourceDossier = {
  status: '20',
  number: 4,
  statusAt: AT,
  steps: [{ at: AT, status: '20', number: 4 }],
};
const COUNTER: SourceDossier = {
  status: 'new',
  number: 2,
  statusAt: AT - 60_000,
  steps: [{ at: AT - 60_000, status: 'new', number: 2 }],
};

/** One dossier that went through whole, in its second version at the land office. */
function sound(): Observation {
  const views = [
    { sector: 'one-stop', code: 'A', version: 1, deleted: false, status: 'new', statusAt: AT - 60_000 },
    { sector: 'land', code: 'A', version: 2, deleted: false, status: '20', statusAt: AT },
  ];
  const steps = [[`${AT - 60_000}|new`], [`${AT}|20`]];
  return {
    sources: new Map([
      ['one-stop', new Map([['A', COUNTER]])],
      ['land', new Map([['A', LAND]])],
    ]),
    everHeld: new Set(['A']),
    views: views.map((view, place) => ({ ...view, steps: steps[place] ?? [] })),
    captured: views.map(({ sector, code, version }) => ({ sector, code, version })),
    events: [
      { seq: 1, sector: 'one-stop', code: 'A', version: 1, replayed: false },
      { seq: 2, sector: 'land', code: 'A', version: 1, replayed: false },
      { seq: 3, sector: 'land', code: 'A', version: 2, replayed: false },
    ],
    quarantined: new Set(),
    deliveries: new Map([['A', { state: 'acknowledged', reason: null }]]),
    portal: [{ code: 'A', status: '4', steps: ['20261120075900|2', '20261120080000|4'] }],
  };
}

function broken(change: (observation: Observation) => Partial<Observation>): readonly string[] {
  const observation = sound();
  return checkAll({ ...observation, ...change(observation) }).map(({ invariant }) => invariant);
}

describe('the checkers of the invariants', () => {
  it('find nothing where nothing is wrong', () => {
    expect(checkAll(sound())).toEqual([]);
  });

  describe('I1, lost', () => {
    it.each<[string, (observation: Observation) => Partial<Observation>]>([
      [
        'a dossier that is not in the index',
        ({ views, captured }) => ({ views: views.slice(0, 1), captured: captured.slice(0, 1) }),
      ],
      [
        'a status that is not the source’s',
        ({ views }) => ({ views: views.map((view) => ({ ...view, status: '10' })) }),
      ],
      [
        'a time that is not the source’s',
        ({ views }) => ({ views: views.map((view) => ({ ...view, statusAt: AT + 1 })) }),
      ],
      [
        'a step that is missing in the index',
        ({ views }) => ({ views: views.map((view) => ({ ...view, steps: [] })) }),
      ],
      [
        'a dossier that counts as deleted',
        ({ views }) => ({ views: views.map((view) => ({ ...view, deleted: true })) }),
      ],
      ['a version that is not in the history', ({ events }) => ({ events: events.filter(({ seq }) => seq !== 2) })],
      ['a dossier that is not at the portal', () => ({ portal: [] })],
      ['an old status at the portal', ({ portal }) => ({ portal: portal.map((one) => ({ ...one, status: '2' })) })],
      [
        'a step that is missing at the portal',
        ({ portal }) => ({ portal: portal.map((one) => ({ ...one, steps: one.steps.slice(1) })) }),
      ],
      [
        'a dossier held without a reason',
        () => ({ portal: [], deliveries: new Map([['A', { state: 'held', reason: null }]]) }),
      ],
      [
        'a dossier held for what another is said to have sent',
        () => ({ portal: [], deliveries: new Map([['A', { state: 'held', reason: 'OTHER_SENDER' }]]) }),
      ],
      ['a dossier that nobody meant to deliver', () => ({ portal: [], deliveries: new Map() })],
    ])('sees %s', (_, change) => {
      expect(new Set(broken(change))).toEqual(new Set(['I1']));
    });

    it('excuses what is held for a reason in its data, and what is in quarantine', () => {
      expect(
        broken(() => ({ portal: [], deliveries: new Map([['A', { state: 'held', reason: 'MISSING_IDENTITY' }]]) })),
      ).toEqual([]);
      expect(
        broken(({ views }) => ({
          views: views.map((view) => ({ ...view, status: '10' })),
          quarantined: new Set(['land A', 'one-stop A']),
        })),
      ).toEqual([]);
    });
  });

  describe('I2, doubled', () => {
    it('sees a step that the portal has twice', () => {
      expect(
        broken(({ portal }) => ({ portal: portal.map((one) => ({ ...one, steps: [...one.steps, ...one.steps] })) })),
      ).toEqual(['I2', 'I2']);
    });

    it('sees a record that the portal has twice', () => {
      expect(broken(({ portal }) => ({ portal: [...portal, ...portal] }))).toEqual(['I2']);
    });

    it('sees an event that is in the history twice', () => {
      expect(
        broken(({ events }) => ({ events: [...events, ...events.slice(2).map((event) => ({ ...event, seq: 4 }))] })),
      ).toEqual(['I2']);
    });
  });

  describe('I3, order', () => {
    it('sees an older version applied after a newer one', () => {
      expect(broken(({ events }) => ({ events: events.map((event) => ({ ...event, seq: -event.seq })) }))).toEqual([
        'I3',
      ]);
    });

    it('sees a current version that is not the last', () => {
      expect(broken(({ views }) => ({ views: views.map((view) => ({ ...view, version: 1 })) }))).toEqual(['I3']);
    });

    it('sees a version that was shown and taken back', () => {
      const watch = createVersionWatch();
      watch.see([{ sector: 'land', code: 'A', version: 2 }]);
      expect(watch.violations()).toEqual([]);
      watch.see([{ sector: 'land', code: 'A', version: 1 }]);
      expect(watch.violations().map(({ invariant }) => invariant)).toEqual(['I3']);
    });
  });

  describe('I4, ghosts', () => {
    it('sees a dossier shown that its system has no more', () => {
      expect(broken(({ sources }) => ({ sources: new Map([...sources, ['land', new Map()]]) }))).toContain('I4');
    });

    it('sees a record at the portal that no system ever had', () => {
      expect(broken(({ portal }) => ({ portal: [...portal, { code: 'B', status: '4', steps: [] }] }))).toEqual(['I4']);
    });
  });

  describe('I5, stale answers', () => {
    const bounds = { toldWithinMs: 1_000, overWithinMs: 2_000 };
    const outages = [{ sector: 'land', from: 0, until: 10_000 }];
    const sample = (at: number, ...stale: string[]) => ({ at, stale: new Set(stale) });

    it('are in order when they say so in time and stop saying so in time', () => {
      const samples = [
        sample(500),
        sample(1_500, 'land'),
        sample(9_000, 'land'),
        sample(11_000, 'land'),
        sample(13_000),
      ];
      expect(untold(samples, outages, bounds)).toEqual([]);
    });

    it('are seen when they say nothing of an outage', () => {
      expect(untold([sample(5_000), sample(13_000)], outages, bounds)).toHaveLength(1);
    });

    it('are seen when they never end', () => {
      expect(untold([sample(5_000, 'land'), sample(13_000, 'land')], outages, bounds)).toHaveLength(1);
    });
  });
});

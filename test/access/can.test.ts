import { describe, expect, it } from 'vitest';
import { bearerOf } from '../../core/access/bearers.ts';
import { createCan } from '../../core/access/can.ts';
import type { Action, Actor, Grant, Resource, StatedPurpose } from '../../core/access.ts';
import {
  actor,
  BINH,
  DOSSIER,
  dossier,
  ELSEWHERE,
  field,
  grant,
  HOA,
  hubThing,
  person,
  processing,
  purpose,
  reception,
  record,
  STRANGER,
  tree,
  UNSAID,
  verdict,
} from './stage.ts';

const COUNTER = grant({
  name: 'counter',
  data: ['PUBLIC', 'COURSE', 'PERSONAL'],
  purposes: ['RECEPTION', 'PROCESSING'],
});
const CITIZEN = grant({
  role: 'citizen',
  data: ['PUBLIC', 'COURSE', 'PERSONAL', 'SENSITIVE', 'AUDIT'],
  units: 'all',
  purposes: ['SELF'],
});
const AUDITOR = grant({ role: 'auditor', data: ['PUBLIC', 'AUDIT'], units: 'all', purposes: ['AUDIT'] });
const hoa = actor({ role: 'citizen', client: 'citizen-app', unit: null, personalNumber: HOA });
const lan = actor({ role: 'auditor', client: 'audit-desk', unit: null });

interface Asked {
  readonly by?: Actor;
  readonly action?: Action;
  readonly of: Resource;
  readonly for?: StatedPurpose;
}

function ask(grants: readonly Grant[], { by = actor(), action = 'READ', of, for: stated = UNSAID }: Asked): string {
  return verdict(createCan({ grants, units: tree })(by, action, of, stated));
}

describe('what no grant names', () => {
  it('is refused where there are no grants at all', () => {
    expect(ask([], { of: field('PUBLIC') })).toBe('NO_GRANT');
  });

  it('is refused to another role, for another action, of another class, of another sector', () => {
    const land = grant({ role: 'leader', actions: ['READ'], sectors: ['land'], data: ['COURSE'], units: 'all' });
    const leader = actor({ role: 'leader' });
    expect(ask([land], { by: leader, of: field('COURSE', 'land') })).toBe('NONE');
    expect(ask([land], { by: actor(), of: field('COURSE', 'land') })).toBe('NO_GRANT');
    expect(ask([land], { by: leader, action: 'OPERATE', of: field('COURSE', 'land') })).toBe('NO_GRANT');
    expect(ask([land], { by: leader, of: field('OPERATIONAL', 'land') })).toBe('NO_GRANT');
    expect(ask([land], { by: leader, of: field('COURSE', 'civil-status') })).toBe('NO_GRANT');
  });

  it('is refused of the hub and of dossiers to whoever is granted single sectors', () => {
    const land = grant({ sectors: ['land'], data: ['COURSE'], units: 'all' });
    expect(ask([land], { of: dossier('COURSE') })).toBe('NO_GRANT');
    expect(ask([land], { of: hubThing('COURSE', null) })).toBe('NO_GRANT');
    const hub = grant({ sectors: ['hub'], data: ['COURSE'], units: 'all' });
    expect(ask([hub], { of: dossier('COURSE') })).toBe('NONE');
    expect(ask([hub], { of: hubThing('COURSE', null) })).toBe('NONE');
  });

  it('is an error that tells a missing grant from a missing purpose, and nothing more', () => {
    const can = createCan({ grants: [COUNTER], units: tree });
    expect(can(actor(), 'READ', field('AUDIT'), UNSAID)).toEqual({
      allowed: false,
      code: 'FORBIDDEN',
      why: 'NO_GRANT',
    });
    const unsaid = { allowed: false, code: 'PURPOSE_REQUIRED', why: 'PURPOSE_MISSING' };
    expect(can(actor(), 'READ', field('PERSONAL'), UNSAID)).toEqual(unsaid);
  });
});

describe('an application', () => {
  const role = grant({ data: ['COURSE', 'PERSONAL'], units: 'all', purposes: ['RECEPTION', 'PROCESSING'] });
  const narrow = grant({ client: 'counter-desk', data: ['COURSE'], units: ['H41.50'], purposes: [] });

  it('that no grant names leaves a person what their role may', () => {
    expect(ask([role], { of: dossier('COURSE') })).toBe('NONE');
  });

  it('that a grant names narrows what a person may through it', () => {
    expect(ask([role, narrow], { of: person([HOA]), for: reception(HOA) })).toBe('NO_GRANT');
    expect(ask([role, narrow], { of: dossier('COURSE') })).toBe('OTHER_UNIT');
    expect(ask([role, narrow], { of: dossier('COURSE', ELSEWHERE) })).toBe('NONE');
  });

  it('narrows nobody who comes through another', () => {
    expect(ask([role, narrow], { by: actor({ client: 'other-desk' }), of: dossier('COURSE') })).toBe('NONE');
  });

  it('never widens what a person may', () => {
    const wide = grant({ client: 'counter-desk', data: ['OPERATIONAL'], units: 'all' });
    expect(ask([role, wide], { of: field('OPERATIONAL') })).toBe('NO_GRANT');
  });

  it('narrows purposes too', () => {
    const only = grant({ client: 'counter-desk', data: ['PERSONAL'], units: 'all', purposes: ['PROCESSING'] });
    expect(ask([role, only], { of: person([HOA]), for: reception(HOA) })).toBe('PURPOSE_NOT_GRANTED');
    expect(ask([role, only], { of: person([HOA]), for: processing() })).toBe('DOSSIER');
  });

  it('that asks for itself has what its client is granted, and nothing of a role', () => {
    const app = actor({ role: 'app', client: 'statistics', unit: null });
    expect(ask([grant({ role: 'app', data: ['COURSE'] })], { by: app, of: field('COURSE') })).toBe('NO_GRANT');
    expect(ask([grant({ client: 'statistics', data: ['COURSE'] })], { by: app, of: field('COURSE') })).toBe('NONE');
    const portal = actor({ role: 'portal', client: 'province-portal', unit: null });
    expect(ask([grant({ role: 'portal', data: ['COURSE'] })], { by: portal, of: field('COURSE') })).toBe('NO_GRANT');
    expect(ask([grant({ client: 'province-portal', data: ['COURSE'] })], { by: portal, of: field('COURSE') })).toBe(
      'NONE',
    );
  });

  it('that acts for somebody needs the grant of the role besides its own', () => {
    const acting = actor({ role: 'app', client: 'statistics', delegated: true });
    const own = grant({ client: 'statistics', data: ['COURSE'] });
    expect(ask([own], { by: acting, of: field('COURSE') })).toBe('NO_GRANT');
    expect(ask([own, grant({ role: 'app', data: ['COURSE'] })], { by: acting, of: field('COURSE') })).toBe('NONE');
  });
});

describe('what is public', () => {
  it('needs no purpose, no unit and no subject', () => {
    expect(ask([COUNTER], { by: actor({ unit: null }), of: hubThing('PUBLIC', 'H41.50') })).toBe('NONE');
    expect(ask([COUNTER], { of: person([STRANGER], 'PUBLIC') })).toBe('NONE');
  });

  it('is what the schema is read as: INTROSPECT is a grant like another', () => {
    const editor = grant({ role: 'admin', actions: ['INTROSPECT'], data: ['PUBLIC'] });
    expect(ask([editor], { by: actor({ role: 'admin' }), action: 'INTROSPECT', of: field('PUBLIC') })).toBe('NONE');
    expect(ask([COUNTER], { action: 'INTROSPECT', of: field('PUBLIC') })).toBe('NO_GRANT');
  });
});

describe('the access log', () => {
  it('is read for AUDIT by whoever is granted it', () => {
    for (const of of [field('AUDIT'), hubThing('AUDIT', null), person([STRANGER], 'AUDIT')]) {
      expect(ask([AUDITOR], { by: lan, of, for: purpose('AUDIT') })).toBe('NONE');
    }
  });

  it('is read for no other purpose, not even a granted one, and not without', () => {
    expect(ask([AUDITOR], { by: lan, of: field('AUDIT') })).toBe('LOG_PURPOSE_MISSING');
    const odd = grant({ role: 'auditor', data: ['AUDIT'], purposes: ['SUPERVISION', 'PROCESSING'], units: 'all' });
    expect(ask([odd], { by: lan, of: field('AUDIT'), for: purpose('SUPERVISION') })).toBe('PURPOSE_NOT_GRANTED');
    expect(ask([odd], { by: lan, of: person([HOA], 'AUDIT'), for: processing() })).toBe('PURPOSE_NOT_GRANTED');
    expect(ask([odd], { by: lan, of: field('AUDIT'), for: purpose('AUDIT') })).toBe('PURPOSE_NOT_GRANTED');
  });

  it('shows the person who looked at them, and at nobody else', () => {
    const self = purpose('SELF');
    expect(ask([CITIZEN], { by: hoa, of: field('AUDIT'), for: self })).toBe('SELF');
    expect(ask([CITIZEN], { by: hoa, of: person([BINH, HOA], 'AUDIT'), for: self })).toBe('SELF');
    expect(ask([CITIZEN], { by: hoa, of: person([BINH], 'AUDIT'), for: self })).toBe('NOT_SELF');
  });

  it('as a whole is nobody’s own', () => {
    expect(ask([CITIZEN], { by: hoa, of: hubThing('AUDIT', null), for: purpose('SELF') })).toBe('PURPOSE_NOT_GRANTED');
  });
});

describe('units', () => {
  const leader = actor({ role: 'leader', unit: 'H41.58' });
  const own = grant({ role: 'leader', data: ['COURSE', 'OPERATIONAL'], units: 'own' });

  it('hold dossiers of the actor’s agency and below, however the agency writes its code', () => {
    expect(ask([own], { by: leader, of: dossier('COURSE') })).toBe('NONE');
    expect(ask([own], { by: leader, of: dossier('COURSE', { ...DOSSIER, units: ['old:H41.58.01'] }) })).toBe('NONE');
    expect(ask([own], { by: leader, of: dossier('COURSE', ELSEWHERE) })).toBe('OTHER_UNIT');
    expect(ask([own], { by: leader, of: dossier('COURSE', { ...DOSSIER, units: ['H41.50', 'H41.58'] }) })).toBe('NONE');
  });

  it('of somebody at a one-stop counter are those of its agency', () => {
    expect(ask([COUNTER], { of: dossier('COURSE', { ...DOSSIER, units: ['H41.58'] }) })).toBe('NONE');
  });

  it('of somebody without one are none', () => {
    expect(ask([COUNTER], { by: actor({ unit: null }), of: dossier('COURSE') })).toBe('OTHER_UNIT');
  });

  it('hold what the hub keeps for an agency, to read and to change; what is for no agency is free of them', () => {
    const operator = grant({ role: 'leader', actions: ['READ', 'OPERATE'], data: ['OPERATIONAL'] });
    for (const action of ['READ', 'OPERATE'] as const) {
      expect(ask([operator], { by: leader, action, of: hubThing('OPERATIONAL', 'H41.58') })).toBe('NONE');
      expect(ask([operator], { by: leader, action, of: hubThing('OPERATIONAL', 'H41.50') })).toBe('OTHER_UNIT');
      expect(ask([operator], { by: leader, action, of: hubThing('OPERATIONAL', null) })).toBe('NONE');
    }
  });

  it('may be named', () => {
    const named = grant({ role: 'leader', data: ['COURSE'], units: ['H41.50'] });
    expect(ask([named], { by: leader, of: dossier('COURSE', ELSEWHERE) })).toBe('NONE');
    expect(ask([named], { by: leader, of: dossier('COURSE') })).toBe('OTHER_UNIT');
  });

  it('that nobody knows belong to whoever has all of them', () => {
    const unknown = { ...DOSSIER, units: [] };
    expect(ask([grant({ data: ['COURSE'], units: 'all' })], { of: dossier('COURSE', unknown) })).toBe('NONE');
    expect(ask([COUNTER], { by: actor({ unit: 'H41' }), of: dossier('COURSE', unknown) })).toBe('NONE');
    expect(ask([COUNTER], { of: dossier('COURSE', unknown) })).toBe('OTHER_UNIT');
  });

  it('come before purposes, so that a purpose opens no other commune', () => {
    expect(ask([COUNTER], { of: dossier('PERSONAL', ELSEWHERE) })).toBe('OTHER_UNIT');
    expect(ask([COUNTER], { of: dossier('PERSONAL', ELSEWHERE), for: processing() })).toBe('OTHER_UNIT');
  });

  it('and purposes have to be of the same grant', () => {
    const here = grant({ data: ['PERSONAL'], units: ['H41.58'], purposes: ['RECEPTION'] });
    const there = grant({ data: ['PERSONAL'], units: ['H41.50'], purposes: ['PROCESSING'] });
    expect(ask([here, there], { of: dossier('PERSONAL', ELSEWHERE), for: reception(HOA) })).toBe('PURPOSE_NOT_GRANTED');
    expect(ask([here, there], { of: dossier('PERSONAL', ELSEWHERE), for: processing(ELSEWHERE) })).toBe('DOSSIER');
    expect(ask([here, there], { of: person([HOA]), for: processing() })).toBe('OTHER_UNIT');
  });
});

describe('how work stands', () => {
  it('needs no purpose', () => {
    expect(ask([COUNTER], { of: field('COURSE') })).toBe('NONE');
    expect(ask([COUNTER], { of: dossier('COURSE'), for: purpose('SUPERVISION') })).toBe('NONE');
  });

  it('is a citizen’s to see of their own dossiers, wherever they are worked on', () => {
    const self = purpose('SELF');
    expect(ask([CITIZEN], { by: hoa, of: field('COURSE'), for: self })).toBe('SELF');
    expect(ask([CITIZEN], { by: hoa, of: dossier('COURSE'), for: self })).toBe('SELF');
    expect(ask([CITIZEN], { by: hoa, of: dossier('COURSE', ELSEWHERE), for: self })).toBe('SELF');
    const another = { ...DOSSIER, people: [bearerOf([BINH])] };
    expect(ask([CITIZEN], { by: hoa, of: dossier('COURSE', another), for: self })).toBe('NOT_SELF');
  });

  it('is not opened to a citizen by naming another purpose, or none', () => {
    expect(ask([CITIZEN], { by: hoa, of: dossier('COURSE'), for: processing() })).toBe('PURPOSE_NOT_GRANTED');
    expect(ask([CITIZEN], { by: hoa, of: field('COURSE') })).toBe('PURPOSE_MISSING');
  });

  it('is not opened to an officer of another commune by calling it their own', () => {
    expect(ask([COUNTER], { of: dossier('COURSE', ELSEWHERE), for: purpose('SELF') })).toBe('PURPOSE_NOT_GRANTED');
    expect(ask([COUNTER], { of: field('COURSE'), for: purpose('SELF') })).toBe('PURPOSE_NOT_GRANTED');
    const both = grant({ data: ['COURSE'], units: 'all', purposes: ['SELF'] });
    expect(ask([both], { of: field('COURSE'), for: purpose('SELF') })).toBe('NOT_SELF');
  });

  it('is nobody’s own where it is a thing of the hub', () => {
    expect(ask([CITIZEN], { by: hoa, of: hubThing('COURSE', null), for: purpose('SELF') })).toBe('NOT_SELF');
  });
});

describe('personal data', () => {
  const EVERY = grant({
    data: ['PERSONAL', 'SENSITIVE'],
    purposes: ['RECEPTION', 'PROCESSING', 'SUPERVISION', 'AUDIT'],
  });

  it('needs a purpose, before anything is known of whom', () => {
    for (const data of ['PERSONAL', 'SENSITIVE'] as const) {
      expect(ask([EVERY], { of: field(data) })).toBe('PURPOSE_MISSING');
      expect(ask([EVERY], { of: person([HOA], data) })).toBe('PURPOSE_MISSING');
    }
  });

  it('needs one that is granted', () => {
    const only = grant({ data: ['PERSONAL'], purposes: ['PROCESSING'] });
    expect(ask([only], { of: person([HOA]), for: reception(HOA) })).toBe('PURPOSE_NOT_GRANTED');
  });

  it('is never seen for supervision or audit, whatever is granted', () => {
    for (const code of ['SUPERVISION', 'AUDIT'] as const) {
      expect(ask([EVERY], { of: field('PERSONAL'), for: purpose(code) })).toBe('PURPOSE_NOT_GRANTED');
      expect(ask([EVERY], { of: dossier('SENSITIVE'), for: purpose(code) })).toBe('PURPOSE_NOT_GRANTED');
    }
  });

  describe('at the counter', () => {
    it('needs an open visit', () => {
      expect(ask([COUNTER], { of: field('PERSONAL'), for: purpose('RECEPTION') })).toBe('VISIT_MISSING');
      expect(ask([COUNTER], { of: field('PERSONAL'), for: purpose('RECEPTION', { dossier: DOSSIER }) })).toBe(
        'VISIT_MISSING',
      );
      expect(ask([COUNTER], { of: field('PERSONAL'), for: reception() })).toBe('VISIT');
    });

    it('is of whoever was asked for in it by any of their numbers', () => {
      expect(ask([COUNTER], { of: person([BINH, HOA]), for: reception(HOA) })).toBe('VISIT');
      expect(ask([COUNTER], { of: person([BINH]), for: reception(HOA) })).toBe('NOT_A_SUBJECT');
      expect(ask([COUNTER], { of: person([]), for: reception(HOA) })).toBe('NOT_A_SUBJECT');
    });

    it('is in records that were asked for by their own key, or are about a subject', () => {
      expect(
        ask([COUNTER], { of: record([STRANGER], 'land:landParcel:1/2/3'), for: reception('land:landParcel:1/2/3') }),
      ).toBe('VISIT');
      expect(ask([COUNTER], { of: record([HOA], 'land:landParcel:1/2/3'), for: reception(HOA) })).toBe('VISIT');
      expect(ask([COUNTER], { of: record([STRANGER], 'land:landParcel:1/2/3'), for: reception(HOA) })).toBe(
        'NOT_A_SUBJECT',
      );
      expect(ask([COUNTER], { of: record([STRANGER]), for: reception('null', '') })).toBe('NOT_A_SUBJECT');
    });

    it('is not in what has neither number nor key, whatever the visit holds', () => {
      const subjects = { ...new Set<string>(), has: () => true } as unknown as ReadonlySet<string>;
      const everything = purpose('RECEPTION', { visit: { id: 'visit', subjects } });
      expect(ask([COUNTER], { of: person([HOA]), for: everything })).toBe('VISIT');
      for (const of of [person([]), record([]), hubThing('PERSONAL', null)]) {
        expect(ask([COUNTER], { of, for: everything })).toBe('NOT_A_SUBJECT');
      }
    });

    it('is in dossiers that were asked for by their code, or are a subject’s', () => {
      expect(ask([COUNTER], { of: dossier('PERSONAL'), for: reception(`dossier:${DOSSIER.code}`) })).toBe('VISIT');
      expect(ask([COUNTER], { of: dossier('PERSONAL'), for: reception(HOA) })).toBe('VISIT');
      expect(ask([COUNTER], { of: dossier('PERSONAL'), for: reception(DOSSIER.code, BINH) })).toBe('NOT_A_SUBJECT');
    });
  });

  describe('of a dossier that is worked on', () => {
    it('needs the dossier', () => {
      expect(ask([COUNTER], { of: field('PERSONAL'), for: purpose('PROCESSING') })).toBe('DOSSIER_MISSING');
      const visit = { id: 'visit', subjects: new Set([HOA]) };
      expect(ask([COUNTER], { of: person([HOA]), for: purpose('PROCESSING', { visit }) })).toBe('DOSSIER_MISSING');
      expect(ask([COUNTER], { of: field('PERSONAL'), for: processing() })).toBe('DOSSIER');
    });

    it('needs one of the actor’s own unit', () => {
      expect(ask([COUNTER], { of: field('PERSONAL'), for: processing(ELSEWHERE) })).toBe('OTHER_UNIT');
      expect(ask([COUNTER], { of: person([HOA]), for: processing(ELSEWHERE) })).toBe('OTHER_UNIT');
    });

    it('is of its applicant and parties', () => {
      expect(ask([COUNTER], { of: person([BINH, HOA]), for: processing() })).toBe('DOSSIER');
      expect(ask([COUNTER], { of: person([BINH]), for: processing() })).toBe('NOT_A_SUBJECT');
      expect(ask([COUNTER], { of: record([HOA]), for: processing() })).toBe('DOSSIER');
      expect(ask([COUNTER], { of: record([BINH], DOSSIER.code), for: processing() })).toBe('NOT_A_SUBJECT');
    });

    it('is in the dossier itself, and in no other of the same people, nor of the same enterprise', () => {
      const nobody = { ...DOSSIER, people: [] };
      expect(ask([COUNTER], { of: dossier('PERSONAL', nobody), for: processing(nobody) })).toBe('DOSSIER');
      const next = { ...DOSSIER, code: 'H41.58.01-261119-0008' };
      expect(ask([COUNTER], { of: dossier('PERSONAL', next), for: processing() })).toBe('NOT_A_SUBJECT');
      expect(ask([COUNTER], { of: dossier('COURSE', next), for: processing() })).toBe('NONE');
      const bank = { ...DOSSIER, people: [bearerOf(['0100233488'])] };
      const another = { ...next, people: [bearerOf(['0100233488'])] };
      expect(ask([COUNTER], { of: dossier('PERSONAL', another), for: processing(bank) })).toBe('NOT_A_SUBJECT');
    });
  });

  describe('of one’s own', () => {
    const self = purpose('SELF');

    it('is what bears one’s own number', () => {
      expect(ask([CITIZEN], { by: hoa, of: field('SENSITIVE'), for: self })).toBe('SELF');
      expect(ask([CITIZEN], { by: hoa, of: person([BINH, HOA]), for: self })).toBe('SELF');
      expect(ask([CITIZEN], { by: hoa, of: record([HOA]), for: self })).toBe('SELF');
      expect(ask([CITIZEN], { by: hoa, of: dossier('PERSONAL', ELSEWHERE), for: self })).toBe('SELF');
    });

    it('is nobody else’s, and nothing of nobody’s', () => {
      expect(ask([CITIZEN], { by: hoa, of: person([BINH]), for: self })).toBe('NOT_SELF');
      expect(ask([CITIZEN], { by: hoa, of: record([], HOA), for: self })).toBe('NOT_SELF');
      expect(
        ask([CITIZEN], { by: hoa, of: dossier('PERSONAL', { ...DOSSIER, people: [bearerOf([BINH])] }), for: self }),
      ).toBe('NOT_SELF');
    });

    it('is for whoever has a number of their own', () => {
      const odd = grant({ data: ['PERSONAL'], purposes: ['SELF'] });
      expect(ask([odd], { of: field('PERSONAL'), for: self })).toBe('NOT_SELF');
    });

    it('needs no unit, visit or dossier, and gains nothing by them', () => {
      const stated = { ...reception(BINH), dossier: { ...DOSSIER, people: [bearerOf([BINH])] }, code: 'SELF' as const };
      expect(ask([CITIZEN], { by: hoa, of: person([BINH]), for: stated })).toBe('NOT_SELF');
    });
  });
});

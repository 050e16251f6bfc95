import { describe, expect, it } from 'vitest';
import { createCan } from '../../core/access/can.ts';
import type { Actor, RefusalReason, Resource, StatedPurpose } from '../../core/access.ts';
import {
  actor,
  BINH,
  dossier,
  ELSEWHERE,
  field,
  grant,
  HOA,
  person,
  processing,
  purpose,
  reception,
  tree,
  UNSAID,
  verdict,
} from './stage.ts';

const GRANTS = [
  grant({ data: ['PUBLIC', 'COURSE', 'PERSONAL'], purposes: ['RECEPTION', 'PROCESSING'] }),
  grant({ role: 'citizen', data: ['PUBLIC', 'COURSE', 'PERSONAL'], units: 'all', purposes: ['SELF'] }),
  grant({ role: 'auditor', data: ['AUDIT'], units: 'all', purposes: ['AUDIT'] }),
];
const auditor = actor({ role: 'auditor', unit: null });
const can = createCan({ grants: GRANTS, units: tree });
const officer = actor();
const hoa = actor({ role: 'citizen', client: 'citizen-app', unit: null, personalNumber: HOA });

type Case = [RefusalReason, 'FORBIDDEN' | 'PURPOSE_REQUIRED', Actor, Resource, StatedPurpose];

describe('a refusal', () => {
  it.each<Case>([
    ['NO_GRANT', 'FORBIDDEN', officer, field('OPERATIONAL'), UNSAID],
    ['OTHER_UNIT', 'FORBIDDEN', officer, dossier('COURSE', ELSEWHERE), UNSAID],
    ['PURPOSE_MISSING', 'PURPOSE_REQUIRED', officer, field('PERSONAL'), UNSAID],
    ['LOG_PURPOSE_MISSING', 'PURPOSE_REQUIRED', auditor, field('AUDIT'), UNSAID],
    ['PURPOSE_NOT_GRANTED', 'FORBIDDEN', officer, field('PERSONAL'), purpose('AUDIT')],
    ['VISIT_MISSING', 'PURPOSE_REQUIRED', officer, field('PERSONAL'), purpose('RECEPTION')],
    ['DOSSIER_MISSING', 'PURPOSE_REQUIRED', officer, field('PERSONAL'), purpose('PROCESSING')],
    ['NOT_A_SUBJECT', 'FORBIDDEN', officer, person([BINH]), processing()],
    ['NOT_SELF', 'FORBIDDEN', hoa, person([BINH]), purpose('SELF')],
  ])('for %s is %s: what can be mended by stating more is told from what cannot', (why, code, by, of, stated) => {
    expect(can(by, 'READ', of, stated)).toEqual({ allowed: false, code, why });
  });
});

describe('whoever asks many times', () => {
  it('is answered each time as if it were the first, whatever was asked before', () => {
    const answers = () => [
      verdict(can(officer, 'READ', field('PUBLIC'), UNSAID)),
      verdict(can(officer, 'READ', field('OPERATIONAL'), UNSAID)),
      verdict(can(officer, 'OPERATE', field('PUBLIC'), UNSAID)),
      verdict(can(officer, 'READ', person([HOA]), reception(HOA))),
      verdict(can(officer, 'READ', person([HOA]), reception(BINH))),
    ];
    const first = ['NONE', 'NO_GRANT', 'NO_GRANT', 'VISIT', 'NOT_A_SUBJECT'];
    expect(answers()).toEqual(first);
    expect(answers()).toEqual(first);
  });

  it('is answered of each sector by itself', () => {
    const land = createCan({ grants: [grant({ sectors: ['land'], data: ['COURSE'], units: 'all' })], units: tree });
    expect(verdict(land(officer, 'READ', field('COURSE', 'land'), UNSAID))).toBe('NONE');
    expect(verdict(land(officer, 'READ', field('COURSE', 'civil-status'), UNSAID))).toBe('NO_GRANT');
  });
});

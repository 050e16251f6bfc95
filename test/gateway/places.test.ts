import { describe, expect, it } from 'vitest';
import { createPlaces } from '../../gateway/subscriptions/places.ts';
import { ANYBODY } from '../support/open-access.ts';

const some = { ...ANYBODY, id: 'hanh', client: 'desk' };
const refusal = (take: () => unknown): string => {
  try {
    take();
    return 'taken';
  } catch (error) {
    return (error as { errors: readonly { message: string }[] }).errors[0]?.message ?? '';
  }
};

describe('Places for subscriptions', () => {
  it('are bounded for each person through each client, and are had again once given back', () => {
    const places = createPlaces({ SUBSCRIPTIONS: 10, SUBSCRIPTIONS_PER_PERSON: 2 });
    const [first] = [places.take(some), places.take(some)];
    expect(refusal(() => places.take(some))).toBe('One person takes at most 2 subscriptions at once.');
    for (const other of [{ id: 'lan' }, { client: 'board' }]) {
      expect(refusal(() => places.take({ ...some, ...other }))).toBe('taken');
    }
    first?.();
    first?.();
    expect(refusal(() => places.take(some))).toBe('taken');
    expect(refusal(() => places.take(some))).toBe('One person takes at most 2 subscriptions at once.');
  });

  it('are bounded for all together, whoever has them', () => {
    const places = createPlaces({ SUBSCRIPTIONS: 3, SUBSCRIPTIONS_PER_PERSON: 2 });
    const given = ['a', 'b', 'c'].map((id) => places.take({ ...some, id }));
    expect(refusal(() => places.take({ ...some, id: 'd' }))).toBe('The hub takes at most 3 subscriptions at once.');
    for (const leave of given) leave();
    expect(refusal(() => places.take({ ...some, id: 'd' }))).toBe('taken');
  });
});

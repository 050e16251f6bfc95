import { HubError } from '../../core/errors.ts';

/** What a promise is rejected with, which has to be an error of the hub's own. */
export async function failureOf(promise: Promise<unknown>): Promise<HubError> {
  const error = await promise.then(
    () => new Error('the call had to be rejected'),
    (reason: unknown) => reason,
  );
  if (!(error instanceof HubError)) throw new Error('A HubError was expected', { cause: error });
  return error;
}

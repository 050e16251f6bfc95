import type { SourceKind } from '../by-hand/reader.ts';
import type { BenchUrls } from '../tables/databases.ts';

/** What one server is started with. */
export interface ContestantOptions {
  readonly kind: SourceKind;
  readonly urls: BenchUrls;
  /** A folder of its own that it may write into. */
  readonly directory: string;
  /** Request body → answer, for the server that only sends bytes. */
  readonly answersFile?: string | undefined;
  /** The issuer's keys, for the server that recognises who asks. */
  readonly keysFile?: string | undefined;
}

export interface StartedContestant {
  /** Where POSTs go. */
  readonly url: string;
}

export type StartContestant = (options: ContestantOptions) => Promise<StartedContestant>;

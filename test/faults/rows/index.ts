import type { FaultRow } from '../row.ts';
import { captureKilled, databaseKilled, delivererKilled, projectorKilled } from './kills.ts';

/** Rows of the fault matrix that run on one province, in the order in which they do. */
export const ROWS: readonly FaultRow[] = [captureKilled, projectorKilled, delivererKilled, databaseKilled];

import { run } from '../../../stand-ins/run.ts';
import { populate, start, store } from './index.ts';

await run({ store, populate, start });

import { run } from '../run.ts';
import { populate, start, store } from './index.ts';

await run({ store, populate, start });

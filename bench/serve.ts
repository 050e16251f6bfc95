import type { ContestantOptions, StartContestant } from './contestants/contestant.ts';

/** One contestant in a process of its own: `node bench/serve.ts <name> <options as JSON>`. Tells where it listens. */
const [name = '', options = '{}'] = process.argv.slice(2);
if (!/^[a-z]+(-[a-z]+)*$/.test(name)) throw new Error('Expected the name of a file in bench/contestants');
const { start } = (await import(`./contestants/${name}.ts`)) as { start: StartContestant };
const { url } = await start(JSON.parse(options) as ContestantOptions);
console.log(JSON.stringify({ url }));
// Ends with whoever started it, even when that is killed.
process.stdin.on('end', () => process.exit(0)).resume();

import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, mkdir, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
/** The release every suite runs on. Others are tried by KAFKA_VERSION. */
export const KAFKA_VERSION = process.env.KAFKA_VERSION ?? '3.9.2';
const FETCH_MS = 10 * 60_000;
const HERE = dirname(fileURLToPath(import.meta.url));
const CACHE = join(HERE, '../../node_modules/.cache/kafka');

/** Folder with the jars of a broker; fetched from Maven Central by `mvn` the first time, found again afterwards. */
export async function kafkaJars(version = KAFKA_VERSION): Promise<string> {
  const folder = join(CACHE, version);
  if (await there(folder)) return folder;
  await run('mvn', ['--version']).catch(() => {
    throw new Error(`the jars of Kafka ${version} are not here, and Maven is not installed to fetch them`);
  });
  const incoming = `${folder}.${randomBytes(4).toString('hex')}`;
  await mkdir(incoming, { recursive: true });
  const goal = ['dependency:copy-dependencies', `-DoutputDirectory=${incoming}`, `-Dkafka.version=${version}`];
  try {
    const pom = join(HERE, 'kafka', 'pom.xml');
    await run('mvn', ['-q', '-B', '-f', pom, ...goal, '-DincludeScope=runtime'], { timeout: FETCH_MS });
    // Whoever fetched them at the same time has the same.
    await rename(incoming, folder).catch(() => {});
  } catch (error) {
    throw new Error(`Maven could not fetch the jars of Kafka ${version}`, { cause: error });
  } finally {
    await rm(incoming, { recursive: true, force: true });
  }
  return folder;
}

async function there(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

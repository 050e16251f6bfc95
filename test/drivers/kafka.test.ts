import { describe, expect, it } from 'vitest';
import { kafkaFailure } from '../../drivers/kafka.ts';

describe('What Kafka says of a failure', () => {
  const said = (message: string) => kafkaFailure(new Error(message)).message;

  it('is told without addresses', () => {
    expect(said('Failed to connect: broker-1.local:9092 (10.1.2.3:9092)')).not.toMatch(/broker|10\.1|9092/);
    expect(said('The group is rebalancing')).toBe('Kafka: Error: The group is rebalancing');
  });

  it('is read as far as a message goes, however long it is, and an address that is cut is none of it', () => {
    const long = said(`${'x'.repeat(990)} 10.1.2.3:9092 ${'x'.repeat(50_000)}`);
    expect(long).toBe(`Kafka: Error: ${'x'.repeat(990)} …`);
    expect(said('x'.repeat(50_000))).toBe('Kafka: Error: …');
  });
});

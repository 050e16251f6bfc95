import { describe, expect, test } from 'vitest';
import { brokerList } from '../../core/broker-list.ts';

describe('Kafka’s brokers', () => {
  test.each([
    ['kafka:9092', ['kafka:9092']],
    ['127.0.0.1:9092, kafka-2.example:9093', ['127.0.0.1:9092', 'kafka-2.example:9093']],
    ['[::1]:9092', ['[::1]:9092']],
  ])('%s', (text, brokers) => {
    expect(brokerList(text)).toEqual(brokers);
  });

  test.each(['kafka', 'kafka:', ':9092', 'kafka:9092,', 'kafka:9092;other:9092', 'http://kafka:9092', '::1:9092'])(
    'are told from what cannot be: %s',
    (text) => {
      expect(() => brokerList(text)).toThrow(/^expected Kafka brokers as host:port/);
      try {
        brokerList(text);
      } catch (error) {
        expect((error as Error).message).not.toContain(text);
      }
    },
  );
});

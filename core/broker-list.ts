const BROKER = /^(?:[^\s:[\]]+|\[[\da-f:]+\]):\d{1,5}$/i;

/**
 * Kafka's brokers out of one text: `kafka-1:9092,kafka-2:9092`.
 *
 * @throws Error for an address that cannot be; its message does not repeat it
 */
export function brokerList(text: string): readonly string[] {
  const brokers = text.split(',').map((each) => each.trim());
  if (brokers.every((broker) => BROKER.test(broker))) return brokers;
  throw new Error('expected Kafka brokers as host:port, several separated by commas');
}

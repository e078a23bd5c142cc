// A Kafka broker for the tests of one file: started before them, ended after them.
import { type KafkaBroker, type KafkaBrokerOptions, startKafkaBroker } from 'millrace/testing'
import { afterAll, beforeAll } from 'vitest'
import { describeWithTools } from '../flink/cluster.ts'

/**
 * A group of tests that needs a real broker. Where Java or Maven is missing it is skipped, with a line that says so, and
 * fails when CI=true.
 *
 * @param body is given what returns the broker, once tests run
 */
export function describeOnKafka(
  title: string,
  options: KafkaBrokerOptions,
  body: (broker: () => KafkaBroker) => void,
): void {
  describeWithTools(title, () => {
    let broker: KafkaBroker | undefined
    beforeAll(async () => {
      broker = await startKafkaBroker(options)
    }, 300_000)
    afterAll(async () => {
      await broker?.stop()
    }, 60_000)
    body(() => broker as KafkaBroker)
  })
}

// Puts the lines of a file into a topic, over all its partitions.
import { readFileSync } from 'node:fs'
import { Producer } from '@platformatic/kafka'

const [brokers, topic, file, partitions] = [process.argv[2], process.argv[3], process.argv[4], Number(process.argv[5])]
const producer = new Producer({ clientId: 'fill', bootstrapBrokers: [brokers] })
const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1)
for (let at = 0; at < lines.length; at += 5000) {
  const messages = lines
    .slice(at, at + 5000)
    .map((line, i) => ({ topic, partition: (at + i) % partitions, value: Buffer.from(line) }))
  await producer.send({ messages })
}
await producer.close()

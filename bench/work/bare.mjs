// The loop to compare with: read, split, parse, stringify, write; no features, no model, no checkpoint.
import { createReadStream, createWriteStream } from 'node:fs'

const output = createWriteStream(process.argv[3], { highWaterMark: 1 << 20 })
let rest = ''
let pending = ''
for await (const chunk of createReadStream(process.argv[2], { encoding: 'utf8', highWaterMark: 1 << 18 })) {
  const lines = (rest + chunk).split('\n')
  rest = lines.pop()
  for (const line of lines) {
    const event = JSON.parse(line)
    pending += `${JSON.stringify({ input: event, prediction: { label: true, probability: event.f0 }, model: 'm', label: event.clicked })}\n`
  }
  if (pending.length > 1 << 18) {
    if (!output.write(pending)) await new Promise((resolve) => output.once('drain', resolve))
    pending = ''
  }
}
output.end(pending)

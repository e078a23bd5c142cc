// Writes JSON lines of events: ten numbers and texts each, made by arithmetic, the same every time.
import { closeSync, openSync, writeSync } from 'node:fs'

const [file, count] = [process.argv[2], Number(process.argv[3])]
let state = 12345
const next = () => {
  state ^= state << 13
  state ^= state >>> 17
  state ^= state << 5
  return (state >>> 0) / 4294967296 - 0.5
}
const fd = openSync(file, 'w')
let text = ''
for (let i = 0; i < count; i++) {
  const event = { at: 1_600_000_000_000 + i * 10, user: `u${Math.imul(i, 0x9e3779b1) >>> 20}`, page: `p${i % 17}` }
  let sum = 0
  for (let j = 0; j < 8; j++) {
    const value = Math.round(next() * 1e6) / 1e6
    event[`f${j}`] = value
    sum += value * ((j % 3) - 1)
  }
  event.clicked = sum + next() * 0.2 > 0
  text += `${JSON.stringify(event)}\n`
  if (text.length > 1 << 20) {
    writeSync(fd, text)
    text = ''
  }
}
writeSync(fd, text)
closeSync(fd)

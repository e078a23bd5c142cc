/** Standard output of the commands that answer and end. */
import { writeSync } from 'node:fs'
import { systemCode } from '../storage/storage-error.ts'

const STDOUT = 1

/** True from when the system could not take all at once: what is left over goes its way through `process.stdout`. */
let queued = process.platform === 'win32'
/** The reader has gone. */
let closed = false

/**
 * Writes a text. A reader that has gone has read enough (`| head`): the command goes on, and what it prints is dropped.
 *
 * `process.stdout` tells that later, by an event, and making it loads what sockets need, 4 ms. Consoles of Windows need
 * it: they take no UTF-8.
 */
export function print(text: string): void {
  if (closed) return
  let rest: Uint8Array = Buffer.from(text)
  try {
    while (!queued && rest.length > 0) rest = rest.subarray(writeSync(STDOUT, rest))
  } catch (error) {
    closed = systemCode(error) === 'EPIPE'
    if (closed) return
    if (systemCode(error) !== 'EAGAIN') throw error
    queued = true
    process.stdout.on('error', () => {
      closed = true
    })
  }
  if (rest.length > 0) process.stdout.write(rest)
}

/** Writes a value as a line of JSON. */
export function printJson(value: object): void {
  print(`${JSON.stringify(value)}\n`)
}

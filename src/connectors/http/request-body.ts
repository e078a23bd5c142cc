import type { IncomingMessage } from 'node:http'
import { createGunzip } from 'node:zlib'
import { joined } from '../../net/line-assembler.ts'
import { later, Refusal } from './refusal.ts'

/** What all bodies under way may take together. */
export class BodyBudget {
  readonly #maxBytes: number
  #bytes = 0

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes
  }

  /** Bytes that bodies under way take. */
  get bytes(): number {
    return this.#bytes
  }

  /** @throws Refusal: 503 when there is no room */
  take(bytes: number): void {
    if (this.#bytes + bytes > this.#maxBytes) throw later(503, 'too many bodies are under way')
    this.#bytes += bytes
  }

  give(bytes: number): void {
    this.#bytes -= bytes
  }
}

/**
 * Reads a body, inflated where it is gzip. Not a byte more than `maxBytes` is held, whatever its head says or however small it is packed.
 *
 * @throws Refusal: 413 for a longer one, 415 for another encoding, 400 for one that ends early or is no gzip, 503
 */
export async function readBody(request: IncomingMessage, maxBytes: number, budget: BodyBudget): Promise<Uint8Array> {
  const encoding = request.headers['content-encoding'] ?? 'identity'
  if (encoding !== 'identity' && encoding !== 'gzip') {
    throw new Refusal(415, 'the body may be plain or gzip', { 'accept-encoding': 'gzip' })
  }
  // Refused before any of it is read.
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) throw tooLong(maxBytes)
  const chunks: Uint8Array[] = []
  let bytes = 0
  try {
    const inflate = encoding === 'gzip' ? createGunzip() : undefined
    for await (const chunk of inflate === undefined
      ? request.iterator({ destroyOnReturn: false })
      : inflated(request, inflate, maxBytes)) {
      if (bytes + chunk.length > maxBytes) throw tooLong(maxBytes)
      budget.take(chunk.length)
      bytes += chunk.length
      chunks.push(chunk)
    }
    return chunks.length === 0 ? new Uint8Array(0) : joined(chunks)
  } catch (error) {
    throw error instanceof Refusal ? error : new Refusal(400, 'the body ends early, or is not what its head says')
  } finally {
    budget.give(bytes)
  }
}

/** Stops at the packed bytes too: endless empty members inflate to nothing. */
async function* inflated(
  request: IncomingMessage,
  inflate: ReturnType<typeof createGunzip>,
  maxBytes: number,
): AsyncGenerator<Uint8Array> {
  let packed = 0
  let problem: unknown
  const feed = async () => {
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      if (inflate.destroyed) return
      packed += chunk.length
      if (packed > maxBytes) throw tooLong(maxBytes)
      if (!inflate.write(chunk)) await new Promise((resolve) => inflate.once('drain', resolve).once('close', resolve))
    }
    inflate.end()
  }
  feed().catch((error) => {
    problem = error
    inflate.destroy()
  })
  try {
    yield* inflate
  } catch (error) {
    throw problem ?? error
  } finally {
    inflate.destroy()
  }
}

function tooLong(maxBytes: number): Refusal {
  return new Refusal(413, `a body may have ${maxBytes} bytes`)
}

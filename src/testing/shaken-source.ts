import type { SourceConnector, SplitReader } from '../stream/ports.ts'
import type { Draw } from './vm-subtask.ts'

/** What befalls a reader before it hands out its next bytes. Throwing ends the run as a fatal error would. */
export type OnRead = () => void | Promise<void>

/**
 * A source connector in other hands: the same bytes in pieces of drawn sizes, now and then after a turn of the event loop,
 * and with something that may happen before each piece.
 */
export class ShakenSource implements SourceConnector {
  readonly kind: string
  readonly splits: SourceConnector['splits']
  readonly #connector: SourceConnector
  readonly #draw: Draw
  readonly #onRead: OnRead

  constructor(connector: SourceConnector, draw: Draw, onRead: OnRead) {
    this.kind = connector.kind
    this.splits = (context, known) => connector.splits(context, known)
    this.#connector = connector
    this.#draw = draw
    this.#onRead = onRead
  }

  async open(...where: Parameters<SourceConnector['open']>): Promise<SplitReader> {
    const reader = await this.#connector.open(...where)
    const draw = this.#draw
    let held: Uint8Array | null = new Uint8Array(0)
    return {
      read: async () => {
        await this.#onRead()
        if (draw(5) === 0) await new Promise((resolve) => setImmediate(resolve))
        if (held?.length === 0) held = (await reader.read())?.slice() ?? null
        if (held === null) return null
        const end = Math.min(held.length, 1 + draw(draw(6) === 0 ? 50 : 1000))
        const piece = held.slice(0, end)
        held = held.subarray(end)
        return piece
      },
      close: () => reader.close(),
    }
  }
}

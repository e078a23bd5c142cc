/**
 * Where what came over a network waits until the engine reads it: a bounded queue in memory, or a spool on disk.
 *
 * A producer looks at `full` before it takes more from its peer, and goes on after `room()`. So what is held stays bounded
 * and a peer that is too fast is slowed down instead.
 */
export interface Intake {
  /** Whether no more should be brought for now. */
  readonly full: boolean
  /**
   * Takes whole lines; the bytes may not change until it has resolved. It resolves when they are as safe as they will be: in the
   * queue, or durable in the spool.
   */
  take(lines: Uint8Array): Promise<void>
  /** Resolves when there is room again, or when nothing will ever be read. */
  room(): Promise<void>
  /** No more lines will come: the reader ends behind the last. */
  end(): void
}

/** A promise that others wait on, made anew each time it has been fulfilled. */
export class Signal {
  #promise: Promise<void> | undefined
  #resolve: () => void = () => {}

  wait(): Promise<void> {
    this.#promise ??= new Promise((resolve) => {
      this.#resolve = resolve
    })
    return this.#promise
  }

  fire(): void {
    this.#promise = undefined
    this.#resolve()
  }
}

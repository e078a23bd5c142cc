import { type FSWatcher, watch } from 'node:fs'

/**
 * A nap that ends early when something has changed in a folder.
 *
 * The system's word for it is a hint only: it may be late, doubled, missing (network file systems), or not to be had at
 * all. Whoever waits looks again after `ms` in any case.
 */
export class FolderHint {
  readonly #sleepers = new Set<() => void>()
  #watcher: FSWatcher | undefined

  constructor(folder: string) {
    try {
      this.#watcher = watch(folder, { persistent: false }, () => this.wake())
      this.#watcher.on('error', () => this.#watcher?.close())
    } catch {
      // Out of watches, or a file system without them: the naps last as long as they may.
    }
  }

  async nap(ms: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer)
        this.#sleepers.delete(wake)
        resolve()
      }
      const timer = setTimeout(wake, ms)
      this.#sleepers.add(wake)
    })
  }

  wake(): void {
    for (const wake of [...this.#sleepers]) wake()
  }

  close(): void {
    this.#watcher?.close()
    this.wake()
  }
}

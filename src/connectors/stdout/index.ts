/** Standard output as a sink: JSON lines, for looking at a stream and for pipes. */
import type { SinkDeclaration } from '../../stream/declarations.ts'

/**
 * Rows as JSON lines on standard output.
 *
 * Guarantee: at least once. What was printed cannot be taken back, so rows after the last checkpoint are printed again
 * when the run is restored.
 */
export function stdout(): SinkDeclaration {
  return { role: 'sink', kind: 'stdout', options: {}, format: { name: 'jsonl' }, guarantee: 'at-least-once' }
}

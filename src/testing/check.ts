/**
 * A contract suite is a list of checks. It belongs to no test framework: a test file turns it into its own.
 *
 * @example with vitest, jest, node:test or another
 * for (const { title, skip, run } of operatorSuite({ ... })) {
 *   if (skip === undefined) test(title, run)
 *   else test.skip(`${title} (${skip})`)
 * }
 */
export interface Check {
  /** A sentence of behaviour. */
  readonly title: string
  /** Why the check says nothing about this subject; then `run` is not to be called. */
  readonly skip?: string
  /** Throws, or rejects, when the behaviour is not there. */
  run(): void | Promise<void>
}

/**
 * One rule of a contract, checked on one subject. Suites are lists of checks, so that any test runner can run them:
 *
 *     for (const { title, run } of binaryLearnerChecks(subject)) test(title, run)
 */
export interface ContractCheck {
  /** A sentence of behaviour. */
  readonly title: string
  /** Why the rule says nothing about this subject; then `run` is not to be called. */
  readonly skip?: string
  /** Throws when the subject breaks the rule. */
  run(): void | Promise<void>
}

/** Fails a check, in the words of the rule. */
export function demand(holds: boolean, rule: string): void {
  if (!holds) throw new Error(`contract broken: ${rule}`)
}

/** The code of the error that `body` throws; undefined when it throws none. Anything but a Millrace error fails the check. */
export function codeThrownBy(body: () => void): string | undefined {
  try {
    body()
  } catch (error) {
    const { code } = error as { code?: unknown }
    if (typeof code === 'string' && code.startsWith('ML_')) return code
    throw new Error(`contract broken: an error without a code was thrown: ${String(error)}`)
  }
  return undefined
}

/** An answer that says no: thrown where a request is judged, sent by the handler. */
export class Refusal extends Error {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>

  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message)
    this.status = status
    this.headers = headers
  }
}

/** Come again after so many seconds. */
export function later(status: 429 | 503, message: string, seconds = 1): Refusal {
  return new Refusal(status, message, { 'retry-after': String(Math.max(1, Math.ceil(seconds))) })
}

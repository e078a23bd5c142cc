/** A pipeline file as every engine runs it: one script with its source map. */
export interface Bundle {
  /** The pipeline file, absolute. Not part of the code. */
  readonly file: string
  /** One script, strict, ASCII; running it sets the global `globalName` to its exports. */
  readonly code: string
  /** Source map of `code`, JSON with the sources' text; its paths are relative to the file's folder. */
  readonly map: string
  /** SHA-256 of `code`, hexadecimal. */
  readonly hash: string
  /** Every file that went into it, absolute, sorted. */
  readonly inputs: readonly string[]
  readonly globalName: string
}

/** Ids of the splits of a source that is made of parts: the number of the part, a colon, the id there. */
export interface HybridPart {
  readonly part: number
  readonly id: string
}

export function hybridId({ part, id }: HybridPart): string {
  return `${part}:${id}`
}

export function hybridPart(split: string): HybridPart {
  const colon = split.indexOf(':')
  return { part: Number(split.slice(0, colon)), id: split.slice(colon + 1) }
}

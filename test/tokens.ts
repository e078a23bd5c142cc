/**
 * A tokenizer for TypeScript, as exact as the house rules need: it tells code from comments, strings, templates and
 * regular expressions, which a text search cannot. (TypeScript 7 has no API in JavaScript.)
 */
export interface Token {
  readonly kind: 'name' | 'number' | 'string' | 'template' | 'regex' | 'punctuation'
  /** As written, quotes included; of a template, one stretch between its holes. */
  readonly text: string
  /** Counted from 1. */
  readonly line: number
}

const space = /\s+/y
const comment = /\/\/[^\n]*|\/\*[\s\S]*?\*\//y
const name = /[#@]?[\p{L}_$][\p{L}\p{N}_$]*/uy
const number = /(?:0[xXbBoO][\da-fA-F_]+|\d[\d_]*\.?[\d_]*(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)n?/y
const text = /'(?:[^'\\\n]|\\[\s\S])*'|"(?:[^"\\\n]|\\[\s\S])*"/y
const templatePart = /(?:[^`\\$]|\\[\s\S]|\$(?!\{))*(?:`|\$\{)/y
const regex = /\/(?:[^/\\[\n]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/[a-z]*/y
const punctuation = /\*\*=|\*\*|=>|\.\.\.|\?\.(?!\d)|[^\s]/y
/** After these a slash begins a regular expression; after other names, numbers and closing brackets it divides. */
const beforeOperand = /^(?:return|typeof|case|in|of|delete|void|throw|new|instanceof|else|do|await|yield)$/

export function tokens(source: string): Token[] {
  const found: Token[] = []
  const holes: number[] = [] // for each open template hole, how many braces are open inside it
  let at = 0
  let line = 1

  const take = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at
    const match = pattern.exec(source)
    if (match === null) return undefined
    at = pattern.lastIndex
    return match[0]
  }
  const add = (kind: Token['kind'], written: string): void => {
    found.push({ kind, text: written, line })
    line += newlines(written)
  }
  const template = (): void => {
    const part = take(templatePart)
    if (part === undefined) throw new Error(`line ${line}: a template without its end`)
    add('template', part)
    if (part.endsWith('${')) holes.push(0)
  }

  while (at < source.length) {
    const blank = take(space) ?? take(comment)
    if (blank !== undefined) {
      line += newlines(blank)
      continue
    }
    if (source[at] === '`') {
      at++
      template()
      continue
    }
    if (source[at] === '}' && holes.at(-1) === 0) {
      holes.pop()
      at++
      template()
      continue
    }
    const literal = source[at] === '/' && operandExpected(found.at(-1)) ? take(regex) : undefined
    if (literal !== undefined) {
      add('regex', literal)
      continue
    }
    const kinds = [
      ['name', name],
      ['number', number],
      ['string', text],
      ['punctuation', punctuation],
    ] as const
    for (const [kind, pattern] of kinds) {
      const written = take(pattern)
      if (written === undefined) continue
      if (holes.length > 0 && written === '{') holes[holes.length - 1]++
      if (holes.length > 0 && written === '}') holes[holes.length - 1]--
      add(kind, written)
      break
    }
  }
  return found
}

function operandExpected(before: Token | undefined): boolean {
  if (before === undefined) return true
  if (before.kind === 'name') return beforeOperand.test(before.text)
  return before.kind === 'punctuation' && !/^[)\]}]$/.test(before.text)
}

function newlines(written: string): number {
  return written.split('\n').length - 1
}

/** A module named in a file: imported, exported from, or only as a path in a string (a worker, a spawned program). */
export interface ModuleName {
  readonly specifier: string
  readonly how: 'import' | 'type' | 'dynamic' | 'path'
  readonly line: number
}

export function moduleNames(code: readonly Token[]): ModuleName[] {
  const found: ModuleName[] = []
  const claimed = new Set<number>()
  const claim = (index: number, how: ModuleName['how']): void => {
    claimed.add(index)
    found.push({ specifier: code[index].text.slice(1, -1), how, line: code[index].line })
  }
  code.forEach((token, index) => {
    if (token.kind !== 'name' || code[index - 1]?.text === '.') return
    if (token.text === 'import') {
      if (code[index + 1]?.text === '(' && code[index + 2]?.kind === 'string') claim(index + 2, 'dynamic')
      else if (code[index + 1]?.kind === 'string') claim(index + 1, 'import')
      else if (!/^[.(]$/.test(code[index + 1]?.text ?? '')) fromClause(index)
    } else if (token.text === 'export' && /^(?:\*|\{|type)$/.test(code[index + 1]?.text ?? '')) {
      const typed = code[index + 1].text === 'type'
      if (!typed || /^[*{]$/.test(code[index + 2]?.text ?? '')) fromClause(index)
    }
  })
  code.forEach((token, index) => {
    if (token.kind === 'string' && !claimed.has(index) && /^.\.\.?\/.*\.[tj]s.$/.test(token.text)) claim(index, 'path')
  })
  return found

  /** From `import` or `export` to the string after `from`, which follows a name, a star or the closing brace. */
  function fromClause(start: number): void {
    const how = code[start + 1].text === 'type' && code[start + 2]?.text !== 'from' ? 'type' : 'import'
    let index = start + 1
    while (index < code.length && !(code[index].text === 'from' && code[index + 1]?.kind === 'string')) {
      const endOfList = code[index].text === '}' && code[index + 1]?.text !== 'from'
      if (endOfList || code[index].kind === 'string') return
      index++
    }
    if (index < code.length) claim(index + 1, how)
  }
}

const words = /[\p{sc=Hira}\p{sc=Kana}\p{sc=Han}]|(?:(?![\p{sc=Hira}\p{sc=Kana}\p{sc=Han}])[\p{L}\p{N}]\p{M}*)+/gu

/** The words of a text by the engine's own Unicode tables. For tests: which letters there are depends on the engine. */
export function referenceWords(text: string, lowercase: boolean): string[] {
  const found = text.match(words) ?? []
  return found.map((word) => {
    const letters = [...word].slice(0, 64)
    return letters.map((letter) => (lowercase ? foldedLetter(letter) : letter)).join('')
  })
}

function foldedLetter(letter: string): string {
  return letter === 'ς' ? 'σ' : [...letter.toLowerCase()][0]
}

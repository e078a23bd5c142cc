/** Colour only where a person looks: on a terminal, and not where NO_COLOR asks for none. */
import { styleText } from 'node:util'

export function paint(stream: NodeJS.WriteStream, style: 'bold' | 'dim' | 'red', text: string): string {
  return stream.isTTY === true && !process.env.NO_COLOR ? styleText(style, text) : text
}
